/** Queries that make tidy tables of OMOP's. */
import type { LakeColumn } from "../../core/lake.ts";
import { identifier, literal } from "../engine/duck.ts";
import { fhirTables } from "../fhir/tables.ts";
import { type OmopTable, systems } from "./tables.ts";

/** @param rows query over the table; @param concepts query over concept.csv, where there is one */
export function tidyQuery(
  rows: string,
  columns: readonly LakeColumn[],
  { tidy, concepts = {} }: OmopTable,
  concept: string | undefined,
): string {
  const there = new Map(columns.map(({ name }) => [name.toLowerCase(), name]));
  const column = (name: string): string => (there.has(name) ? `o.${identifier(there.get(name)!)}` : "NULL");
  const system = (alias: string): string => {
    const cases = Object.entries(systems).map(([name, uri]) => `WHEN ${literal(name)} THEN ${literal(uri)}`);
    const named = `CASE ${alias}.vocabulary ${cases.join(" ")} ELSE 'urn:omop:' || ${alias}.vocabulary END`;
    return alias === "c" ? `coalesce(${named}, 'urn:omop:concept')` : named;
  };
  const expression = (template: string): string =>
    template
      .replace(/\{system:(\w)\}/g, (_, alias: string) => system(alias))
      .replace(/\{(\w+)\}/g, (_, name: string) => column(name));
  const wanted = fhirTables[tidy!.table].map(({ name, type }) => {
    const template = tidy!.columns[name];
    return `CAST(${template === undefined ? "NULL" : expression(template)} AS ${type}) AS ${identifier(name)}`;
  });
  const joins = (["c", "u", "v"] as const).map((alias) => {
    const by = concepts[alias] === undefined ? "NULL" : column(concepts[alias]);
    return `LEFT JOIN concepts AS ${alias} ON ${alias}.id = ${by}`;
  });
  const none =
    "SELECT NULL::BIGINT AS id, NULL::VARCHAR AS code, NULL::VARCHAR AS name, NULL::VARCHAR AS vocabulary WHERE false";
  const known =
    concept === undefined
      ? none
      : `SELECT concept_id AS id, concept_code::VARCHAR AS code, concept_name::VARCHAR AS name, vocabulary_id::VARCHAR AS vocabulary FROM (${concept}) WHERE concept_id <> 0`;
  return `WITH concepts AS (${known}) SELECT ${wanted.join(", ")} FROM (${rows}) AS o ${joins.join(" ")}`;
}
