import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { reader } from "../../src/lake/formats/phenopackets.ts";
import { readPackets, tellPackets } from "../../src/lake/phenopackets/lake.ts";
import { bytesSource, readRows } from "../support/rows.ts";

const packet = {
  id: "case-1",
  subject: { id: "boy", sex: "MALE", timeAtLastEncounter: { age: { iso8601duration: "P6Y6M" } } },
  phenotypicFeatures: [
    {
      type: { id: "HP:0001250", label: "Seizure" },
      onset: { age: { iso8601duration: "P1Y" } },
      severity: { id: "HP:0012828", label: "Severe" },
    },
    { type: { id: "HP:0001252", label: "Hypotonia" }, excluded: true },
  ],
  interpretations: [
    {
      progressStatus: "SOLVED",
      diagnosis: {
        disease: { id: "OMIM:617865", label: "a syndrome" },
        genomicInterpretations: [
          { variantInterpretation: { variationDescriptor: { geneContext: { symbol: "ZSWIM6" } } } },
        ],
      },
    },
  ],
  diseases: [
    {
      term: { id: "OMIM:617865", label: "a syndrome" },
      onset: { ontologyClass: { id: "HP:0003593", label: "Infantile onset" } },
    },
    { term: { id: "OMIM:1", label: "another one" }, excluded: true },
  ],
  measurements: [
    {
      assay: { id: "LOINC:2345-7", label: "Glucose" },
      value: { quantity: { unit: { id: "UCUM:mmol/L" }, value: 5.5, referenceRange: { low: 4, high: 6 } } },
      timeObserved: { timestamp: "2020-05-01T10:00:00Z" },
    },
    {
      assay: { id: "LOINC:85354-9" },
      complexValue: {
        typedQuantities: [
          { type: { id: "LOINC:8480-6" }, quantity: { unit: { id: "UCUM:mm[Hg]" }, value: 120 } },
          { type: { id: "LOINC:8462-4" }, quantity: { unit: { id: "UCUM:kg" }, value: 80 } },
        ],
      },
    },
    { assay: { id: "LOINC:5778-6" }, value: { ontologyClass: { id: "NCIT:C48333", label: "Yellow" } } },
  ],
  metaData: { phenopacketSchemaVersion: "2.0", externalReferences: [{ id: "PMID:123" }] },
};

const read = (name: string, text: string) =>
  readRows(readPackets, [bytesSource(name, text, 500)], { finish: tellPackets });

/** As protobuf spells the keys. */
const snake = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(snake)
    : value !== null && typeof value === "object"
      ? Object.fromEntries(
          Object.entries(value).map(([key, each]) => [
            key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
            snake(each),
          ]),
        )
      : value;

test("a phenopacket becomes a case with its phenotypes, diagnoses and measurements", async () => {
  const { rows, notices } = await read("one.json", JSON.stringify(packet, null, 2));
  expect(rows.cases).toMatchObject([
    {
      ...{ case_id: "case-1", patient: "boy", sex: "male", age_years: 6.5, onset_term: "HP:0003593" },
      ...{ diagnosis: "OMIM:617865", diagnoses: 1, present: 1, excluded: 1, publication: "PMID:123" },
    },
  ]);
  expect(rows.phenotypes).toMatchObject([
    { hpo: "HP:0001250", label: "Seizure", excluded: false, onset_years: 1, severity_label: "Severe" },
    { hpo: "HP:0001252", excluded: true, onset_years: null },
  ]);
  expect(rows.diagnoses).toMatchObject([
    { disease: "OMIM:617865", stated_in: "interpretations", status: "SOLVED", genes: "ZSWIM6" },
    { disease: "OMIM:617865", stated_in: "diseases", onset_label: "Infantile onset", excluded: false },
    { disease: "OMIM:1", excluded: true },
  ]);
  expect(rows.measurements).toMatchObject([
    { code: "2345-7", value: 5.5, ucum: "mmol/L", converted_unit: "mg/dL", reference_low: 4, time_precision: "second" },
    { code: "8480-6", converted: 120 },
    { code: "8462-4", converted: null, suspect: "unit" },
    { code: "5778-6", value: null, value_code: "NCIT:C48333", value_label: "Yellow" },
  ]);
  expect(rows.measurements![0]!.converted).toBeCloseTo(99.086, 3);
  expect(notices).toEqual([["phenopackets-unit", expect.stringContaining("one.json: 1 values")]]);
});

test("keys may be spelt as protobuf spells them", async () => {
  const camel = await read("one.json", JSON.stringify(packet));
  expect((await read("one.json", JSON.stringify(snake(packet)))).rows).toEqual(camel.rows);
});

test("version 1 says it in its own words", async () => {
  const old = {
    id: "old",
    subject: { sex: "FEMALE", ageAtCollection: { age: "P3Y" } },
    phenotypicFeatures: [{ type: { id: "HP:0001250" }, negated: true, classOfOnset: { id: "HP:0003577" } }],
    diseases: [{ term: { id: "OMIM:2" }, ageOfOnset: { age: "P1Y" } }],
  };
  const { rows } = await read("old.json", JSON.stringify(old));
  expect(rows.cases).toMatchObject([{ age_years: 3, onset_years: 1, excluded: 1 }]);
  expect(rows.phenotypes).toMatchObject([{ excluded: true, onset_term: "HP:0003577" }]);
  expect(rows.diagnoses).toMatchObject([{ disease: "OMIM:2", onset_years: 1 }]);
});

test("what is no phenopacket of one person is put aside by line; the rest goes in", async () => {
  const lines = [packet, { proband: packet }, { hello: 1 }].map((each) => JSON.stringify(each));
  const { rows, quarantined } = await read("many.ndjson", [...lines, '{"id":', lines[0]].join("\n"));
  expect(rows.cases).toHaveLength(2);
  expect(quarantined.map(({ line, reason }) => [line, reason])).toEqual([
    [2, expect.stringContaining("family")],
    [3, expect.stringContaining("no phenopacket")],
    [4, "it is broken JSON"],
  ]);
});

test("an archive is known by its first case, and read case by case", async () => {
  const folder = mkdtempSync(join(tmpdir(), "disease-test-packets-"));
  try {
    const path = join(folder, "cases.zip");
    const zip = zipOf({
      "a/PMID_1_x.json": JSON.stringify(packet),
      "b.json": "{",
      "__MACOSX/._b.json": "x",
      "note.txt": "x",
    });
    writeFileSync(path, zip);
    expect(reader.detect("cases.zip", zip)).toBeGreaterThan(0.9);
    expect(reader.detect("other.zip", zipOf({ "a.json": "{}" }))).toBe(0);
    expect(reader.detect("other.zip", Buffer.from("PK"))).toBe(0);
    const { rows, quarantined, notices } = await readRows(readPackets, [{ ...bytesSource("cases.zip", zip), path }]);
    expect(rows.cases).toMatchObject([{ case_id: "case-1", name: "cases.zip/a/PMID_1_x.json" }]);
    expect(quarantined).toMatchObject([{ source: "cases.zip/b.json", reason: "it is broken JSON" }]);
    expect(notices).toEqual([["phenopackets-passed", expect.stringContaining("1 of its files")]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** An archive of deflated entries. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const body = deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(body.length, 18);
    local.writeUInt32LE(Buffer.byteLength(text), 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    local.copy(central, 10, 8, 30);
    central.writeUInt32LE(at, 42);
    const own = Buffer.concat([local, Buffer.from(name), body]);
    directory.push(central, Buffer.from(name));
    parts.push(own);
    at += own.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, entries, end]);
}
