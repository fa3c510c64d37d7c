/** What a column is, for de-identification: by its table, its name and its type. */
import type { LakeColumn } from "../../core/lake.ts";

export const ROLES = [
  "patient",
  "id",
  "ids",
  "date",
  "birth",
  "birth-year",
  "age",
  "postcode",
  "text",
  "codings",
  "drop",
  "keep",
] as const;
/** `ids`: several in one text; `codings`: JSON of codes, whose displays go. */
export type ColumnRole = (typeof ROLES)[number];

export interface PlannedColumn {
  readonly name: string;
  readonly type: string;
  readonly role: ColumnRole;
}

/** Of readers of clinical formats; columns that are not here go by name and type. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, ColumnRole>>>> = {
  patients: { id: "patient" },
  observations: { parent: "id" },
  reports: { result_ids: "ids" },
  cases: { name: "id", publication: "id", case_id: "id", patient: "patient" },
  notes: { note: "id", hash: "id" },
  note_phenotypes: { note: "id", label: "keep" },
};

const PATIENT =
  /^(patient|patient_?(id|key|uuid)|person|person_?(id|key)|subject|subject_?id|pid|paciente|(id_)?paciente(_id)?)$/;
const RECORD_NUMBER = /^(mrn|nhc|medical_record(_number)?|person_source_value)$/;
const DIRECT =
  /^((patient|full|first|last|middle|given|family|maiden|mother|father|preferred|sur|fore)_?(s_)?name|names?|first|last|middle|maiden|prefix|suffix|nombres?|apellidos?(_\d)?|(street_?|home_?|postal_?|e_?mail_?|ip_?)?address(es)?(_\d)?|street|direccion|calle|domicilio|city|ciudad|town|county|municipio|localidad|lat(itude)?|lon(g|gitude)?|birth_?place|e_?mail|correo(_electronico)?|(home_?|work_?|mobile_?|cell_?)?(phone|telephone|tel)(_?number)?|telecom|telefono|movil|mobile|fax(_?number)?|ssn|social_security(_number)?|dni|nie|nif|nss|curp|passport|pasaporte|drivers?(_?licen[cs]e)?|licen[cs]e(_number)?|url|web(site)?|ip|photo|picture|foto|(health_?)?(insurance|plan|policy|account|beneficiary)(_?(no|number))|(device_?)?serial(_number)?|vin|plate|month_of_birth|day_of_birth|contact|next_of_kin)$/;
const BIRTH = /^(birth_?(date|datetime|day)|date_of_birth|dob|fecha_(de_)?nacimiento)$/;
const BIRTH_YEAR = /^(birth_?year|year_of_birth|yob|ano_nacimiento)$/;
const AGE = /^(age|edad|age_(years|at)(_.*)?|.*_age|onset_years|resolution_years)$/;
const POSTCODE = /^(zip|zip_?code|zip_?3|post_?code|postcode_?3|postal_?code|cp|codigo_postal)$/;
const ID =
  /^(id|uuid|guid|encounter|visit|provider|organi[sz]ation|payer|practitioner|case_id|.*_(id|uuid|key|source_value))$/;
const CODE = /(^|_)concept_id$/;
const TEXT = /(^|_)(text|display|label|comment|note|notes|narrative|conclusion)$/;
const NUMBER = /^(DOUBLE|FLOAT|BIGINT|INTEGER|SMALLINT|TINYINT|HUGEINT|U\w+INT|DECIMAL.*)$/;
const DATE = /^(DATE|TIMESTAMP.*)$/;
const PLAIN = /^(VARCHAR|BOOLEAN|TIME)$/;

/** Columns that say whose a row is; empty where none does. */
export function patientColumns(table: string, columns: readonly Pick<LakeColumn, "name">[]): readonly string[] {
  const names = columns.map(({ name }) => name);
  const named = names.filter((name) => PATIENT.test(plain(name)));
  if (named.length > 0) return table === "cases" ? [...named, ...names.filter((name) => name === "case_id")] : named;
  const record = names.filter((name) => RECORD_NUMBER.test(plain(name)));
  return record.length > 0 ? record : names.filter((name) => plain(name) === "id");
}

/**
 * What becomes of the columns of a table.
 * @param given by the user: role by column name; they come first
 * @param isClinical of a reader that names its columns itself: its texts are codes unless their name says otherwise. Else every text is
 *   scrubbed, and what is nested is dropped
 */
export function planColumns(
  table: string,
  columns: readonly LakeColumn[],
  given: ReadonlyMap<string, ColumnRole>,
  isClinical: boolean,
): readonly PlannedColumn[] {
  const chosen = columns.find(({ name }) => given.get(name) === "patient")?.name;
  const patients = chosen === undefined ? patientColumns(table, columns) : [chosen];
  return columns.map(({ name, type }) => ({
    name,
    type,
    role: given.get(name) ?? (isClinical ? KNOWN[table]?.[name] : undefined) ?? guess(name, type),
  }));

  function guess(name: string, type: string): ColumnRole {
    const own = plain(name);
    if (name === patients[0]) return "patient";
    if (patients.includes(name)) return "id";
    if (RECORD_NUMBER.test(own) || DIRECT.test(own)) return "drop";
    if (BIRTH.test(own)) return DATE.test(type) ? "birth" : "drop";
    if (DATE.test(type)) return "date";
    if (BIRTH_YEAR.test(own)) return NUMBER.test(type) ? "birth-year" : "drop";
    if (POSTCODE.test(own)) return "postcode";
    if (CODE.test(own)) return "keep";
    if (ID.test(own)) return "id";
    if (NUMBER.test(type)) return AGE.test(own) ? "age" : "keep";
    if (own === "codings" && isClinical) return "codings";
    if (type === "VARCHAR") return !isClinical || TEXT.test(own) ? "text" : "keep";
    return PLAIN.test(type) ? "keep" : "drop";
  }
}

const plain = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");
