import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { fitColumns, renderTable, type TableData } from "../../src/cli/table.ts";
import { plainLength } from "../../src/cli/text.ts";

const DATA: TableData = {
  columns: [
    { key: "name", title: "trial" },
    { key: "f1", title: "f1", align: "right" },
    { key: "note", title: "a|b" },
  ],
  rows: [
    { name: 'say "hi", all', f1: 0.5, note: "=SUM(A1)" },
    { name: "two\nlines \x1b[31m", f1: Number.NaN, note: "x|y" },
    { name: "-1", f1: -1, note: null },
  ],
};
const lines = (text: string): string[] => stripVTControlCharacters(text).split("\n");

test("CSV is quoted where needed, without control characters, and starts no formula", () => {
  expect(renderTable(DATA, "csv")).toBe(
    ["name,f1,note", '"say ""hi"", all",0.5,\'=SUM(A1)', '"two\nlines \\u001b[31m",,x|y', "-1,-1,"].join("\n"),
  );
});

test("Markdown keeps a row on a line and its bars apart", () => {
  expect(renderTable(DATA, "md").split("\n")).toEqual([
    "| trial | f1 | a\\|b |",
    "| --- | ---: | --- |",
    '| say "hi", all | 0.5 | =SUM(A1) |',
    "| two lines \\u001b[31m |  | x\\|y |",
    "| -1 | -1 |  |",
  ]);
});

test("a table for people aligns, and shortens its widest cells to the width", () => {
  const wide: TableData = { ...DATA, rows: [{ name: "a very long name of a trial, seed 1", f1: 0.5, note: "note" }] };
  expect(lines(renderTable(wide, "table", 200))[1]).toBe(" a very long name of a trial, seed 1  0.5  note ");
  const [head, row] = lines(renderTable(wide, "table", 30));
  expect(plainLength(row!)).toBeLessThanOrEqual(30);
  expect(plainLength(head!)).toBeLessThanOrEqual(30);
  expect(row).toMatch(/^ a very.*….*seed 1 +0\.5 +note $/);
});

test("columns are left out from the right until the table fits, but never the first ones", () => {
  const fitted = fitColumns(DATA, 30, 1);
  expect(fitted.data.columns.map((c) => c.key)).toEqual(["name", "f1"]);
  expect(fitted.dropped).toEqual(["a|b"]);
  expect(fitColumns(DATA, 5, 2).data.columns).toHaveLength(2);
  expect(fitColumns(DATA, Number.POSITIVE_INFINITY, 1).dropped).toEqual([]);
});
