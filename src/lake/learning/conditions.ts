/** Which rows of a table are asked for, as SQL. */
import { UserError } from "../../core/errors.ts";
import { literal } from "../engine/duck.ts";
import type { Codes, EventSpec } from "./declaration.ts";
import { columnOf, hasColumn, type TableFacts } from "./tables.ts";

/** Names of code systems, as sources write them. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = {
  snomed: ["http://snomed.info/sct", "sct", "snomedct"],
  loinc: ["http://loinc.org"],
  icd10: ["http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm", "icd10cm", "icd-10", "icd-10-cm"],
  icd9: ["http://hl7.org/fhir/sid/icd-9-cm", "icd9cm", "icd-9", "icd-9-cm"],
  rxnorm: ["http://www.nlm.nih.gov/research/umls/rxnorm"],
  atc: ["http://www.whocc.no/atc"],
  cvx: ["http://hl7.org/fhir/sid/cvx"],
  hpo: ["http://purl.obolibrary.org/obo/hp.owl", "http://human-phenotype-ontology.org", "hp"],
  omim: ["http://www.omim.org", "http://omim.org"],
  orpha: ["http://www.orpha.net", "orphanet"],
};

/** Rows that somebody took back, or that never took place. */
const VOID = ["entered-in-error", "refuted", "not-done", "cancelled"].map(literal).join(", ");

/** What may have been written after the index though the row was known before it. */
const CHANGING = /status$|^(abate|death|deceased|updated|version|suspect)/;

/** Conditions of an event's rows, those that were taken back left out. */
export function rowsOf(alias: string, facts: TableFacts, spec: EventSpec): readonly string[] {
  return [
    ...["status", "verification_status"]
      .filter((name) => hasColumn(facts, name))
      .map((name) => `coalesce(${columnOf(alias, name)}, '') NOT IN (${VOID})`),
    ...(spec.codes === undefined ? [] : [codeIs(alias, facts, spec.codes)]),
    ...Object.entries(spec.where ?? {}).map(([name, values]) => valueIs(alias, facts, name, values)),
  ];
}

function valueIs(alias: string, facts: TableFacts, name: string, values: string | readonly string[]): string {
  const where = `${facts.table}: where`;
  if (!hasColumn(facts, name)) {
    throw new UserError(`table ${facts.table} has no column ${JSON.stringify(name)}`, {
      where,
      fix: `It has ${facts.columns.map((column) => column.name).join(", ")}.`,
    });
  }
  if (CHANGING.test(name) || facts.later.includes(name)) {
    throw new UserError(`column ${name} may have changed after the index`, { where, fix: "Choose rows by another." });
  }
  const list = (typeof values === "string" ? [values] : values).map(literal);
  return `${columnOf(alias, name)}::VARCHAR IN (${list.join(", ")})`;
}

/** Condition that a row's code, or one of its other codings, is of a set. */
export function codeIs(alias: string, facts: TableFacts, codes: Codes): string {
  const code = codeColumn(facts);
  const matches = (codeSql: string, systemSql: string | undefined): string => {
    const sets = Array.isArray(codes) ? [["", codes] as const] : Object.entries(codes);
    const parts = sets.map(([system, list]) => {
      const found = anyOf(codeSql, typeof list === "string" ? [list] : list);
      if (system === "" || system === "file" || systemSql === undefined) return found;
      const names = [system, ...(SYSTEMS[system.toLowerCase()] ?? [])].map((name) => literal(name.toLowerCase()));
      return `(${found} AND lower(${systemSql}) IN (${names.join(", ")}))`;
    });
    return parts.length === 1 ? parts[0]! : `(${parts.join(" OR ")})`;
  };
  const own = matches(columnOf(alias, code), facts.system && columnOf(alias, facts.system));
  if (!hasColumn(facts, "codings")) return own;
  const codings = columnOf(alias, "codings");
  const other = `len(list_filter(from_json(${codings}, '[{"system":"VARCHAR","code":"VARCHAR"}]'), lambda o: ${matches("o.code", "o.system")})) > 0`;
  return `(${own} OR (${codings} IS NOT NULL AND ${other}))`;
}

export function codeColumn({ table, code, columns }: TableFacts): string {
  if (code !== undefined) return code;
  throw new UserError(`table ${table} has no column of codes`, {
    where: `tables.${table}.code`,
    fix: `Name it: it has ${columns.map(({ name }) => name).join(", ")}.`,
  });
}

function anyOf(sql: string, codes: readonly string[]): string {
  const whole = codes.filter((code) => !code.endsWith("*")).map(literal);
  const begin = codes.filter((code) => code.endsWith("*")).map((code) => literal(code.slice(0, -1)));
  const parts = [
    ...(whole.length === 0 ? [] : [whole.length === 1 ? `${sql} = ${whole[0]}` : `${sql} IN (${whole.join(", ")})`]),
    ...begin.map((start) => `starts_with(${sql}, ${start})`),
  ];
  return parts.length === 1 ? parts[0]! : `(${parts.join(" OR ")})`;
}
