/** Which patients a request speaks of, and in which form each is written. */
import type { ServedModel } from "../../core/serving/serving.ts";
import { fromBundle } from "./fhir.ts";
import { type ClinicalPatient, isObject, type Json, own, PatientProblem } from "./patient.ts";
import { fromPhenopacket, fromTerms, type ReadPhenopacket } from "./terms.ts";

export interface Asked {
  readonly value: unknown;
  /** Where it stands in the request, as a JSON pointer. */
  readonly at: string;
  /** Place in `patients`; null where the body is the patient. */
  readonly place: number | null;
  readonly key: string | null;
}

/** A patient's raw columns, or what a standard tells of the patient. */
export type ReadPatient =
  | { readonly form: "raw"; readonly row: Json }
  | { readonly form: "clinical"; readonly patient: ClinicalPatient };

/** @throws PatientProblem when it is no request */
export function patientsIn(body: unknown, most: number): readonly Asked[] {
  if (!isObject(body)) throw new PatientProblem([{ at: "", problem: "the body has to be a JSON object" }]);
  const packet = own(body, "phenopacket");
  if (packet !== undefined) return [{ value: packet, at: "/phenopacket", place: null, key: null }];
  const list = own(body, "patients");
  if (list === undefined) return [{ value: body, at: "", place: null, key: null }];
  if (!Array.isArray(list) || list.length === 0) {
    throw new PatientProblem([{ at: "/patients", problem: "has to be a list of patients" }]);
  }
  if (list.length > most) {
    throw new PatientProblem([{ at: "/patients", problem: `has more than ${most} patients: send them in parts` }]);
  }
  const unknown = Object.keys(body).find((key) => key !== "patients" && key !== "patient_keys");
  if (unknown !== undefined) {
    throw new PatientProblem([{ at: "", problem: "beside patients only patient_keys is understood" }]);
  }
  const keys = own(body, "patient_keys");
  if (keys !== undefined && !areKeys(keys, list.length)) {
    const problem = "has to be a list of texts or null, one for each of patients";
    throw new PatientProblem([{ at: "/patient_keys", problem }]);
  }
  return list.map((value: unknown, place) => ({
    ...{ value, place, at: `/patients/${place}` },
    key: keys === undefined ? null : (keys as readonly (string | null)[])[place]!,
  }));
}

const areKeys = (keys: unknown, count: number): boolean =>
  Array.isArray(keys) && keys.length === count && keys.every((key) => key === null || typeof key === "string");

/**
 * @param now milliseconds since the epoch
 * @throws PatientProblem
 */
export function readPatient(
  { value, place }: Pick<Asked, "value" | "place">,
  model: ServedModel,
  phenopacket: ReadPhenopacket,
  now: number,
): ReadPatient {
  if (!isObject(value)) throw new PatientProblem([{ at: "", problem: "has to be an object" }]);
  const isColumn = (name: string): boolean => model.kind === "table" && model.input.some((each) => each.name === name);
  const has = (...names: readonly string[]): boolean =>
    names.some((name) => Object.hasOwn(value, name) && !isColumn(name));
  const type = has("resourceType") ? value.resourceType : undefined;
  if (type === "Bundle") return clinical(fromBundle(value, now));
  if (type !== undefined) {
    throw new PatientProblem([
      { at: "/resourceType", problem: "has to be Bundle, with the patient's resources in it" },
    ]);
  }
  if (has("phenotypicFeatures", "phenotypic_features", "subject", "proband", "members")) {
    return clinical(fromPhenopacket(value, phenopacket));
  }
  if (has("present", "excluded")) return clinical(fromTerms(value));
  if (model.kind === "table" && place !== null) return { form: "raw", row: value };
  throw new PatientProblem([{ at: "", problem: model.kind === "table" ? NO_TABLE_PATIENT : NO_CASE }]);
}

/** Findings of one patient: nobody has more, and each costs time. */
const MOST_FINDINGS = 2000;

function clinical(patient: ClinicalPatient): ReadPatient {
  const { length } = patient.findings;
  if (length > MOST_FINDINGS) {
    throw new PatientProblem([
      { at: "", problem: `it has ${length} findings, of which ${MOST_FINDINGS} at most are read` },
    ]);
  }
  return { form: "clinical", patient };
}

const NO_TABLE_PATIENT =
  "it is neither a phenopacket nor a FHIR bundle; raw columns are given as a list: patients: [{COLUMN: VALUE, …}]";
const NO_CASE =
  "it is neither a phenopacket, a FHIR bundle nor {present: [HPO terms], excluded: […], sex, age}; raw columns are for table models";
