/** The tables that FHIR becomes; docs/clinical-formats.md says what each column holds. */
import type { LakeColumn, LakeType } from "../../core/lake.ts";

type Types = Readonly<Record<string, LakeType>>;

const time = (name: string): Types => ({
  [name]: "TIMESTAMP",
  [`${name}_precision`]: "VARCHAR",
  [`${name}_zone`]: "VARCHAR",
});
/** Whose and of which visit. */
const OF: Types = { id: "VARCHAR", patient: "VARCHAR", encounter: "VARCHAR" };
/** The preferred coding; all of them as JSON where there are several. */
const CONCEPT: Types = { system: "VARCHAR", code: "VARCHAR", display: "VARCHAR", codings: "VARCHAR" };
const REASON: Types = { reason_system: "VARCHAR", reason_code: "VARCHAR", reason_display: "VARCHAR" };
/** When the server changed it last, which version that was, and what is doubtful about it: "future, unit". */
const END: Types = { updated: "TIMESTAMP", version: "VARCHAR", suspect: "VARCHAR" };

const TYPES = {
  patients: {
    ...{ id: "VARCHAR", sex: "VARCHAR", birth_date: "DATE", birth_precision: "VARCHAR", deceased: "BOOLEAN" },
    ...time("death"),
    ...{ race: "VARCHAR", ethnicity: "VARCHAR", birth_sex: "VARCHAR", marital_status: "VARCHAR", language: "VARCHAR" },
    ...{ country: "VARCHAR", state: "VARCHAR", postcode3: "VARCHAR" },
    ...END,
  },
  conditions: {
    ...{ ...OF, category: "VARCHAR", ...CONCEPT, severity: "VARCHAR" },
    ...{ clinical_status: "VARCHAR", verification_status: "VARCHAR" },
    ...{ ...time("onset"), onset_age: "DOUBLE", onset_text: "VARCHAR" },
    ...{ ...time("abatement"), abated: "BOOLEAN" },
    ...{ ...time("recorded"), ...END },
  },
  observations: {
    ...{ id: "VARCHAR", parent: "VARCHAR", patient: "VARCHAR", encounter: "VARCHAR", category: "VARCHAR", ...CONCEPT },
    ...{
      value: "DOUBLE",
      comparator: "VARCHAR",
      value_system: "VARCHAR",
      value_code: "VARCHAR",
      value_text: "VARCHAR",
    },
    ...{ unit: "VARCHAR", ucum: "VARCHAR", converted: "DOUBLE", converted_unit: "VARCHAR" },
    ...{ ...time("time"), time_end: "TIMESTAMP", issued: "TIMESTAMP" },
    ...{ reference_low: "DOUBLE", reference_high: "DOUBLE", reference_text: "VARCHAR" },
    ...{ interpretation: "VARCHAR", absent_reason: "VARCHAR", status: "VARCHAR", ...END },
  },
  procedures: {
    ...{ ...OF, category: "VARCHAR", ...CONCEPT, ...time("time"), time_end: "TIMESTAMP", status: "VARCHAR" },
    ...{ ...REASON, ...END },
  },
  medications: {
    ...{ ...OF, ...CONCEPT, ...time("authored"), status: "VARCHAR", intent: "VARCHAR" },
    ...{ dose_text: "VARCHAR", dose: "DOUBLE", dose_unit: "VARCHAR", as_needed: "BOOLEAN", ...REASON, ...END },
  },
  encounters: {
    ...{ id: "VARCHAR", patient: "VARCHAR", class: "VARCHAR", ...CONCEPT },
    ...{ ...time("started"), ...time("ended"), status: "VARCHAR", ...REASON, ...END },
  },
  reports: {
    ...{ ...OF, category: "VARCHAR", ...CONCEPT, ...time("time"), issued: "TIMESTAMP", status: "VARCHAR" },
    ...{ results: "BIGINT", result_ids: "VARCHAR", has_conclusion: "BOOLEAN", conclusion_codes: "VARCHAR", ...END },
  },
} as const satisfies Readonly<Record<string, Types>>;

export type FhirTable = keyof typeof TYPES;

export const fhirTables: Readonly<Record<FhirTable, readonly LakeColumn[]>> = Object.fromEntries(
  Object.entries(TYPES).map(([table, types]) => [table, columnsOf(types)]),
) as Record<FhirTable, readonly LakeColumn[]>;

function columnsOf(types: Types): readonly LakeColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
