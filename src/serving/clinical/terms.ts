/** A patient as `{present, excluded, sex, age}`, the words of GA4GH, and phenopackets. */
import type { PatientCase } from "../../core/cases.ts";
import { SYSTEMS } from "../../core/fhir/codes.ts";
import {
  type ClinicalPatient,
  type Code,
  type Concept,
  type FieldProblem,
  type Finding,
  isObject,
  type Json,
  listIn,
  type Measurement,
  own,
  PatientProblem,
  textIn,
} from "./patient.ts";

/** Reads a phenopacket as a case. @throws Error whose message says why it holds none, without values */
export type ReadPhenopacket = (value: unknown) => PatientCase;

const DURATION = /^P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?$/;
const SEXES: Readonly<Record<string, PatientCase["sex"]>> = {
  ...{ female: "female", f: "female", male: "male", m: "male" },
  ...{ other: "other", other_sex: "other", unknown: "unknown", unknown_sex: "unknown" },
};
/** Nobody is older. */
const OLDEST = 150;

/** @throws PatientProblem */
export function fromTerms(value: Json): ClinicalPatient {
  const problems: FieldProblem[] = [];
  const findings = [...findingsIn(value, "present", false, problems), ...findingsIn(value, "excluded", true, problems)];
  const sex = sexIn(own(value, "sex"));
  if (sex === undefined) problems.push({ at: "/sex", problem: "has to be female, male, other or unknown" });
  const age = yearsIn(own(value, "age"));
  if (Number.isNaN(age)) {
    problems.push({ at: "/age", problem: `has to be years from 0 to ${OLDEST}, or an ISO 8601 duration (P6Y3M)` });
  }
  if (problems.length > 0) throw new PatientProblem(problems);
  return {
    key: textIn(value, "id") || null,
    sex: sex!,
    age,
    onset: undefined,
    publication: undefined,
    findings,
    measurements: [],
    notices: [],
  };
}

function findingsIn(value: Json, key: string, excluded: boolean, problems: FieldProblem[]): readonly Finding[] {
  const list = own(value, key) ?? [];
  if (!Array.isArray(list)) {
    problems.push({ at: `/${key}`, problem: "has to be a list of terms" });
    return [];
  }
  return list.flatMap((item: unknown, i) => {
    const at = `/${key}/${i}`;
    if (typeof item === "string" && item.trim() !== "") return { ...termOf(item.trim(), item.trim()), excluded, at };
    const [id, label] = [textIn(item, "id"), textIn(item, "label")];
    if (id !== "" || label !== "") return { ...termOf(id, label), excluded, at };
    problems.push({ at, problem: "has to be the id or the name of a term, or {id, label}" });
    return [];
  });
}

const termOf = (id: string, label: string): Concept => ({
  codes: id === "" ? [] : [{ system: SYSTEMS.hpo, code: id }],
  text: label,
});

function sexIn(value: unknown): PatientCase["sex"] | undefined {
  if (value === undefined || value === null) return "unknown";
  const word = typeof value === "string" ? value.toLowerCase() : "";
  return Object.hasOwn(SEXES, word) ? SEXES[word] : undefined;
}

/** Undefined where no age is given, NaN where it is none. */
function yearsIn(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const years = typeof value === "number" ? value : typeof value === "string" ? durationYears(value) : Number.NaN;
  return years >= 0 && years <= OLDEST ? years : Number.NaN;
}

/** Years of an ISO 8601 duration in years, months, weeks and days; NaN where it is none. */
function durationYears(text: string): number {
  const parts = DURATION.exec(text.trim());
  if (parts === null || text.trim() === "P") return Number.NaN;
  const [years, months, weeks, days] = parts.slice(1).map((part) => Number(part ?? 0));
  return years! + months! / 12 + (weeks! * 7 + days!) / 365.25;
}

/** @throws PatientProblem */
export function fromPhenopacket(value: Json, read: ReadPhenopacket): ClinicalPatient {
  let one: PatientCase;
  try {
    one = read(value);
  } catch (error) {
    throw new PatientProblem([{ at: "", problem: error instanceof Error ? error.message : "it is no phenopacket" }]);
  }
  const { measurements, notices } = measurementsIn(value);
  return { ...fromCase(one), key: textIn(own(value, "subject"), "id") || null, measurements, notices };
}

/** A case that was read before. */
export function fromCase({ sex, age, onset, publication, present, excluded }: PatientCase): ClinicalPatient {
  const findings = (terms: PatientCase["present"], isOut: boolean): readonly Finding[] =>
    terms.map(({ id, label }, i) => ({
      ...termOf(id, label),
      ...{ excluded: isOut, at: `/${isOut ? "excluded" : "present"}/${i}` },
    }));
  return {
    ...{ key: null, sex, age, onset, publication, measurements: [], notices: [] },
    findings: [...findings(present, false), ...findings(excluded, true)],
  };
}

/** Prefixes of CURIEs ("LOINC:2345-7"). */
const PREFIXES: Readonly<Record<string, string>> = {
  ...{ LOINC: SYSTEMS.loinc, HP: SYSTEMS.hpo, SNOMED: SYSTEMS.snomed, SNOMEDCT: SYSTEMS.snomed },
};

function measurementsIn(packet: Json): { measurements: readonly Measurement[]; notices: readonly string[] } {
  const notices: string[] = [];
  const measurements = listIn(packet, "measurements").flatMap((item, i): Measurement[] => {
    const at = `/measurements/${i}`;
    const value = own(item, "value");
    const quantity = own(value, "quantity");
    const amount = own(quantity, "value");
    const result = typeof amount === "number" ? amount : conceptOf(own(value, "ontologyClass"));
    if (result === undefined) {
      notices.push(`${at} has neither a quantity nor a term as its value: it is passed over`);
      return [];
    }
    const observed = own(item, "timeObserved");
    const time = Date.parse(typeof observed === "string" ? observed : textIn(observed, "timestamp"));
    return [
      {
        ...(conceptOf(own(item, "assay")) ?? { codes: [], text: "" }),
        value: result,
        unit: textIn(own(quantity, "unit"), "id").replace(/^UCUM:/, ""),
        time: Number.isNaN(time) ? undefined : time,
        at,
      },
    ];
  });
  return { measurements, notices };
}

function conceptOf(term: unknown): Concept | undefined {
  if (!isObject(term)) return undefined;
  const id = textIn(term, "id");
  const [prefix, ...rest] = id.split(":");
  const system = Object.hasOwn(PREFIXES, prefix!) ? PREFIXES[prefix!]! : prefix!;
  const codes: Code[] = id === "" ? [] : [{ system, code: system === SYSTEMS.hpo ? id : rest.join(":") }];
  return { codes, text: textIn(term, "label") };
}
