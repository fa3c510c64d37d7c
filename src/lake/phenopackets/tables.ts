/** The tables that phenopackets become; docs/clinical-formats.md says what each column holds. */
import type { LakeColumn, LakeType } from "../../core/lake.ts";

const ONSET = { onset_years: "DOUBLE", onset_term: "VARCHAR", onset_label: "VARCHAR" } as const;

const TYPES = {
  cases: {
    ...{ case_id: "VARCHAR", name: "VARCHAR", patient: "VARCHAR", sex: "VARCHAR", age_years: "DOUBLE" },
    ...{ birth_date: "TIMESTAMP", vital_status: "VARCHAR", onset_years: "DOUBLE", onset_term: "VARCHAR" },
    ...{ diagnosis: "VARCHAR", diagnosis_label: "VARCHAR", diagnoses: "BIGINT", present: "BIGINT", excluded: "BIGINT" },
    ...{ publication: "VARCHAR", schema_version: "VARCHAR", suspect: "VARCHAR" },
  },
  phenotypes: {
    ...{ case_id: "VARCHAR", patient: "VARCHAR", hpo: "VARCHAR", label: "VARCHAR", excluded: "BOOLEAN", ...ONSET },
    ...{ resolution_years: "DOUBLE", severity: "VARCHAR", severity_label: "VARCHAR", modifiers: "VARCHAR" },
  },
  diagnoses: {
    ...{ case_id: "VARCHAR", patient: "VARCHAR", disease: "VARCHAR", label: "VARCHAR", excluded: "BOOLEAN" },
    ...{ stated_in: "VARCHAR", status: "VARCHAR", ...ONSET, genes: "VARCHAR" },
  },
  measurements: {
    ...{ case_id: "VARCHAR", patient: "VARCHAR", system: "VARCHAR", code: "VARCHAR", label: "VARCHAR" },
    ...{ value: "DOUBLE", value_code: "VARCHAR", value_label: "VARCHAR", unit: "VARCHAR", ucum: "VARCHAR" },
    ...{ converted: "DOUBLE", converted_unit: "VARCHAR", reference_low: "DOUBLE", reference_high: "DOUBLE" },
    ...{ time: "TIMESTAMP", time_precision: "VARCHAR", age_years: "DOUBLE", suspect: "VARCHAR" },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, LakeType>>>>;

export type PacketTable = keyof typeof TYPES;

export const packetTables: Readonly<Record<PacketTable, readonly LakeColumn[]>> = {
  cases: columnsOf(TYPES.cases),
  phenotypes: columnsOf(TYPES.phenotypes),
  diagnoses: columnsOf(TYPES.diagnoses),
  measurements: columnsOf(TYPES.measurements),
};

function columnsOf(types: Readonly<Record<string, LakeType>>): readonly LakeColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
