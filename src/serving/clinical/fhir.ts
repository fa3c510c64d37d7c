/** A patient from a FHIR R4 bundle (https://hl7.org/fhir/R4): Patient, Condition, Observation with its components. */
import type { PatientCase } from "../../core/cases.ts";
import { systemOf, VOID } from "../../core/fhir/codes.ts";
import {
  type ClinicalPatient,
  type Concept,
  type Finding,
  hpoOf,
  isObject,
  type Json,
  listIn,
  type Measurement,
  own,
  PatientProblem,
  textIn,
} from "./patient.ts";

const YEAR = 365.25 * 86_400_000;
/** Codes of answers that say that something is there, or is not (SNOMED CT, LOINC answers, interpretations). */
const YES: ReadonlySet<string> = new Set(["52101004", "10828004", "373066001", "LA9633-4", "LA33-6", "POS"]);
const NO: ReadonlySet<string> = new Set(["2667000", "260385009", "373067005", "LA9634-2", "LA32-8", "NEG"]);

interface Resource {
  readonly resource: Json;
  readonly at: string;
}

/**
 * @param now milliseconds since the epoch: the age is that of the newest dated Observation or Condition, else of now
 * @throws PatientProblem when it is no bundle of one patient
 */
export function fromBundle(bundle: Json, now: number): ClinicalPatient {
  const resources = resourcesOf(bundle);
  const of = (type: string): readonly Resource[] =>
    resources.filter(({ resource }) => own(resource, "resourceType") === type);
  const patients = of("Patient");
  if (patients.length > 1) {
    const at = patients[1]!.at;
    throw new PatientProblem([
      { at, problem: `it is one of ${patients.length} Patients: give each a bundle of its own` },
    ]);
  }
  const notices: string[] = [];
  const observed = of("Observation").flatMap((each) => observationsIn(each, notices));
  const conditions = of("Condition").flatMap(conditionIn);
  if (patients.length === 0 && observed.length === 0 && conditions.length === 0) {
    throw new PatientProblem([{ at: "/entry", problem: "it has neither a Patient nor a Condition or Observation" }]);
  }
  const patient = patients[0]?.resource;
  const times = [...observed, ...conditions].map(({ time }) => time).filter((time) => time !== undefined);
  return {
    key: textIn(patient, "id") || null,
    sex: sexOf(textIn(patient, "gender")),
    age: ageOf(textIn(patient, "birthDate"), times.length === 0 ? now : times.reduce((a, b) => Math.max(a, b))),
    onset: undefined,
    publication: undefined,
    findings: [...conditions.map(({ time: _, ...finding }) => finding), ...observed.flatMap(findingOf)],
    measurements: observed,
    notices,
  };
}

function resourcesOf(bundle: Json): readonly Resource[] {
  const entries = own(bundle, "entry");
  if (!Array.isArray(entries)) throw new PatientProblem([{ at: "/entry", problem: "it is no list of entries" }]);
  return entries.flatMap((entry: unknown, i) => {
    const resource = own(entry, "resource");
    return isObject(resource) ? [{ resource, at: `/entry/${i}/resource` }] : [];
  });
}

function sexOf(gender: string): PatientCase["sex"] {
  return gender === "female" || gender === "male" || gender === "other" ? gender : "unknown";
}

function ageOf(birth: string, at: number): number | undefined {
  const age = (at - Date.parse(birth)) / YEAR;
  return age >= 0 && age <= 150 ? age : undefined;
}

function conceptOf(value: unknown): Concept {
  const codings = listIn(value, "coding");
  const codes = codings.map((coding) => ({ system: systemOf(textIn(coding, "system")), code: textIn(coding, "code") }));
  const display = codings.map((coding) => textIn(coding, "display")).find((text) => text !== "");
  return { codes: codes.filter(({ code }) => code !== ""), text: textIn(value, "text") || display || "" };
}

const statusOf = (resource: Json, key: string): string => {
  const { codes, text } = conceptOf(own(resource, key));
  return codes[0]?.code ?? text;
};

function timeOf(resource: Json, ...keys: readonly string[]): number | undefined {
  const times = keys.map((key) => {
    const value = own(resource, key);
    return Date.parse(typeof value === "string" ? value : textIn(value, "end") || textIn(value, "start"));
  });
  return times.find((time) => !Number.isNaN(time));
}

function conditionIn({ resource, at }: Resource): (Finding & { readonly time: number | undefined })[] {
  const status = statusOf(resource, "verificationStatus");
  if (status === "entered-in-error") return [];
  const time = timeOf(resource, "recordedDate", "onsetDateTime", "onsetPeriod");
  return [{ ...conceptOf(own(resource, "code")), excluded: status === "refuted", at, time }];
}

function observationsIn({ resource, at }: Resource, notices: string[]): readonly Measurement[] {
  if (VOID.has(textIn(resource, "status"))) return [];
  const time = timeOf(resource, "effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued");
  const parts: Resource[] = [{ resource, at }];
  listIn(resource, "component").forEach((part, i) => {
    if (isObject(part)) parts.push({ resource: part, at: `${at}/component/${i}` });
  });
  return parts.flatMap((part) => {
    const read = valueIn(part.resource);
    if (read === undefined) return [];
    const comparator = textIn(own(part.resource, "valueQuantity"), "comparator");
    if (comparator !== "") notices.push(`${part.at} is known as a bound only: the bound is taken for the value`);
    return [{ ...conceptOf(own(part.resource, "code")), ...read, time, at: part.at }];
  });
}

function valueIn(resource: Json): Pick<Measurement, "value" | "unit"> | undefined {
  const quantity = own(resource, "valueQuantity");
  const amount = own(quantity, "value");
  if (typeof amount === "number") return { value: amount, unit: textIn(quantity, "code") || textIn(quantity, "unit") };
  for (const key of ["valueInteger", "valueBoolean", "valueString"]) {
    const value = own(resource, key);
    if (typeof value === "number" || typeof value === "boolean" || typeof value === "string")
      return { value, unit: "" };
  }
  const coded = own(resource, "valueCodeableConcept");
  if (coded !== undefined) return { value: conceptOf(coded), unit: "" };
  // What an observation finds may be said by its interpretation alone.
  const interpretation = conceptOf(listIn(resource, "interpretation")[0]);
  return interpretation.codes.length === 0 ? undefined : { value: interpretation, unit: "" };
}

/** An Observation as a finding: of a term of the HPO that is there or not, or whose value is such a term. */
function findingOf({ codes, text, value, at }: Measurement): readonly Finding[] {
  if (typeof value === "object" && hpoOf(value) !== undefined) return [{ ...value, excluded: false, at }];
  const truth = truthOf(value);
  return truth === undefined ? [] : [{ codes, text, excluded: !truth, at }];
}

/** Whether a value says that what was looked for is there; undefined where it says something else. */
export function truthOf(value: Measurement["value"]): boolean | undefined {
  if (typeof value !== "object") return typeof value === "boolean" ? value : undefined;
  if (value.codes.some(({ code }) => YES.has(code))) return true;
  return value.codes.some(({ code }) => NO.has(code)) ? false : undefined;
}
