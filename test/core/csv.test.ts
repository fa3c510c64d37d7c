import { describe, expect, test } from "vitest";
import { csvCell, csvRows } from "../../src/core/formats/csv.ts";

test.each([
  ["gout", "gout"],
  ['say "hi", all', '"say ""hi"", all"'],
  ["two\nlines", '"two\nlines"'],
  ["two\r\nlines", '"two\r\nlines"'],
  ["", ""],
])("a text %j is quoted where RFC 4180 asks for it", (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test.each(["=1+1", "+SUM(A1)", "-2+3", "@now", "\t=1", "\r=1", "-", "=\u001b[2J"])(
  "a formula %j is defused",
  (value) => {
    expect(csvCell(value)).toMatch(/^"?'/);
  },
);

test.each([
  [-1.5, "-1.5"],
  ["-1.5", "-1.5"],
  ["+1e-3", "+1e-3"],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
  [true, "true"],
])("%j stays as it is", (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test.each([null, undefined, Number.NaN])("%s is nothing", (value) => {
  expect(csvCell(value)).toBe("");
});

test("control characters and marks that turn the writing are shown, not obeyed", () => {
  expect(csvCell("a\u001b[31m\u0000\u202eb")).toBe("a\\u001b[31m\\u0000\\u202eb");
});

describe("rows for showing", () => {
  test("quotes, line breaks within them and empty cells are read", () => {
    expect(csvRows('a,b\r\n1,"x ""y"",\nz"\r\n,\r\n')).toEqual([
      ["a", "b"],
      ["1", 'x "y",\nz'],
      ["", ""],
    ]);
    expect(csvRows("a\tb\n1,5\t", "\t")).toEqual([
      ["a", "b"],
      ["1,5", ""],
    ]);
    expect(csvRows("")).toEqual([]);
  });

  test("a quote that does not end takes the rest; so many rows are read at most", () => {
    expect(csvRows('a\n"open,\nb')).toEqual([["a"], ["open,\nb"]]);
    expect(csvRows("1\n2\n3\n", ",", 2)).toEqual([["1"], ["2"]]);
  });

  test("what csvCell writes is read back", () => {
    const cells = ["a,b", 'say "so"', "two\nlines", "7"];
    expect(csvRows(cells.map(csvCell).join(","))).toEqual([cells]);
  });
});
