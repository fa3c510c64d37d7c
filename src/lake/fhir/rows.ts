/** Resources as rows: Patient, Condition, Procedure, MedicationRequest, Encounter, DiagnosticReport. */
import { VOID } from "../../core/fhir/codes.ts";
import {
  type Concept,
  codeOf,
  conceptOf,
  flagIn,
  isObject,
  type Json,
  listIn,
  NO_CONCEPT,
  numberIn,
  objectIn,
  PREFERRED,
  reasonOf,
  targetOf,
  textIn,
} from "./concept.ts";
import { addObservation } from "./observation.ts";
import { Doubts, idOf, patientOf, type Reading, spanOf, versionOf } from "./reading.ts";

type Add = (resource: Json, id: string | null, reading: Reading) => void;

/** By resource type. */
export const adders: ReadonlyMap<string, Add> = new Map<string, Add>([
  ["Patient", addPatient],
  ["Condition", addCondition],
  ["Observation", addObservation],
  ["Procedure", addProcedure],
  ["MedicationRequest", addMedication],
  ["Encounter", addEncounter],
  ["DiagnosticReport", addReport],
]);

/** Whether a resource says nothing of a patient: it was a mistake, was cancelled, or tells what was not done. */
export function isVoid({ status, verificationStatus, resourceType, doNotPerform }: Json): boolean {
  if (typeof status === "string" && (VOID.has(status) || status === "not-done")) return true;
  if (resourceType === "MedicationRequest") return doNotPerform === true;
  return resourceType === "Condition" && codeOf(verificationStatus) === "entered-in-error";
}

const US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-";

function addPatient(resource: Json, id: string | null, reading: Reading): void {
  const doubts = new Doubts(reading);
  const birth = doubts.parse(resource.birthDate);
  const died = resource.deceasedDateTime;
  const addresses = listIn(resource.address).filter(isObject);
  const address = addresses.find(({ use }) => use === "home") ?? addresses.find(({ use }) => use !== "old") ?? {};
  const languages = listIn(resource.communication).map(objectIn);
  const language = languages.find(({ preferred }) => preferred === true) ?? languages[0];
  reading.add("patients", {
    id,
    sex: textIn(resource.gender),
    // A birth date is one of the calendar, whatever the zone.
    birth_date: birth?.time,
    birth_precision: birth?.precision,
    deceased: died === undefined ? flagIn(resource.deceasedBoolean) : true,
    ...doubts.time("death", died),
    race: groupIn(resource, "race"),
    ethnicity: groupIn(resource, "ethnicity"),
    birth_sex: textIn(extensionOf(resource, `${US_CORE}birthsex`)?.valueCode),
    marital_status: codeOf(resource.maritalStatus),
    language: codeOf(language?.language),
    country: textIn(address.country),
    state: textIn(address.state),
    postcode3: textIn(address.postalCode)?.replace(/\s/g, "").slice(0, 3),
    ...versionOf(resource),
    suspect: doubts.text,
  });
}

const extensionOf = (resource: Json, url: string): Json | undefined =>
  listIn(resource.extension).find((each): each is Json => isObject(each) && each.url === url);

/** Categories of US Core's race or ethnicity, else its words. */
function groupIn(resource: Json, name: string): string | null {
  const parts = listIn(extensionOf(resource, US_CORE + name)?.extension).filter(isObject);
  const groups = parts
    .filter(({ url }) => url === "ombCategory")
    .map(({ valueCoding }) => textIn(objectIn(valueCoding).display) ?? textIn(objectIn(valueCoding).code))
    .filter((group) => group !== null);
  return groups.length > 0 ? groups.join("; ") : textIn(parts.find(({ url }) => url === "text")?.valueString);
}

function addCondition(resource: Json, id: string | null, reading: Reading): void {
  const doubts = new Doubts(reading);
  const { onsetAge, onsetString, abatementBoolean } = resource;
  const onset = spanOf(resource, "onsetDateTime", "onsetPeriod");
  const abatement = spanOf(resource, "abatementDateTime", "abatementPeriod");
  reading.add("conditions", {
    id,
    patient: patientOf(reading, resource.subject),
    encounter: idOf(reading, resource.encounter),
    category: codeOf(resource.category),
    ...conceptOf(resource.code, PREFERRED.conditions),
    severity: codeOf(resource.severity),
    clinical_status: codeOf(resource.clinicalStatus),
    verification_status: codeOf(resource.verificationStatus),
    ...doubts.time("onset", onset.start),
    onset_age: ageIn(onsetAge, reading),
    onset_text: textIn(onsetString),
    ...doubts.time("abatement", abatement.end ?? abatement.start),
    abated: flagIn(abatementBoolean) ?? (abatement.start === undefined ? null : true),
    ...doubts.time("recorded", resource.recordedDate),
    ...versionOf(resource),
    suspect: doubts.text,
  });
}

/** Years of UCUM's units of an age. */
const AGE_UNITS: ReadonlyMap<string, number> = new Map([
  ["a", 1],
  ["mo", 1 / 12],
  ["wk", 7 / 365.25],
  ["d", 1 / 365.25],
]);

/** Years of an Age. */
function ageIn(value: unknown, reading: Reading): number | null {
  const age = objectIn(value);
  const [number, unit] = [numberIn(age.value), textIn(age.code) ?? textIn(age.unit)];
  if (number === null || unit === null) return null;
  const years = AGE_UNITS.get(unit);
  if (years === undefined) reading.count("unit");
  return years === undefined ? null : number * years;
}

function addProcedure(resource: Json, id: string | null, reading: Reading): void {
  const doubts = new Doubts(reading);
  const { start, end } = spanOf(resource, "performedDateTime", "performedPeriod");
  reading.add("procedures", {
    id,
    patient: patientOf(reading, resource.subject),
    encounter: idOf(reading, resource.encounter),
    category: codeOf(resource.category),
    ...conceptOf(resource.code, PREFERRED.procedures),
    ...doubts.time("time", start),
    time_end: doubts.parse(end)?.time,
    status: textIn(resource.status),
    ...reasonOf(resource.reasonCode),
    ...versionOf(resource),
    suspect: doubts.text,
  });
}

function addMedication(resource: Json, id: string | null, reading: Reading): void {
  const doubts = new Doubts(reading);
  const dosages = listIn(resource.dosageInstruction).filter(isObject);
  const texts = dosages.map(({ text }) => textIn(text)).filter((text) => text !== null);
  const rates = dosages.flatMap(({ doseAndRate }) => listIn(doseAndRate));
  const dose = objectIn(objectIn(rates[0]).doseQuantity);
  const { asNeededBoolean, asNeededCodeableConcept } = dosages[0] ?? {};
  reading.add("medications", {
    id,
    patient: patientOf(reading, resource.subject),
    encounter: idOf(reading, resource.encounter),
    ...medicationOf(resource, reading),
    ...doubts.time("authored", resource.authoredOn),
    status: textIn(resource.status),
    intent: textIn(resource.intent),
    dose_text: texts.length === 0 ? null : texts.join("; "),
    dose: numberIn(dose.value),
    dose_unit: textIn(dose.code) ?? textIn(dose.unit),
    as_needed: asNeededCodeableConcept === undefined ? flagIn(asNeededBoolean) : true,
    ...reasonOf(resource.reasonCode),
    ...versionOf(resource),
    suspect: doubts.text,
  });
}

/** What is prescribed: told in place, contained, or a resource of its own. */
function medicationOf(resource: Json, reading: Reading): Concept {
  const { medicationReference, medicationCodeableConcept } = resource;
  if (medicationReference === undefined) return conceptOf(medicationCodeableConcept, PREFERRED.medications);
  const { reference, display } = objectIn(medicationReference);
  const inside =
    typeof reference === "string" && reference.startsWith("#")
      ? listIn(resource.contained).find((each) => isObject(each) && each.id === reference.slice(1))
      : undefined;
  const words = { ...NO_CONCEPT, display: textIn(display) };
  if (inside !== undefined) return conceptOf(objectIn(inside).code, PREFERRED.medications);
  const target = targetOf(medicationReference, reading.urls);
  return (target && reading.medications.get(target.id)) ?? words;
}

function addEncounter(resource: Json, id: string | null, reading: Reading): void {
  const doubts = new Doubts(reading);
  const { start, end } = objectIn(resource.period);
  reading.add("encounters", {
    id,
    patient: patientOf(reading, resource.subject),
    class: textIn(objectIn(resource.class).code),
    ...conceptOf(listIn(resource.type)[0], PREFERRED.any),
    ...doubts.time("started", start),
    ...doubts.time("ended", end),
    status: textIn(resource.status),
    ...reasonOf(resource.reasonCode),
    ...versionOf(resource),
    suspect: doubts.text,
  });
}

function addReport(resource: Json, id: string | null, reading: Reading): void {
  const doubts = new Doubts(reading);
  const { start } = spanOf(resource, "effectiveDateTime", "effectivePeriod");
  const results = listIn(resource.result).map((each) => idOf(reading, each));
  const conclusions = listIn(resource.conclusionCode).map((each) => conceptOf(each, PREFERRED.conditions));
  reading.add("reports", {
    id,
    patient: patientOf(reading, resource.subject),
    encounter: idOf(reading, resource.encounter),
    category: codeOf(resource.category),
    ...conceptOf(resource.code, PREFERRED.observations),
    ...doubts.time("time", start),
    issued: doubts.parse(resource.issued)?.time,
    status: textIn(resource.status),
    results: results.length,
    result_ids: results.length === 0 ? null : JSON.stringify(results),
    has_conclusion: textIn(resource.conclusion) !== null || conclusions.length > 0,
    conclusion_codes:
      conclusions.length === 0
        ? null
        : JSON.stringify(conclusions.map(({ system, code, display }) => ({ system, code, display }))),
    ...versionOf(resource),
    suspect: doubts.text,
  });
}
