import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFhir, tellFhir } from "../../src/lake/fhir/read.ts";
import { parseTime } from "../../src/lake/fhir/time.ts";
import { reader } from "../../src/lake/formats/fhir.ts";
import { bytesSource, type ReadRows, readRows } from "../support/rows.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/lake/fhir");

const read = (resources: readonly object[], name = "all.ndjson"): Promise<ReadRows> =>
  readRows(readFhir, [bytesSource(name, resources.map((each) => JSON.stringify(each)).join("\n"))], {
    finish: tellFhir,
  });
const bundle = (entries: readonly object[]): object => ({ resourceType: "Bundle", type: "collection", entry: entries });
const observation = (more: object): object => ({
  ...{ resourceType: "Observation", id: "o1", status: "final", subject: { reference: "Patient/p1" } },
  ...more,
});
const loinc = (code: string): object => ({ coding: [{ system: "http://loinc.org", code, display: "what" }] });
const ucum = (value: number, code: string): object => ({
  value,
  code,
  unit: code,
  system: "http://unitsofmeasure.org",
});

test("a bundle of Synthea becomes one row a resource, and one a value of an observation", async () => {
  const text = readFileSync(join(FIXTURES, "synthea-bundle.json"), "utf8");
  const { rows, notices, quarantined } = await readRows(readFhir, [bytesSource("synthea.json", text, 1000)], {
    finish: tellFhir,
  });
  const resources = JSON.parse(text).entry.map(({ resource }: { resource: Record<string, unknown> }) => resource);
  const of = (type: string): Record<string, never>[] =>
    resources.filter((each: { resourceType: string }) => each.resourceType === type);
  expect(quarantined).toEqual([]);
  expect(rows.patients).toHaveLength(1);
  expect(rows.conditions).toHaveLength(of("Condition").length);
  expect(rows.encounters).toHaveLength(of("Encounter").length);
  const values = of("Observation").flatMap(({ component }) => (component as unknown[]) ?? [0]);
  expect(rows.observations).toHaveLength(values.length);
  const patient = of("Patient")[0]!;
  expect(new Set(Object.values(rows).flatMap((list) => list.map((row) => row.patient ?? row.id)))).toEqual(
    new Set([patient.id]),
  );
  expect(rows.patients![0]).toMatchObject({
    sex: patient.gender,
    birth_date: Date.parse(patient.birthDate!),
    country: "US",
    postcode3: expect.stringMatching(/^\d{3}$/),
  });
  expect(notices).toEqual([["fhir-ignored", expect.stringContaining("1 Organization")]]);
});

test("a bulk export has a file a type", async () => {
  const types = ["Patient", "Condition", "Encounter", "MedicationRequest", "Procedure"];
  const sources = types.map((type) =>
    bytesSource(`${type}.ndjson`, readFileSync(join(FIXTURES, `${type}.ndjson`)), 700),
  );
  const { rows, quarantined } = await readRows(readFhir, sources);
  expect(Object.fromEntries(Object.entries(rows).map(([table, list]) => [table, list.length]))).toEqual({
    patients: 4,
    conditions: 4,
    encounters: 4,
    medications: 4,
    procedures: 4,
  });
  expect(quarantined).toEqual([]);
  expect(rows.medications!.every(({ system }) => system === "http://www.nlm.nih.gov/research/umls/rxnorm")).toBe(true);
});

test("components are rows of their own, with their observation as parent", async () => {
  const { rows } = await read([
    observation({
      code: loinc("55284-4"),
      component: [
        { code: loinc("8480-6"), valueQuantity: ucum(120, "mm[Hg]") },
        { code: loinc("8462-4"), valueQuantity: ucum(10.666, "kPa") },
      ],
    }),
  ]);
  expect(rows.observations).toMatchObject([
    { id: "o1#1", parent: "o1", code: "8480-6", value: 120, converted: 120 },
    { id: "o1#2", parent: "o1", code: "8462-4", value: 10.666, unit: "kPa", converted_unit: "mm[Hg]" },
  ]);
  expect(rows.observations![1]!.converted).toBeCloseTo(80, 1);
});

test.each([
  [{ valueQuantity: { value: 5.5, unit: "mmol/l" } }, { value: 5.5, unit: "mmol/l", ucum: "mmol/l" }],
  [{ valueQuantity: { ...ucum(3, "mg/dL"), comparator: "<" } }, { value: 3, comparator: "<" }],
  [{ valueInteger: 3 }, { value: 3 }],
  [{ valueBoolean: false }, { value: null, value_code: "false" }],
  [{ valueString: "clear" }, { value_text: "clear" }],
  [
    { valueCodeableConcept: loinc("LA1-1") },
    { value_system: "http://loinc.org", value_code: "LA1-1", value_text: "what" },
  ],
  [{ valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }, { value_text: "1:128" }],
  [{ valueRange: { low: { value: 1 }, high: { value: 2 } } }, { value_text: "1..2" }],
  [{ valueDateTime: "2020-02" }, { value_text: "2020-02" }],
  [{ dataAbsentReason: { text: "asked" } }, { value: null, absent_reason: "asked" }],
])("value %j", async (value, cells) => {
  const { rows } = await read([observation({ code: loinc("1-8"), ...value })]);
  expect(rows.observations).toMatchObject([cells]);
});

test("laboratory values come in the unit that is usual for their code; what cannot be is marked", async () => {
  const glucose = (id: string, quantity: object): object =>
    observation({ id, code: loinc("2345-7"), valueQuantity: quantity });
  const { rows, notices } = await read([
    glucose("a", ucum(5.5, "mmol/L")),
    glucose("b", ucum(5.5, "kg")),
    glucose("c", { value: 5.5 }),
    glucose("d", ucum(99_000, "mg/dL")),
  ]);
  expect(rows.observations).toMatchObject([
    { id: "a", converted_unit: "mg/dL", suspect: null },
    { id: "b", converted: null, converted_unit: "mg/dL", suspect: "unit" },
    { id: "c", converted: null, suspect: "unit" },
    { id: "d", converted: 99_000, suspect: "range" },
  ]);
  expect(rows.observations![0]!.converted).toBeCloseTo(99.086, 3);
  expect(notices).toEqual([
    ["fhir-unit", expect.stringContaining("all.ndjson: 2 values")],
    ["fhir-range", expect.stringContaining("all.ndjson: 1 values")],
  ]);
});

test("references are ids, however they are written", async () => {
  const references = [
    "Patient/p1",
    "Patient/p1/_history/3",
    "https://server.example/fhir/Patient/p1",
    "urn:uuid:11111111-2222-3333-4444-555555555555",
  ];
  const conditions = references.map((reference, i) => ({
    resource: { resourceType: "Condition", id: `c${i}`, code: { text: "x" }, subject: { reference } },
  }));
  const fullUrl = "urn:uuid:11111111-2222-3333-4444-555555555555";
  const { rows } = await read([
    bundle([...conditions, { fullUrl, resource: { resourceType: "Patient", id: "p1", gender: "male" } }]),
  ]);
  expect(rows.conditions!.map(({ patient }) => patient)).toEqual(["p1", "p1", "p1", "p1"]);
});

test("a resource without an id is called by its full URL", async () => {
  const fullUrl = "urn:uuid:11111111-2222-3333-4444-555555555555";
  const { rows } = await read([
    bundle([
      { fullUrl, resource: { resourceType: "Patient" } },
      { resource: { resourceType: "Condition", id: "c", subject: { reference: fullUrl } } },
    ]),
  ]);
  expect(rows.conditions![0]!.patient).toBe(rows.patients![0]!.id);
});

test("a medication is told in place, contained, or by a resource of its own that may come later", async () => {
  const code = { coding: [{ system: "http://www.whocc.no/atc", code: "A10BA02" }] };
  const request = (id: string, more: object): object => ({ resourceType: "MedicationRequest", id, ...more });
  const { rows } = await read([
    request("a", { medicationCodeableConcept: code }),
    request("b", {
      medicationReference: { reference: "#m" },
      contained: [{ resourceType: "Medication", id: "m", code }],
    }),
    request("c", { medicationReference: { reference: "Medication/m1" } }),
    request("d", { medicationReference: { reference: "Medication/gone", display: "a tablet" } }),
    { resourceType: "Medication", id: "m1", code },
  ]);
  expect(rows.medications!.map(({ code, display }) => code ?? display)).toEqual([
    "A10BA02",
    "A10BA02",
    "A10BA02",
    "a tablet",
  ]);
});

test("the preferred system's coding comes first, whatever the order or the name of the system; all are kept", async () => {
  const { rows } = await read([
    {
      ...{ resourceType: "Condition", id: "c" },
      code: {
        coding: [
          { system: "http://hl7.org/fhir/sid/icd-10-cm", code: "E11.9" },
          { system: "urn:oid:2.16.840.1.113883.6.96", code: "44054006", display: "Diabetes mellitus type 2" },
        ],
      },
    },
  ]);
  expect(rows.conditions![0]).toMatchObject({
    system: "http://snomed.info/sct",
    code: "44054006",
    display: "Diabetes mellitus type 2",
  });
  expect(JSON.parse(String(rows.conditions![0]!.codings)).map(({ code }: { code: string }) => code)).toEqual([
    "E11.9",
    "44054006",
  ]);
});

test("what was entered in error, cancelled or not done is left out and counted", async () => {
  const { rows, notices } = await read([
    observation({ status: "entered-in-error", valueInteger: 1 }),
    observation({ id: "o2", status: "cancelled" }),
    { resourceType: "Procedure", id: "x", status: "not-done" },
    { resourceType: "MedicationRequest", id: "m", status: "active", doNotPerform: true },
    { resourceType: "Condition", id: "c", verificationStatus: { coding: [{ code: "entered-in-error" }] } },
    { resourceType: "Condition", id: "d", verificationStatus: { coding: [{ code: "refuted" }] } },
  ]);
  expect(Object.values(rows).flat()).toMatchObject([{ id: "d", verification_status: "refuted" }]);
  expect(notices).toEqual([["fhir-void", expect.stringContaining("all.ndjson: 5 ")]]);
});

test("of copies in a file the newest counts, whichever stands first; a copy in a later file is passed over", async () => {
  const patient = (lastUpdated: string, versionId: string, gender: string): object => ({
    ...{ resourceType: "Patient", id: "p", meta: { versionId, lastUpdated }, gender },
  });
  const newest = patient("2024-05-01T00:00:00Z", "2", "female");
  const lines = [patient("2024-01-01T00:00:00Z", "1", "male"), newest, patient("2023-01-01T00:00:00Z", "0", "other")];
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  const sources = [bytesSource("a.ndjson", text), bytesSource("b.ndjson", JSON.stringify(newest))];
  const { rows, notices } = await readRows(readFhir, sources, { finish: tellFhir });
  expect(rows.patients).toMatchObject([{ sex: "female", version: "2" }]);
  expect(notices).toEqual([["fhir-duplicate", expect.stringContaining("2 files: 3 ")]]);
});

test("times in the future and times that are none are marked", async () => {
  const { rows, notices } = await read([
    { resourceType: "Patient", id: "a", birthDate: "2031" },
    { resourceType: "Patient", id: "b", birthDate: "1980-02-30" },
    { resourceType: "Patient", id: "c" },
  ]);
  expect(rows.patients).toMatchObject([
    { birth_date: Date.UTC(2031, 0), birth_precision: "year", suspect: "future" },
    { birth_date: null, suspect: "time" },
    { birth_date: null, birth_precision: null, suspect: null },
  ]);
  expect(notices.map(([code]) => code)).toEqual(["fhir-future", "fhir-time"]);
});

test("race, ethnicity and death come from where US Core and FHIR have them", async () => {
  const core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-";
  const omb = (...display: string[]): object[] =>
    display.map((each) => ({ url: "ombCategory", valueCoding: { code: "1", display: each } }));
  const { rows } = await read([
    {
      ...{ resourceType: "Patient", id: "a", deceasedDateTime: "2020-03-01T22:00:00-05:00" },
      extension: [
        { url: `${core}race`, extension: omb("White", "Asian") },
        { url: `${core}ethnicity`, extension: [{ url: "text", valueString: "Unknown" }] },
      ],
      address: [
        { use: "old", country: "FR" },
        { country: "ES", state: "Madrid", postalCode: "28 013" },
      ],
    },
  ]);
  expect(rows.patients).toMatchObject([
    {
      ...{ race: "White; Asian", ethnicity: "Unknown", deceased: true, death: Date.UTC(2020, 2, 2, 3) },
      ...{ death_precision: "second", death_zone: "-05:00", country: "ES", postcode3: "280" },
    },
  ]);
});

test.each([
  ["2010", Date.UTC(2010, 0), "year", null],
  ["2010-05", Date.UTC(2010, 4), "month", null],
  ["2012-02-29", Date.UTC(2012, 1, 29), "day", null],
  ["2010-05-03T22:10:05-05:00", Date.UTC(2010, 4, 4, 3, 10, 5), "second", "-05:00"],
  ["2010-05-03T22:10:05.128Z", Date.UTC(2010, 4, 3, 22, 10, 5, 128), "second", "Z"],
  ["2010-05-03T22:10+05:30", Date.UTC(2010, 4, 3, 16, 40), "minute", "+05:30"],
])("time %s", (text, time, precision, zone) => {
  expect(parseTime(text)).toEqual({ time, precision, zone });
});

test.each([
  "",
  "10",
  "2010-13",
  "2011-02-29",
  "2010-05-03T25:00:00Z",
  "2010-05-03T10:00:00+15:00",
  "yesterday",
  2010,
  {},
])("%j is no time", (text) => {
  expect(parseTime(text)).toBeUndefined();
});

test("FHIR is known by its resources, not by a table's JSON", () => {
  const patient = Buffer.from('{"resourceType":"Patient","id":"1"}');
  expect(reader.detect("export.ndjson", patient)).toBeGreaterThan(0.9);
  expect(reader.detect("export.json", Buffer.from('{"id":1,"age":20}'))).toBe(0);
  expect(reader.detect("export.csv", patient)).toBe(0);
});
