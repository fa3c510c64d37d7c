/** A clinical patient as a row of a table model, by names and by a mapping (docs/clinical-api.md has the rules). */
import { SYSTEMS } from "../../core/fhir/codes.ts";
import type { InputColumn, RawValue } from "../../core/serving/serving.ts";
import { labConversion } from "../../core/units/lab.ts";
import { convertUnit } from "../../core/units/ucum.ts";
import { truthOf } from "./fhir.ts";
import { hasCode, type Mapping, type MappingRule } from "./mapping.ts";
import { type ClinicalPatient, type Finding, hpoOf, type Measurement, PatientProblem } from "./patient.ts";

const SEX = /^(?:sex|gender|sexo|g[eé]nero)$/i;
const AGE = /^(?:age|edad)(?:[_ ]?(?:in[_ ])?(years?|yrs?|a[nñ]os|months?|meses|days?|d[ií]as))?$/i;
const AGE_UNITS: readonly (readonly [RegExp, number])[] = [
  [/^m/i, 12],
  [/^d/i, 365.25],
];
const SEX_WORDS: Readonly<Record<ClinicalPatient["sex"], readonly string[]>> = {
  female: ["female", "f", "woman", "mujer", "femenino", "hembra"],
  male: ["male", "m", "man", "hombre", "masculino", "varón", "varon"],
  other: ["other", "otro"],
  unknown: [],
};

/** Most names that a notice lists. */
const MOST_NAMED = 10;

/** Cells by column; what was not understood. */
export interface TableRow {
  readonly row: Readonly<Record<string, unknown>>;
  readonly notices: readonly string[];
}

/** @throws PatientProblem when no column of the model is told of */
export function rowOf(patient: ClinicalPatient, input: readonly InputColumn[], { columns: rules }: Mapping): TableRow {
  const notices: string[] = [...patient.notices];
  const used = new Set<string>();
  const named = patient.findings.map((finding): Named => ({ finding, names: namesOf(finding) }));
  const entries = input.map((column): [string, RawValue] => {
    const rule = Object.hasOwn(rules, column.name) ? rules[column.name] : undefined;
    const value =
      rule === undefined ? byName(patient, named, column, used, notices) : byRule(patient, column, rule, used, notices);
    return [column.name, value];
  });
  const untold = entries.filter(([, value]) => value === null).map(([name]) => name);
  if (untold.length === entries.length) {
    throw new PatientProblem([
      {
        at: "",
        problem: "nothing in it is a column of this model: name its columns in the mapping file, or send raw columns",
      },
    ]);
  }
  if (untold.length > 0) {
    notices.push(`${untold.length} of ${entries.length} columns are not told and count as missing: ${listed(untold)}`);
  }
  const unused = patient.findings.filter(({ at }) => !used.has(at)).map(({ at }) => at);
  if (unused.length > 0) notices.push(`no column of the model stands for: ${listed(unused)}`);
  return { row: Object.fromEntries(entries), notices };
}

const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(", ")
    : `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} more`;

/** A finding with what it may be called: its codes, and its words. */
interface Named {
  readonly finding: Finding;
  readonly names: ReadonlySet<string>;
}

function byName(
  patient: ClinicalPatient,
  named: readonly Named[],
  column: InputColumn,
  used: Set<string>,
  notices: string[],
): RawValue {
  const { name, kind } = column;
  if (SEX.test(name)) return sexFor(patient, column, notices);
  const age = kind === "numeric" ? AGE.exec(name) : null;
  if (age !== null) return ageIn(patient, age[1]);
  if (kind === "multilabel") return listFor(named, column.levels ?? [], used);
  const wanted = columnForms(name);
  const finding = named.find(({ names }) => wanted.some((form) => names.has(form)))?.finding;
  if (finding === undefined) return null;
  const value = truthFor(column, !finding.excluded);
  if (value !== null) used.add(finding.at);
  return value;
}

const plain = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[_\s]+/g, " ");

function namesOf(finding: Finding): ReadonlySet<string> {
  const codes = finding.codes.map(({ code }) => code);
  return new Set([...codes, hpoOf(finding) ?? "", finding.text].filter((name) => name !== "").flatMap(forms));
}

/** A column or level may be called by the id as well, "HP:0001250 Seizure". */
function columnForms(name: string): string[] {
  const id = /^HP[:_]\d{7}(?!\d)/i.exec(name)?.[0];
  return id === undefined ? [plain(name)] : [plain(name), ...forms(id.toUpperCase().replace("_", ":"))];
}

/** "HP:0001250" may be a column "HP_0001250". */
const forms = (name: string): string[] => [plain(name), plain(name.replace(":", "_"))];

function sexFor({ sex }: ClinicalPatient, { name, kind, levels = [] }: InputColumn, notices: string[]): RawValue {
  if (sex === "unknown") return null;
  const found = levels.find((level) => SEX_WORDS[sex].includes(level.toLowerCase()));
  if (found !== undefined) return found;
  const why = kind === "categorical" ? "none of its levels is this sex" : "it does not say which number is which sex";
  notices.push(`column ${JSON.stringify(name)} is left missing: ${why} (a mapping can)`);
  return null;
}

function ageIn({ age }: ClinicalPatient, unit: string | undefined): number | null {
  if (age === undefined) return null;
  return age * (AGE_UNITS.find(([pattern]) => unit !== undefined && pattern.test(unit))?.[1] ?? 1);
}

/** Levels of a symptom list that the patient has; null where nothing at all is told of symptoms. */
function listFor(named: readonly Named[], levels: readonly string[], used: Set<string>): RawValue {
  if (named.length === 0) return null;
  const byName = new Map(levels.flatMap((level) => columnForms(level).map((form) => [form, level] as const)));
  const has = new Set<string>();
  for (const { finding, names } of named) {
    const level = [...names].map((name) => byName.get(name)).find((each) => each !== undefined);
    if (level === undefined) continue;
    used.add(finding.at);
    if (!finding.excluded) has.add(level);
  }
  return [...has];
}

/** "Yes" in the words of a column; null where it has none. */
function truthFor({ kind, levels = [] }: InputColumn, truth: boolean): RawValue {
  if (kind === "boolean") return truth;
  if (kind === "numeric") return Number(truth);
  const words = truth ? ["yes", "true", "present", "1", "y", "sí", "si"] : ["no", "false", "absent", "0", "n"];
  return levels.find((level) => words.includes(level.toLowerCase())) ?? null;
}

function byRule(
  patient: ClinicalPatient,
  column: InputColumn,
  rule: MappingRule,
  used: Set<string>,
  notices: string[],
): RawValue {
  if (rule.from === "age") {
    if (patient.age === undefined) return null;
    return rule.unit === undefined ? patient.age : (convertUnit(patient.age, "a", rule.unit) ?? null);
  }
  if (rule.from === "sex")
    return Object.hasOwn(rule.values ?? {}, patient.sex)
      ? rule.values![patient.sex]!
      : sexFor(patient, column, notices);
  if (rule.present !== undefined) return presentBy(patient, column, rule, used);
  if (rule.levels !== undefined) {
    const levels = Object.entries(rule.levels);
    const found = patient.findings.flatMap((finding) => {
      const [, level] = levels.find(([code]) => hasCode(finding, code)) ?? [];
      if (level === undefined) return [];
      used.add(finding.at);
      return finding.excluded ? [] : [level];
    });
    return patient.findings.length === 0 ? null : [...new Set(found)];
  }
  return measuredBy(patient, column, rule, notices);
}

function presentBy({ findings }: ClinicalPatient, column: InputColumn, rule: MappingRule, used: Set<string>): RawValue {
  const found = findings.filter((finding) => rule.present!.some((code) => hasCode(finding, code)));
  for (const { at } of found) used.add(at);
  if (found.length === 0) return rule.absent === "false" ? truthFor(column, false) : null;
  return truthFor(
    column,
    found.some(({ excluded }) => !excluded),
  );
}

function measuredBy(patient: ClinicalPatient, column: InputColumn, rule: MappingRule, notices: string[]): RawValue {
  const found = patient.measurements
    .filter((each) => rule.code!.some((code) => hasCode(each, code)))
    .sort((a, b) => (a.time ?? Number.NEGATIVE_INFINITY) - (b.time ?? Number.NEGATIVE_INFINITY));
  const values = found.flatMap((each): (number | string | boolean)[] => {
    const value = columnValue(each, rule);
    if (value === undefined)
      notices.push(
        `${each.at} is passed over: its unit or value is none that column ${JSON.stringify(column.name)} has`,
      );
    return value === undefined ? [] : [value];
  });
  if (values.length === 0) return null;
  if (rule.take === "first") return values[0]!;
  if (rule.take === "last" || !values.every((value) => typeof value === "number")) return values.at(-1)!;
  if (rule.take === "mean") return values.reduce((a, b) => a + b) / values.length;
  return values.reduce((a, b) => (rule.take === "min" ? Math.min(a, b) : Math.max(a, b)));
}

function columnValue(measured: Measurement, rule: MappingRule): number | string | boolean | undefined {
  const { value, unit } = measured;
  const words = typeof value === "object" ? [...value.codes.map(({ code }) => code), value.text] : [String(value)];
  const given = words.find((word) => Object.hasOwn(rule.values ?? {}, word));
  if (given !== undefined) return rule.values![given];
  if (typeof value === "object") return truthOf(value);
  if (rule.unit === undefined) return value;
  // A number that does not say its unit may be of any.
  if (typeof value !== "number" || unit === "") return undefined;
  const loinc = measured.codes.find(({ system }) => system === SYSTEMS.loinc)?.code ?? "";
  const step = labConversion(loinc, unit, rule.unit, rule.molar_mass);
  return step && value * step.factor + step.offset;
}
