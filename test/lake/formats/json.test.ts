import { expect, test } from "vitest";
import { testLake } from "../../support/lake.ts";
import { addAs, putAside, rowsOf, typesOf } from "../../support/lake-files.ts";

test.each([
  ["a.json", '[{"a": 1, "b": "x"},\n {"a": 2.5}]'],
  ["a.json", '{\n  "a": 1,\n  "b": "x"\n}\n{\n  "a": 2.5\n}\n'],
  ["a.ndjson", '{"a": 1, "b": "x"}\n\n{"a": 2.5}\n'],
  ["a.jsonl", '﻿{"a": 1, "b": "x"}\r\n{"a": 2.5}'],
])("objects of %s are rows: %j", async (name, text) => {
  using place = testLake();
  await addAs(place, name, text);
  expect(await rowsOf(place)).toEqual([
    [1, "x"],
    [2.5, null],
  ]);
});

test("types hold for all objects, and no key is lost, however late it comes", async () => {
  using place = testLake();
  const lines = Array.from({ length: 25_000 }, (_, i) => `{"a":${i}}`);
  await addAs(place, "a.ndjson", [...lines, '{"a":"text","late":true}'].join("\n"));
  expect(await typesOf(place)).toEqual({ a: "JSON", late: "BOOLEAN" });
  expect(await rowsOf(place, "SELECT count(*), count(late) FROM t")).toEqual([[25_001, 1]]);
});

test("broken lines are put aside with file, line and offset; the rest goes in", async () => {
  using place = testLake();
  const good = (a: number): string => `{"a":${a}}`;
  const bad = ['{"a":3,', "[1]", '{"a":1,"a":2}', '{"a":"\\ud800"}', "7"];
  const lines = [good(1), bad[0], good(2), ...bad.slice(1), good(3)];
  const result = await addAs(place, "export.ndjson", `${lines.join("\n")}\n`);
  expect(result.quarantined).toBe(5);
  expect(putAside(place)).toEqual([
    { source: "export.ndjson", line: 2, offset: 8, reason: "broken JSON at its character 8", text: bad[0] },
    { source: "export.ndjson", line: 4, offset: 24, reason: "not a JSON object", text: bad[1] },
    { source: "export.ndjson", line: 5, offset: 28, reason: "a key is there twice in an object", text: bad[2] },
    { source: "export.ndjson", line: 6, offset: 42, reason: "half of a character (a lone surrogate)", text: bad[3] },
    { source: "export.ndjson", line: 7, offset: 57, reason: "not a JSON object", text: bad[4] },
  ]);
  expect(await rowsOf(place, "SELECT a FROM t ORDER BY a")).toEqual([[1], [2], [3]]);
});

test("a list that is cut gives what is whole in it; bytes that are not UTF-8 are read as Windows-1252", async () => {
  using place = testLake();
  const text = '[\n{"a": 12345678901234567, "n": "José"},\n{"a": 2, "n": "B"},\n{"a": 3, "n": "C';
  const result = await addAs(place, "a.json", Buffer.from(text, "latin1"));
  expect(result.quarantined).toBe(1);
  expect(putAside(place)).toMatchObject([{ source: "a.json", line: 4 }]);
  expect(await rowsOf(place, "SELECT a::VARCHAR, n FROM t ORDER BY n")).toEqual([
    ["2", "B"],
    ["12345678901234567", "José"],
  ]);
});

test("nested objects stay as they are, or become columns by their path", async () => {
  const text = '{"id":"p","age":{"iso":"P3Y","at":{"day":"2020-01-02"}},"codes":[{"x":1}]}\n';
  using place = testLake();
  await addAs(place, "a.ndjson", text);
  expect(await typesOf(place)).toEqual({
    id: "VARCHAR",
    age: 'STRUCT(iso VARCHAR, "at" STRUCT("day" DATE))',
    codes: "STRUCT(x BIGINT)[]",
  });
  using flat = testLake();
  await addAs(flat, "a.ndjson", text, { flatten: true });
  expect(await typesOf(flat)).toEqual({
    id: "VARCHAR",
    "age.iso": "VARCHAR",
    "age.at.day": "DATE",
    codes: "STRUCT(x BIGINT)[]",
  });
  expect(await rowsOf(flat, 'SELECT "age.at.day"::VARCHAR FROM t')).toEqual([["2020-01-02"]]);
});

test("a file without an object is refused by name", async () => {
  using place = testLake();
  await expect(addAs(place, "a.json", "[]")).rejects.toThrow("no object in the file");
  await expect(addAs(place, "a.ndjson", "")).rejects.toThrow("no object in the file");
});
