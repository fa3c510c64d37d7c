/** OMOP CDM v5.4: which of its tables become which tidy ones (ohdsi.github.io/CommonDataModel/cdm54.html). */
import type { FhirTable } from "../fhir/tables.ts";

/** What gives a tidy column; `c` is the concept of the row, `u` the one of its unit, `v` the one of its value. */
export type Mapping = Readonly<Record<string, string>>;

export interface OmopTable {
  /** Columns by which a file of this name is known. */
  readonly known: readonly string[];
  readonly tidy?: { readonly table: FhirTable; readonly columns: Mapping };
  /** Columns of concepts, by the names in `columns`. */
  readonly concepts?: { readonly c?: string; readonly u?: string; readonly v?: string };
}

const code = (concept: string): Mapping => ({
  system: "{system:c}",
  code: `coalesce(c.code, {${concept}}::VARCHAR)`,
  display: "c.name",
});
const whose = (id: string): Mapping => ({
  id: `{${id}}::VARCHAR`,
  patient: "{person_id}::VARCHAR",
  encounter: "{visit_occurrence_id}::VARCHAR",
});
/** A time of day where there is one. */
const time = (name: string, date: string): Mapping => ({
  [name]: `coalesce({${date}time}::TIMESTAMP, {${date}}::TIMESTAMP)`,
  [`${name}_precision`]: `CASE WHEN {${date}time} IS NOT NULL THEN 'second' WHEN {${date}} IS NOT NULL THEN 'day' END`,
});

const measured = (kind: string, id: string): OmopTable => ({
  known: [id, `${kind}_concept_id`],
  concepts: { c: `${kind}_concept_id`, u: "unit_concept_id", v: "value_as_concept_id" },
  tidy: {
    table: "observations",
    columns: {
      ...whose(id),
      ...code(`${kind}_concept_id`),
      ...time("time", `${kind}_date`),
      category: kind === "measurement" ? "'laboratory'" : "NULL",
      value: "{value_as_number}",
      value_text: "coalesce({value_as_string}::VARCHAR, v.name)",
      value_code: "v.code",
      value_system: "{system:v}",
      unit: "coalesce({unit_source_value}::VARCHAR, u.code)",
      ucum: "u.code",
      reference_low: "{range_low}",
      reference_high: "{range_high}",
    },
  },
});

/** By the name of their files. */
export const omopTables: Readonly<Record<string, OmopTable>> = {
  person: {
    known: ["person_id", "gender_concept_id"],
    tidy: {
      table: "patients",
      columns: {
        id: "{person_id}::VARCHAR",
        sex: "CASE {gender_concept_id} WHEN 8507 THEN 'male' WHEN 8532 THEN 'female' WHEN 8521 THEN 'other' ELSE 'unknown' END",
        birth_date:
          "make_date({year_of_birth}::BIGINT, coalesce({month_of_birth}::BIGINT, 1), coalesce({day_of_birth}::BIGINT, 1))",
        birth_precision:
          "CASE WHEN {month_of_birth} IS NULL THEN 'year' WHEN {day_of_birth} IS NULL THEN 'month' ELSE 'day' END",
        race: "{race_source_value}::VARCHAR",
        ethnicity: "{ethnicity_source_value}::VARCHAR",
      },
    },
  },
  condition_occurrence: {
    known: ["condition_occurrence_id", "condition_concept_id"],
    concepts: { c: "condition_concept_id" },
    tidy: {
      table: "conditions",
      columns: {
        ...whose("condition_occurrence_id"),
        ...code("condition_concept_id"),
        ...time("onset", "condition_start_date"),
        ...time("abatement", "condition_end_date"),
        abated: "({condition_end_date} IS NOT NULL)",
      },
    },
  },
  measurement: measured("measurement", "measurement_id"),
  observation: measured("observation", "observation_id"),
  drug_exposure: {
    known: ["drug_exposure_id", "drug_concept_id"],
    concepts: { c: "drug_concept_id" },
    tidy: {
      table: "medications",
      columns: {
        ...whose("drug_exposure_id"),
        ...code("drug_concept_id"),
        ...time("authored", "drug_exposure_start_date"),
        dose_text: "{sig}::VARCHAR",
      },
    },
  },
  procedure_occurrence: {
    known: ["procedure_occurrence_id", "procedure_concept_id"],
    concepts: { c: "procedure_concept_id" },
    tidy: {
      table: "procedures",
      columns: {
        ...whose("procedure_occurrence_id"),
        ...code("procedure_concept_id"),
        ...time("time", "procedure_date"),
        time_end: "coalesce({procedure_end_datetime}::TIMESTAMP, {procedure_end_date}::TIMESTAMP)",
      },
    },
  },
  visit_occurrence: {
    known: ["visit_occurrence_id", "visit_concept_id"],
    concepts: { c: "visit_concept_id" },
    tidy: {
      table: "encounters",
      columns: {
        id: "{visit_occurrence_id}::VARCHAR",
        patient: "{person_id}::VARCHAR",
        class: "CASE {visit_concept_id} WHEN 9201 THEN 'IMP' WHEN 9202 THEN 'AMB' WHEN 9203 THEN 'EMER' END",
        ...code("visit_concept_id"),
        ...time("started", "visit_start_date"),
        ...time("ended", "visit_end_date"),
      },
    },
  },
  death: { known: ["person_id", "death_date"] },
  concept: { known: ["concept_id", "concept_code", "vocabulary_id"] },
  concept_ancestor: { known: ["ancestor_concept_id"] },
  concept_relationship: { known: ["concept_id_1", "relationship_id"] },
  concept_synonym: { known: ["concept_id", "concept_synonym_name"] },
  concept_class: { known: ["concept_class_id"] },
  vocabulary: { known: ["vocabulary_id", "vocabulary_name"] },
};

/** Code systems as FHIR names them. */
export const systems: Readonly<Record<string, string>> = {
  SNOMED: "http://snomed.info/sct",
  LOINC: "http://loinc.org",
  RxNorm: "http://www.nlm.nih.gov/research/umls/rxnorm",
  ICD10CM: "http://hl7.org/fhir/sid/icd-10-cm",
  ICD9CM: "http://hl7.org/fhir/sid/icd-9-cm",
  CPT4: "http://www.ama-assn.org/go/cpt",
  UCUM: "http://unitsofmeasure.org",
};
