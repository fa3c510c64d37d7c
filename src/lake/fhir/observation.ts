/** An Observation as rows, one a value: its own, and those of its components. */
import { SYSTEMS, systemOf, VALUE_KEYS } from "../../core/fhir/codes.ts";
import type { LakeRow } from "./batches.ts";
import { codeOf, conceptOf, isObject, type Json, listIn, numberIn, objectIn, PREFERRED, textIn } from "./concept.ts";
import { Doubts, idOf, patientOf, type Reading, spanOf, versionOf } from "./reading.ts";

const TIME_KEYS = ["effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"];

export function addObservation(resource: Json, id: string | null, reading: Reading): void {
  const components = listIn(resource.component).filter(isObject);
  const doubts = new Doubts(reading);
  const { start, end } = spanOf(resource, ...TIME_KEYS);
  const time = doubts.parse(start);
  const shared = {
    patient: patientOf(reading, resource.subject),
    encounter: idOf(reading, resource.encounter),
    category: codeOf(resource.category),
    time: time?.time,
    time_precision: time?.precision,
    time_zone: time?.zone,
    time_end: doubts.parse(end)?.time,
    issued: doubts.parse(resource.issued)?.time,
    status: textIn(resource.status),
    ...versionOf(resource),
  };
  // A panel has no value of its own: its components have.
  if (components.length === 0 || hasValue(resource)) add(resource, id, null);
  components.forEach((component, i) => {
    add(component, id === null ? null : `${id}#${i + 1}`, id);
  });

  function add(part: Json, own: string | null, parent: string | null): void {
    const concept = conceptOf(part.code, PREFERRED.observations);
    const value = valueIn(part, concept.system === SYSTEMS.loinc ? concept.code! : "", reading);
    if (value.doubt !== null) reading.count(value.doubt);
    const suspect = [doubts.text, value.doubt].filter((each) => each !== null).join(", ");
    reading.add("observations", {
      ...shared,
      ...concept,
      ...value.cells,
      ...rangeOf(listIn(part.referenceRange)[0]),
      id: own,
      parent,
      interpretation: codeOf(part.interpretation),
      absent_reason: codeOf(part.dataAbsentReason),
      suspect: suspect === "" ? null : suspect,
    });
  }
}

const hasValue = (resource: Json): boolean => VALUE_KEYS.some((key) => resource[key] !== undefined);

interface Value {
  readonly cells: LakeRow;
  readonly doubt: "unit" | "range" | null;
}

const NO_VALUE: Value = { cells: {}, doubt: null };

function valueIn(part: Json, loinc: string, reading: Reading): Value {
  const key = VALUE_KEYS.find((each) => part[each] !== undefined);
  if (key === undefined) {
    if (part.valueSampledData !== undefined || part.valueAttachment !== undefined) reading.count("unreadable value");
    return NO_VALUE;
  }
  const value = part[key];
  switch (key) {
    case "valueQuantity":
      return quantityOf(objectIn(value), loinc, reading);
    case "valueInteger":
      return { cells: { value: numberIn(value) }, doubt: null };
    case "valueBoolean":
      return { cells: { value_code: typeof value === "boolean" ? String(value) : null }, doubt: null };
    case "valueCodeableConcept": {
      const { system, code, display } = conceptOf(value, PREFERRED.any);
      return { cells: { value_system: system, value_code: code, value_text: display }, doubt: null };
    }
    case "valueRatio": {
      const [above, below] = [objectIn(objectIn(value).numerator), objectIn(objectIn(value).denominator)];
      return { cells: { value_text: `${amountOf(above)}:${amountOf(below)}` }, doubt: null };
    }
    case "valueRange":
      return { cells: { value_text: spanText(objectIn(value).low, objectIn(value).high) }, doubt: null };
    case "valuePeriod":
      return {
        cells: { value_text: `${textIn(objectIn(value).start) ?? ""}/${textIn(objectIn(value).end) ?? ""}` },
        doubt: null,
      };
    default:
      return { cells: { value_text: textIn(value) }, doubt: null };
  }
}

function quantityOf(quantity: Json, loinc: string, reading: Reading): Value {
  const value = numberIn(quantity.value);
  const [code, words] = [textIn(quantity.code), textIn(quantity.unit)];
  const unit = words ?? code;
  // A code is one of UCUM where its system says so, or none is named; "mmol/l" as words may be one too.
  const system = textIn(quantity.system);
  const coded = code !== null && (system === null || systemOf(system) === SYSTEMS.ucum) ? reading.ucum(code) : null;
  const ucum = coded ?? (words === null ? null : reading.ucum(words));
  const cells = { value, comparator: textIn(quantity.comparator), unit, ucum };
  if (value === null) return { cells, doubt: null };
  const lab = reading.lab(loinc, value, ucum ?? unit ?? "");
  return { cells: { ...cells, converted: lab.value, converted_unit: lab.unit }, doubt: lab.problem };
}

function amountOf(quantity: Json): string {
  const [value, unit] = [numberIn(quantity.value), textIn(quantity.code) ?? textIn(quantity.unit)];
  return `${textIn(quantity.comparator) ?? ""}${value ?? ""}${unit === null || unit === "1" ? "" : ` ${unit}`}`;
}

const spanText = (low: unknown, high: unknown): string => `${amountOf(objectIn(low))}..${amountOf(objectIn(high))}`;

function rangeOf(value: unknown): LakeRow {
  const { low, high, text } = objectIn(value);
  return {
    reference_low: numberIn(objectIn(low).value),
    reference_high: numberIn(objectIn(high).value),
    reference_text: textIn(text),
  };
}
