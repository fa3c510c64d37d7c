import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { InputColumn } from "../../../src/core/serving/serving.ts";
import { caseOf } from "../../../src/lake/phenopackets/packet.ts";
import { fromBundle } from "../../../src/serving/clinical/fhir.ts";
import { Mapping, NO_MAPPING } from "../../../src/serving/clinical/mapping.ts";
import { rowOf } from "../../../src/serving/clinical/row.ts";
import { fromPhenopacket, fromTerms } from "../../../src/serving/clinical/terms.ts";
import { COLUMNS } from "../../support/serving/clinical.ts";

const SYNTHEA = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "..", "fixtures", "serving", "synthea.json"), "utf8"),
);
const NOW = Date.parse("2026-11-24");
const packet = (value: Record<string, unknown>) => fromPhenopacket(value, (one) => caseOf(one, "", ""));
const numeric = (name: string): InputColumn => ({ name, kind: "numeric" });

test("sex, age and symptoms find their columns by name, id or words", () => {
  const { row, notices } = rowOf(
    packet({
      subject: { sex: "MALE", timeAtLastEncounter: { age: { iso8601duration: "P30Y6M" } } },
      phenotypicFeatures: [
        { type: { id: "HP:0001250", label: "Seizure" } },
        { type: { id: "HP:0030148", label: "Murmur" }, excluded: true },
        { type: { id: "HP:0001251", label: "Ataxia" } },
        { type: { id: "HP:0005110", label: "fibrillation" }, excluded: true },
        { type: { id: "HP:0002373", label: "Febrile seizure" } },
      ],
    }),
    COLUMNS,
    NO_MAPPING,
  );
  expect(row).toEqual({
    ...{ age: 30.5, sex: "M", systolic: null, "HP:0001250 Seizure": true, murmur: "no" },
    symptoms: ["HP:0001251"],
  });
  expect(notices).toEqual([
    "1 of 6 columns are not told and count as missing: systolic",
    "no column of the model stands for: /present/2",
  ]);
});

test("symptoms of which nothing is told are missing, not absent", () => {
  const { row } = rowOf(fromTerms({ present: [], age: 2 }), COLUMNS, NO_MAPPING);
  expect(row).toMatchObject({ symptoms: null, "HP:0001250 Seizure": null });
});

test("a patient of whom no column is told is refused", () => {
  expect(() => rowOf(fromTerms({ present: ["HP:0000001"] }), [numeric("glucose")], NO_MAPPING)).toThrow(
    "nothing in it is a column of this model",
  );
});

test("a made-up FHIR patient's measurements become columns by a mapping, in its units", () => {
  const mapping = Mapping.parse({
    columns: {
      systolic: { code: "LOINC|8480-6", unit: "kPa" },
      first_systolic: { code: "http://loinc.org|8480-6", unit: "mm[Hg]", take: "first" },
      mean_weight: { code: ["29463-7"], unit: "[lb_av]", take: "mean" },
      least_bmi: { code: "LOINC|39156-5", take: "min" },
      smoker: { code: "LOINC|72166-2", values: { "Never smoker": false, "Current every day smoker": true } },
      obese: { present: "SNOMED|162864005" },
      diabetic: { present: "SNOMED|44054006", absent: "false" },
      asthma: { present: "SNOMED|195967001" },
      years: { from: "age" },
      male: { from: "sex", values: { female: 0, male: 1 } },
      height: { code: "LOINC|8302-2", unit: "kg" },
    },
  });
  const columns: InputColumn[] = Object.keys(mapping.columns).map((name) =>
    ["smoker", "obese", "diabetic", "asthma"].includes(name) ? { name, kind: "boolean" } : numeric(name),
  );
  const { row, notices } = rowOf(fromBundle(SYNTHEA, NOW), columns, mapping);
  expect(row.systolic).toBeCloseTo(122.45876888709122 * 0.133322387415, 6);
  expect(row.first_systolic).toBeCloseTo(106.6797730199243, 6);
  expect(row.mean_weight).toBeCloseTo((77.97300748096048 + 81.70210466575502 + 86.83489335670869) / 3 / 0.45359237, 6);
  expect(row.least_bmi).toBeCloseTo(27.364426032531647, 6);
  expect(row.years).toBeCloseTo(34.21, 2);
  expect(row).toMatchObject({ smoker: false, obese: true, diabetic: false, asthma: null, male: 1, height: null });
  expect(notices.filter((notice) => notice.includes('"height"'))).toHaveLength(3);
});

test("a phenopacket's measurements are mapped like those of FHIR", () => {
  const one = packet({
    subject: {},
    measurements: [
      {
        assay: { id: "LOINC:2345-7", label: "Glucose" },
        value: { quantity: { unit: { id: "UCUM:mmol/L" }, value: 5.5 } },
        timeObserved: { timestamp: "2020-01-01T00:00:00Z" },
      },
      { assay: { id: "LOINC:2345-7" }, value: { quantity: { unit: { id: "UCUM:mmol/L" }, value: 9 } } },
    ],
  });
  const mapping = Mapping.parse({
    columns: { glucose: { code: "LOINC|2345-7", unit: "mg/dL", molar_mass: 180.156 } },
  });
  expect(rowOf(one, [numeric("glucose")], mapping).row.glucose).toBeCloseTo(99.0858, 3);
});

test("entries made in error, values that are absent and bounds are treated as what they are", () => {
  const observation = (more: object) => ({
    resource: {
      resourceType: "Observation",
      status: "final",
      code: { coding: [{ system: "http://loinc.org", code: "1" }] },
      ...more,
    },
  });
  const quantity = (value: number, more: object = {}) => ({ valueQuantity: { value, code: "mg/dL", ...more } });
  const read = (...entry: object[]) => {
    const patient = fromBundle(
      { resourceType: "Bundle", entry: [{ resource: { resourceType: "Patient" } }, ...entry] },
      NOW,
    );
    const mapping = Mapping.parse({ columns: { x: { code: "LOINC|1", unit: "mg/dL" }, age: { from: "age" } } });
    return rowOf({ ...patient, age: 1 }, [numeric("x"), numeric("age")], mapping);
  };
  expect(read(observation({ status: "entered-in-error", ...quantity(3) })).row.x).toBeNull();
  expect(read(observation({ dataAbsentReason: { text: "unknown" } })).row.x).toBeNull();
  expect(read(observation({ valueQuantity: { value: 3 } })).row.x).toBeNull();
  const bound = read(observation(quantity(3, { comparator: "<" })));
  expect(bound.row.x).toBe(3);
  expect(bound.notices.join()).toContain("/entry/1/resource is known as a bound only");
});

test.each([
  [{ columns: { a: { unit: "kg" } } }, "exactly|has to have one of code, present, levels and from"],
  [{ columns: { a: { code: "x", from: "age" } } }, "has to have one of"],
  [{ columns: { a: { code: "x", unit: "stone" } } }, "is no unit in UCUM's notation"],
  [{ columns: { a: { code: "x", uint: "kg" } } }, "uint"],
])("a mapping with a mistake is refused: %j", (value, message) => {
  const { error } = Mapping.safeParse(value);
  expect(error!.issues[0]!.message).toMatch(new RegExp(message));
});
