/** A phenopacket as rows. */
import { SYSTEMS } from "../../core/fhir/codes.ts";
import type { LabValue } from "../../core/units/lab.ts";
import { toUcum } from "../../core/units/ucum.ts";
import type { LakeRow } from "../fhir/batches.ts";
import { parseTime } from "../fhir/time.ts";
import { ageOf, caseOf, field, listOf, termOf, textOf } from "./packet.ts";
import type { PacketTable } from "./tables.ts";

export interface PacketReading {
  /** Milliseconds since the epoch. */
  readonly now: number;
  add(table: PacketTable, row: LakeRow): void;
  count(what: "future" | "unit" | "range" | "empty value"): void;
  readonly lab: (loinc: string, value: number, unit: string) => LabValue;
}

/**
 * @param name of its file, by which the case is called where the packet has no id
 * @throws NoCase when it is no phenopacket of one person
 */
export function addPacket(packet: unknown, name: string, reading: PacketReading): void {
  const one = caseOf(packet, name, name);
  const subject = field(packet, "subject");
  const keys = { case_id: one.id, patient: textOf(field(subject, "id")) };
  const birth = parseTime(field(subject, "dateOfBirth"));
  const isFuture = birth !== undefined && birth.time > reading.now;
  if (isFuture) reading.count("future");
  const { onset } = one;
  reading.add("cases", {
    ...keys,
    name,
    sex: one.sex,
    age_years: one.age,
    birth_date: birth?.time,
    vital_status: textOf(field(field(subject, "vitalStatus"), "status")),
    onset_years: onset !== undefined && "years" in onset ? onset.years : undefined,
    onset_term: onset !== undefined && "term" in onset ? onset.term : undefined,
    diagnosis: one.diagnoses[0]?.id,
    diagnosis_label: one.diagnoses[0]?.label,
    diagnoses: one.diagnoses.length,
    present: one.present.length,
    excluded: one.excluded.length,
    publication: one.publication,
    schema_version: textOf(field(field(packet, "metaData"), "phenopacketSchemaVersion")),
    suspect: isFuture ? "future" : undefined,
  });
  for (const feature of listOf(packet, "phenotypicFeatures")) addPhenotype(feature, keys, reading);
  addDiagnoses(packet, keys, reading);
  for (const measurement of listOf(packet, "measurements")) addMeasurement(measurement, keys, reading);
}

function addPhenotype(feature: unknown, keys: LakeRow, reading: PacketReading): void {
  const term = termOf(field(feature, "type"));
  if (term === undefined) return;
  const severity = termOf(field(feature, "severity"));
  const modifiers = listOf(feature, "modifiers").flatMap((modifier) => termOf(modifier) ?? []);
  reading.add("phenotypes", {
    ...keys,
    hpo: term.id,
    label: term.label,
    excluded: field(feature, "excluded") === true || field(feature, "negated") === true,
    ...onsetOf(field(feature, "onset") ?? field(feature, "ageOfOnset"), field(feature, "classOfOnset")),
    resolution_years: ageOf(field(feature, "resolution")),
    severity: severity?.id,
    severity_label: severity?.label,
    modifiers: modifiers.length === 0 ? undefined : JSON.stringify(modifiers),
  });
}

/** @param term v1 has the term beside the age */
function onsetOf(onset: unknown, term: unknown): LakeRow {
  const found = termOf(field(onset, "ontologyClass") ?? term);
  return { onset_years: ageOf(onset), onset_term: found?.id, onset_label: found?.label };
}

function addDiagnoses(packet: unknown, keys: LakeRow, reading: PacketReading): void {
  for (const interpretation of listOf(packet, "interpretations")) {
    const diagnosis = field(interpretation, "diagnosis");
    const term = termOf(field(diagnosis, "disease"));
    if (term === undefined) continue;
    const genes = listOf(diagnosis, "genomicInterpretations")
      .map(geneOf)
      .filter((gene) => gene !== undefined);
    reading.add("diagnoses", {
      ...keys,
      disease: term.id,
      label: term.label,
      excluded: false,
      stated_in: "interpretations",
      status: textOf(field(interpretation, "progressStatus")),
      genes: genes.length === 0 ? undefined : [...new Set(genes)].join("; "),
    });
  }
  for (const disease of listOf(packet, "diseases")) {
    const term = termOf(field(disease, "term"));
    if (term === undefined) continue;
    reading.add("diagnoses", {
      ...keys,
      disease: term.id,
      label: term.label,
      excluded: field(disease, "excluded") === true,
      stated_in: "diseases",
      ...onsetOf(field(disease, "onset") ?? field(disease, "ageOfOnset"), field(disease, "classOfOnset")),
    });
  }
}

function geneOf(interpretation: unknown): string | undefined {
  const descriptor = field(field(interpretation, "variantInterpretation"), "variationDescriptor");
  return textOf(field(field(descriptor, "geneContext") ?? field(interpretation, "gene"), "symbol"));
}

function addMeasurement(measurement: unknown, keys: LakeRow, reading: PacketReading): void {
  const assay = termOf(field(measurement, "assay"));
  const observed = field(measurement, "timeObserved");
  const time = parseTime(textOf(observed) ?? field(observed, "timestamp"));
  const isFuture = time !== undefined && time.time > reading.now;
  if (isFuture) reading.count("future");
  const value = field(measurement, "value");
  // A complex value has several quantities, each of a kind of its own: systolic and diastolic.
  const parts = listOf(field(measurement, "complexValue") ?? field(value, "complexValue"), "typedQuantities");
  const values =
    parts.length > 0
      ? parts.map((part) => ({ what: termOf(field(part, "type")), quantity: field(part, "quantity"), term: undefined }))
      : [{ what: assay, quantity: field(value, "quantity"), term: termOf(field(value, "ontologyClass")) }];
  for (const { what, quantity, term } of values) {
    if (quantity === undefined && term === undefined) reading.count("empty value");
    const { system, code } = codeOf(what?.id ?? "");
    const { doubt, ...amount } = amountOf(quantity, system === SYSTEMS.loinc ? (code ?? "") : "", reading);
    const suspect = [...(isFuture ? ["future"] : []), ...(doubt === null ? [] : [doubt])].join(", ");
    reading.add("measurements", {
      ...keys,
      system,
      code,
      label: what?.label,
      ...amount,
      value_code: term?.id,
      value_label: term?.label,
      time: time?.time,
      time_precision: time?.precision,
      age_years: ageOf(observed),
      suspect: suspect === "" ? undefined : suspect,
    });
  }
}

/** Systems by the prefix of a CURIE. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ["LOINC", SYSTEMS.loinc],
  ["HP", SYSTEMS.hpo],
  ["SNOMED", SYSTEMS.snomed],
  ["SNOMEDCT", SYSTEMS.snomed],
]);

/** "LOINC:2345-7" as system and code; terms of ontologies keep their prefix. */
function codeOf(id: string): { readonly system: string | null; readonly code: string | null } {
  const [prefix, ...rest] = id.split(":");
  const system = PREFIXES.get(prefix!) ?? prefix!;
  if (rest.length === 0) return { system: null, code: id === "" ? null : id };
  return { system, code: system === SYSTEMS.loinc || system === SYSTEMS.snomed ? rest.join(":") : id };
}

function amountOf(
  quantity: unknown,
  loinc: string,
  reading: PacketReading,
): LakeRow & { readonly doubt: string | null } {
  const value = field(quantity, "value");
  if (typeof value !== "number") return { doubt: null };
  const unit = field(quantity, "unit");
  const words = textOf(field(unit, "id"))?.replace(/^UCUM:/, "") ?? textOf(field(unit, "label"));
  const ucum = toUcum(words ?? "");
  const lab = reading.lab(loinc, value, ucum ?? words ?? "");
  if (lab.problem !== null) reading.count(lab.problem);
  const range = field(quantity, "referenceRange");
  const [low, high] = [field(range, "low"), field(range, "high")];
  return {
    value,
    unit: words,
    ucum,
    converted: lab.value,
    converted_unit: lab.unit,
    reference_low: typeof low === "number" ? low : undefined,
    reference_high: typeof high === "number" ? high : undefined,
    doubt: lab.problem,
  };
}
