import { expect, test } from "vitest";
import { describeColumns } from "../../../src/lake/describe.ts";
import { cellsOf, columnOf, noticeCodes, readText, tableOf, targetOf } from "./support.ts";

const repeat = (cells: readonly string[], times: number): string[] => Array.from({ length: times }, () => cells).flat();

test.each([
  [
    ["0", "1", "", "1"],
    [0, 1, null, 1],
  ],
  [
    ["1.0", "0.0", "1", "0"],
    [1, 0, 1, 0],
  ],
  [
    ["true", "False", "TRUE", ""],
    [1, 0, 1, null],
  ],
  [
    ["t", "f", "t", "f"],
    [1, 0, 1, 0],
  ],
  [
    ["yes", "No", "Yes", "no"],
    [1, 0, 1, 0],
  ],
  [
    ["y", "n", "n", "n"],
    [1, 0, 0, 0],
  ],
  [
    ["sí", "no", "Sí", "NA"],
    [1, 0, 1, null],
  ],
  [
    ["present", "absent", "absent", "?"],
    [1, 0, 0, null],
  ],
])("%j is a boolean column", async (cells, values) => {
  const dataset = await readText(tableOf({ sign: cells, age: ["1", "2", "3", "5"] }));
  expect(columnOf(dataset, "sign").kind).toBe("boolean");
  expect(cellsOf(dataset, "sign")).toEqual(values);
});

test.each([
  ["codes with few values stay numbers", ["0", "1", "2", "3"], "numeric"],
  ["ones and blanks are numbers", ["1", "", "1", ""], "numeric"],
  ["other pairs of words are categories", ["good", "poor", "good", "good"], "categorical"],
  ["a third word makes categories", ["yes", "no", "perhaps", "no"], "categorical"],
  ["ranges are categories", ["<30", ">=60", "30-59", "<30"], "categorical"],
  ["infinities are numbers", ["1", "inf", "-Infinity", "2"], "numeric"],
])("%s", async (_, cells, kind) => {
  const dataset = await readText(tableOf({ x: cells, age: ["1", "2", "3", "5"] }));
  expect(columnOf(dataset, "x").kind).toBe(kind);
});

test("symptoms in one cell make labels; an empty cell is not known, a lone separator is none", async () => {
  const symptoms = ["fever|cough", "cough | rash|cough", "", "|"];
  const dataset = await readText(tableOf({ symptoms, age: ["1", "2", "3", "5"] }));
  expect(columnOf(dataset, "symptoms")).toMatchObject({ kind: "multilabel", levels: ["cough", "fever", "rash"] });
  expect(cellsOf(dataset, "symptoms")).toEqual(["cough+fever", "cough+rash", null, ""]);
  const declared = await readText(tableOf({ symptoms: ['"a,b"', "b", "a", "a"], age: ["1", "2", "3", "5"] }), {
    columns: { symptoms: { type: "multilabel" } },
  });
  expect(cellsOf(declared, "symptoms")).toEqual(["a+b", "b", "a", "a"]);
});

test("declared types, roles and missing tokens are obeyed", async () => {
  const cells = { grade: ["1", "2", "9", "1"], zone: ["a", "b", "a", "b"], code: ["7", "8", "7", "8"] };
  const dataset = await readText(tableOf(cells), {
    missing: ["9"],
    columns: { grade: { type: "categorical" }, zone: { role: "extra" }, code: { role: "ignore" } },
  });
  expect(dataset.frame.columns.map(({ name }) => name)).toEqual(["grade"]);
  expect(cellsOf(dataset, "grade")).toEqual(["1", "2", null, "1"]);
  expect(dataset.extra.map(({ name }) => name)).toEqual(["zone"]);
  expect(dataset.columns.map(({ name, role, declared }) => [name, role, declared])).toEqual([
    ["grade", "feature", true],
    ["zone", "extra", true],
    ["code", "ignored", true],
    ["disease", "target", true],
  ]);
});

test("columns that tell nothing are left out, and each is named", async () => {
  const numbers = Array.from({ length: 12 }, (_, i) => String((i * 5) % 12));
  const dataset = await readText(
    tableOf({
      patient: numbers.map((n) => `P${n}`),
      record_id: numbers,
      row: numbers.map((_, i) => String(i + 1)),
      seen: numbers.map((n) => `2024-01-${n.padStart(2, "0")}`),
      empty: numbers.map(() => ""),
      unknown: numbers.map(() => "NA"),
      constant: numbers.map(() => "x"),
      marked: numbers.map((n) => (Number(n) > 5 ? "x" : "")),
      age: numbers,
    }),
  );
  expect(dataset.frame.columns.map(({ name }) => name)).toEqual(["marked", "age"]);
  expect(noticeCodes(dataset)).toEqual([
    "id-column",
    "id-column",
    "id-column",
    "date-column",
    "empty-column",
    "empty-column",
    "constant-column",
  ]);
  expect(dataset.notices[0]!.message).toContain('"patient"');
});

test("a column that looks like an id is a feature where it is declared one", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `P${i}`);
  const dataset = await readText(tableOf({ gene: names, age: names.map((_, i) => String(i % 5)) }), {
    columns: { gene: { role: "feature" } },
  });
  expect(columnOf(dataset, "gene").kind).toBe("categorical");
});

test("rows without a target are left out and counted, and what only they held is gone", async () => {
  const dataset = await readText("sex,age,disease\nF,1,flu\nX,2,\nM,3,cold\nM,4,NA\nF,2,flu\n");
  expect(dataset.frame.rows).toBe(3);
  expect(columnOf(dataset, "sex")).toMatchObject({ levels: ["F", "M"] });
  expect(dataset.notices).toEqual([
    { code: "rows-without-target", message: '2 of 5 rows have no "disease"; they are left out' },
  ]);
});

test("classes of numbers are named as numbers are, codes with leading zeros stay as they are", async () => {
  expect((await readText("x,disease\n1,1.0\n2,0\n4,2\n")).target.classes).toEqual(["0", "1", "2"]);
  expect(targetOf(await readText("x,disease\n1,01\n2,1\n4,2\n"))).toEqual(["01", "1", "2"]);
});

test("groups are kept beside the features; a missing one is told", async () => {
  const dataset = await readText("patient,x,disease\np1,1,a\np1,2,b\n,3,a\n", { group: "patient" });
  expect(dataset.group).toEqual({
    kind: "categorical",
    name: "patient",
    levels: ["p1"],
    codes: Int32Array.of(0, 0, -1),
  });
  expect(noticeCodes(dataset)).toEqual(["rows-without-group"]);
});

test("infinite values are kept and told", async () => {
  const dataset = await readText("x,disease\n1,a\ninf,b\n-inf,a\n");
  expect(cellsOf(dataset, "x")).toEqual([1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(noticeCodes(dataset)).toEqual(["infinite-values"]);
});

test("columns are described with role, kind, reason and figures", async () => {
  const rows = 12;
  const dataset = await readText(
    tableOf({
      age: repeat(["3", "10", "", "7"], 3),
      sex: repeat(["F", "M", "M", "?"], 3),
      fever: repeat(["yes", "no", "no", "no"], 3),
      signs: repeat(["a|b", "a", "", "a"], 3),
      id: Array.from({ length: rows }, (_, i) => `P${i}`),
    }),
    { columns: { sex: { type: "categorical" } } },
  );
  const quarter = { missing: 3, missingFraction: 0.25 };
  expect(describeColumns(dataset)).toEqual([
    {
      name: "age",
      role: "feature",
      kind: "numeric",
      declared: false,
      reason: "numbers",
      ...quarter,
      distinct: 3,
      range: [3, 10],
    },
    {
      name: "sex",
      role: "feature",
      kind: "categorical",
      declared: true,
      reason: "declared",
      ...quarter,
      distinct: 2,
      topCounts: [6, 3],
    },
    {
      name: "fever",
      role: "feature",
      kind: "boolean",
      declared: false,
      reason: "yes/no",
      missing: 0,
      missingFraction: 0,
      distinct: 2,
      topCounts: [9, 3],
    },
    {
      name: "signs",
      role: "feature",
      kind: "multilabel",
      declared: false,
      reason: "labels between |",
      ...quarter,
      distinct: 2,
      topCounts: [9, 3],
    },
    { name: "id", role: "ignored", declared: false, reason: "looks like an id or free text (12 different values)" },
    {
      name: "disease",
      role: "target",
      kind: "categorical",
      declared: true,
      reason: "target",
      missing: 0,
      missingFraction: 0,
      distinct: 2,
      topCounts: [6, 6],
    },
  ]);
});
