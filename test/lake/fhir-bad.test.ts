import { expect, test } from "vitest";
import { readFhir, tellFhir } from "../../src/lake/fhir/read.ts";
import { createValueSplitter } from "../../src/lake/fhir/split.ts";
import { bytesSource, readRows } from "../support/rows.ts";

const patient = (id: string, more = ""): string => `{"resourceType":"Patient","id":"${id}"${more}}`;
const ids = (rows: readonly { readonly id?: unknown }[] = []): unknown[] => rows.map(({ id }) => id);
const read = (name: string, text: string | Uint8Array, chunk?: number) =>
  readRows(readFhir, [bytesSource(name, text, chunk)], { finish: tellFhir });

test("a broken line is put aside with its line and offset, without a word of it in the reason; the rest goes in", async () => {
  const lines = [patient("a"), "", '{"resourceType":"Patient","id":"Miriam"', patient("b")];
  const { rows, quarantined } = await read("p.ndjson", lines.join("\n"), 7);
  expect(ids(rows.patients)).toEqual(["a", "b"]);
  expect(quarantined).toEqual([
    { source: "p.ndjson", line: 3, offset: lines[0]!.length + 2, reason: "it is broken JSON", text: lines[2] },
  ]);
});

test.each([
  ['{"id":"x"}', "no resourceType"],
  ['{"resourceType":7,"id":"x"}', "no resourceType"],
  ["[1]", "an object is expected"],
  ["null", "an object is expected"],
])("%s is no resource", async (line, reason) => {
  const { rows, quarantined } = await read("p.ndjson", `${line}\n${patient("a")}`);
  expect(ids(rows.patients)).toEqual(["a"]);
  expect(quarantined).toMatchObject([{ line: 1, reason: expect.stringContaining(reason) }]);
});

test("resources of other types are counted, known or not", async () => {
  const text = ['{"resourceType":"Claim","id":"1"}', '{"id":"2","resourceType":"Nonsense"}'].join("\n");
  const { rows, notices, quarantined } = await read("p.ndjson", text);
  expect([rows, quarantined]).toEqual([{}, []]);
  expect(notices).toEqual([["fhir-ignored", expect.stringContaining("1 Claim, 1 Nonsense")]]);
});

test("fields of other kinds than FHIR's are missing values", async () => {
  const wild = '{"resourceType":"Condition","id":7,"code":"x","subject":[],"onsetDateTime":{},"category":{"coding":3}}';
  const odd = patient(
    "a",
    ',"__proto__":{"gender":"x"},"constructor":1,"gender":{"a":1},"address":"x","extension":{"url":1}',
  );
  const { rows, quarantined } = await read("p.ndjson", `${wild}\n${odd}`);
  expect(quarantined).toEqual([]);
  expect(rows.conditions).toMatchObject([{ id: null, code: null, patient: null, onset: null }]);
  expect(rows.patients).toMatchObject([{ id: "a", sex: null, country: null }]);
});

test("deep nesting and long texts are no danger", async () => {
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const long = "x".repeat(300_000);
  const { rows } = await read(
    "p.ndjson",
    `${patient("a", `,"extension":${deep}`)}\n${patient("b", `,"gender":"${long}"`)}`,
  );
  expect(ids(rows.patients)).toEqual(["a", "b"]);
  expect(String(rows.patients![1]!.sex)).toHaveLength(100_000);
});

test("a bundle that is cut gives its whole entries", async () => {
  const text = `{"resourceType":"Bundle","entry":[\n{"resource":${patient("a")}},\n{"resource":${patient("b").slice(0, 20)}`;
  const { rows, quarantined } = await read("b.json", text, 11);
  expect(ids(rows.patients)).toEqual(["a"]);
  expect(quarantined).toMatchObject([{ line: 3, reason: expect.stringContaining("cut") }]);
  const between = await read("b.json", `{"resourceType":"Bundle","entry":[\n{"resource":${patient("a")}},\n`);
  expect(ids(between.rows.patients)).toEqual(["a"]);
  expect(between.quarantined).toMatchObject([{ line: 3, reason: expect.stringContaining("cut") }]);
});

test("a lost quote spoils one entry of a bundle that is printed in lines", async () => {
  const broken = '{"resource":{"resourceType":"Patient",\n"id":"x,\n"gender":"male"}}';
  const text = `{"resourceType":"Bundle",\n"entry":[${broken},\n{"resource":${patient("b")}}]}`;
  const { rows, quarantined } = await read("b.json", text);
  expect(ids(rows.patients)).toEqual(["b"]);
  expect(quarantined).toMatchObject([{ line: 2, reason: "it is broken JSON" }]);
});

test.each([
  ["a bundle in one line", `{"resourceType":"Bundle","entry":[{"resource":${patient("a")}}]}`],
  ["a bundle whose type stands last", `{"entry":[{"resource":${patient("a")}}],"resourceType":"Bundle"}`],
  ["a resource over several lines", patient("a").replaceAll(",", ",\n")],
  ["a list of resources", `[\n${patient("a")}\n]`],
  ["a byte order mark", `\uFEFF${patient("a")}\n`],
  [
    "bundles line by line",
    `{"resourceType":"Bundle","entry":[{"resource":${patient("a")}}]}\n{"resourceType":"Bundle"}\n`,
  ],
  [
    "a bundle in a bundle",
    `{"resourceType":"Bundle",\n"entry":[{"resource":{"resourceType":"Bundle","entry":[{"resource":${patient("a")}}]}}]}`,
  ],
  ["brackets and quotes in texts", patient("a", String.raw`,"language":"]}\"{[\\"`).replaceAll(",", ",\n")],
])("%s", async (_, text) => {
  for (const chunk of [1, 3, 1 << 16]) {
    const { rows, quarantined } = await read("x.json", text, chunk);
    expect(quarantined).toEqual([]);
    expect(ids(rows.patients)).toEqual(["a"]);
  }
});

test("a list of another resource is not taken for a bundle's entries", () => {
  const list = '{"resourceType":"List",\n"entry":[{"item":{"reference":"Patient/1"}}]}';
  const splitter = createValueSplitter();
  const pieces = [...splitter.push(Buffer.from(list)), ...splitter.end()];
  expect(pieces.map(({ bytes, isEntry }) => [Buffer.from(bytes).toString(), isEntry])).toEqual([[list, false]]);
});

test("text that is neither JSON nor UTF-8 is put aside, or read as Latin-1", async () => {
  expect((await read("x.json", "not at all")).quarantined).toMatchObject([{ reason: "there is no JSON object in it" }]);
  const latin = Buffer.from(patient("a", ',"gender":"mújer"'), "latin1");
  expect((await read("x.ndjson", latin)).rows.patients).toMatchObject([{ sex: "mújer" }]);
  expect(await read("x.json", "")).toMatchObject({ rows: {}, quarantined: [] });
});
