import { expect, test } from "vitest";
import { testLake } from "../../support/lake.ts";
import { addAs as add, putAside as aside, rowsOf as rows, typesOf as types } from "../../support/lake-files.ts";

test("delimiter, decimal comma and types are told by the rows", async () => {
  using place = testLake();
  await add(
    place,
    "a.csv",
    "id;value;day;time\n007;1,5;2020-01-02;2020-01-02 10:00\n012;2;2020-01-03;2020-01-02T11:00:00\n",
  );
  expect(await types(place)).toEqual({ id: "VARCHAR", value: "DOUBLE", day: "DATE", time: "TIMESTAMP" });
  expect(await rows(place, "SELECT id, value, day::VARCHAR AS day, time::VARCHAR AS time FROM t")).toEqual([
    ["007", 1.5, "2020-01-02", "2020-01-02 10:00:00"],
    ["012", 2, "2020-01-03", "2020-01-02 11:00:00"],
  ]);
});

test("what is not the type of the first 20,480 rows widens its column, and loses nothing", async () => {
  using place = testLake();
  const odd = ["1.5,2020-01-02 10:00,2020-01-01T10:00:00+02:00,0123,3,true", "2,2020-01-03,2020-01-02 10:00,5,x,1"];
  const plain = Array.from({ length: 25_000 }, (_, i) => `${i},2020-01-01,2020-01-01 00:00,${i + 1},${i},true`);
  await add(place, "a.csv", ["number,day,time,code,text,flag", ...plain, ...odd].join("\n"));
  expect(await types(place)).toEqual({
    number: "DOUBLE",
    day: "TIMESTAMP",
    time: "TIMESTAMP",
    code: "VARCHAR",
    text: "VARCHAR",
    flag: "VARCHAR",
  });
  const last =
    "SELECT number, day::VARCHAR, time::VARCHAR, code, text, flag FROM t WHERE code IN ('0123', '5') AND text IN ('3', 'x')";
  expect(await rows(place, last)).toEqual([
    [1.5, "2020-01-02 10:00:00", "2020-01-01 08:00:00", "0123", "3", "true"],
    [2, "2020-01-03 00:00:00", "2020-01-02 10:00:00", "5", "x", "1"],
  ]);
  expect(place.notices.join("\n")).toContain('column "text" is text: not all of its cells are BIGINT');
});

test("days that could be in two months, and numbers of 17 digits and more, stay text", async () => {
  using place = testLake();
  await add(place, "a.csv", "day,card\n03/04/2020,12345678901234567890\n05/06/2021,1\n");
  expect(await types(place)).toEqual({ day: "VARCHAR", card: "VARCHAR" });
});

test("a quote that never closes costs its own line", async () => {
  using place = testLake();
  const lines = ["a,b,c", "1,x,y", '2,"open,z', "3,p,q", '4,r,"s"', '5,"two\nlines",u', "6,v,w"];
  const result = await add(place, "a.csv", `${lines.join("\n")}\n`);
  expect(result.quarantined).toBe(1);
  expect(await rows(place, "SELECT a, b FROM t ORDER BY a")).toEqual([
    [1, "x"],
    [3, "p"],
    [4, "r"],
    [5, "two\nlines"],
    [6, "v"],
  ]);
  expect(aside(place)).toEqual([
    { source: "a.csv", line: 3, offset: 12, reason: "a quote is never closed", text: '2,"open,z' },
  ]);
});

test("rows of other lengths, text after quotes and zero bytes are put aside with their line, offset and text", async () => {
  using place = testLake();
  const text = 'a,b\r\n1,"x\r\ny"\r\n2\r\n3,4,5\r\n6,"q"r\r\n7,z\0\r\n8,ok\r\n';
  const result = await add(place, "a.csv", text);
  expect(result.quarantined).toBe(4);
  expect(aside(place)).toEqual([
    { source: "a.csv", line: 4, offset: 15, reason: "1 fields in place of 2", text: "2" },
    { source: "a.csv", line: 5, offset: 18, reason: "3 fields in place of 2", text: "3,4,5" },
    { source: "a.csv", line: 6, offset: 25, reason: "text follows a closing quote", text: '6,"q"r' },
    { source: "a.csv", line: 7, offset: 33, reason: "zero bytes in the line", text: "7,z\0" },
  ]);
  expect(await rows(place, "SELECT a FROM t ORDER BY a")).toEqual([[1], [8]]);
});

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const words = [
  ["1", "José"],
  ["2", "Müller"],
  ["3", "Ønsker"],
];
const utf8Text = `﻿id,name\n${words.map((row) => row.join(",")).join("\n")}\n`;
const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");

test.each([
  ["UTF-8 with a mark", Buffer.from(utf8Text), {}],
  ["UTF-16 LE with a mark", utf16(utf8Text), {}],
  ["UTF-16 BE with a mark", utf16(utf8Text).swap16(), {}],
  ["UTF-16 LE without one", utf16(utf8Text.slice(1)), {}],
  ["Windows-1252", latin1(utf8Text.slice(1)), {}],
  ["Windows-1252 by name", latin1(utf8Text.slice(1)), { encoding: "latin1" }],
  ["lines of both", Buffer.concat([Buffer.from("id,name\n1,José\n"), latin1("2,Müller\n3,Ønsker\n")]), {}],
  ["lines that end in CR", Buffer.from(utf8Text.replaceAll("\n", "\r")), {}],
  ["lines that end in one and in the other", Buffer.from('id,name\r\n1,José\n2,Müller\r\n3,"Ønsker"\n'), {}],
])("%s is read", async (_, bytes, options) => {
  using place = testLake();
  const result = await add(place, "a.csv", bytes, options);
  expect(result.quarantined).toBe(0);
  expect(await rows(place, "SELECT id::VARCHAR AS id, name FROM t ORDER BY id")).toEqual(words);
});

test("columns without a name or with one twice get one; numbers are no names", async () => {
  using place = testLake();
  await add(place, "a.csv", "x,,X,2019,x_2\n1,2,3,4,5\n");
  expect(Object.keys((await types(place)) as object).sort()).toEqual(["2019", "X_3", "column_2", "x", "x_2"]);
  expect(await rows(place)).toEqual([[1, 2, 3, 4, 5]]);
  using other = testLake();
  await add(other, "a.csv", "1,anna,2.5\n2,bert,3\n");
  expect(await rows(other)).toEqual([
    [1, "anna", 2.5],
    [2, "bert", 3],
  ]);
  expect(other.notices.join()).toContain("no header");
});
