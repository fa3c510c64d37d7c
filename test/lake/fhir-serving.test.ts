import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFhir } from "../../src/lake/fhir/read.ts";
import { fromBundle } from "../../src/serving/clinical/fhir.ts";
import { Mapping } from "../../src/serving/clinical/mapping.ts";
import { rowOf } from "../../src/serving/clinical/row.ts";
import { bytesSource, readRows } from "../support/rows.ts";

const text = readFileSync(join(import.meta.dirname, "../fixtures/lake/fhir/synthea-bundle.json"), "utf8");

test("the lake and the service read the same measurements out of a bundle", async () => {
  const { rows } = await readRows(readFhir, [bytesSource("bundle.json", text)]);
  const inLake = rows.observations!.map(({ code, value, ucum, time }) => ({ code, value, ucum, time }));
  const served = fromBundle(JSON.parse(text), Date.UTC(2026, 10, 24)).measurements.map(
    ({ codes, value, unit, time }) => ({
      code: codes[0]!.code,
      value: typeof value === "number" ? value : null,
      ucum: unit === "" ? null : unit,
      time,
    }),
  );
  expect(served).toEqual(inLake);
});

test("the service converts as the lake does, by the LOINC code", async () => {
  const bundle = {
    resourceType: "Bundle",
    entry: [
      ["2345-7", 5.5, "mmol/L"],
      ["4548-4", 48, "mmol/mol"],
      ["1742-6", 1, "ukat/L"],
    ].map(([code, value, unit]) => ({
      resource: {
        ...{ resourceType: "Observation", status: "final" },
        code: { coding: [{ system: "urn:oid:2.16.840.1.113883.6.1", code }] },
        valueQuantity: { value, code: unit, system: "http://unitsofmeasure.org" },
      },
    })),
  };
  const { rows } = await readRows(readFhir, [bytesSource("bundle.json", JSON.stringify(bundle))]);
  const mapping = Mapping.parse({
    columns: {
      glucose: { code: "LOINC|2345-7", unit: "mg/dL" },
      hba1c: { code: "LOINC|4548-4", unit: "%" },
      alt: { code: "LOINC|1742-6", unit: "U/L" },
    },
  });
  const columns = Object.keys(mapping.columns).map((name) => ({ name, kind: "numeric" as const }));
  const { row } = rowOf(fromBundle(bundle, 0), columns, mapping);
  expect(Object.values(row)).toEqual(rows.observations!.map(({ converted }) => converted));
});
