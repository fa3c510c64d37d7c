import { expect, test } from "vitest";
import { cellsOf, createInputReader, InputError, rawRowOf } from "../../src/core/serving/input.ts";
import type { InputColumn } from "../../src/core/serving/serving.ts";

const INPUT: readonly InputColumn[] = [
  { name: "age", kind: "numeric" },
  { name: "smoker", kind: "boolean" },
  { name: "grade", kind: "categorical", levels: ["1", "2", "3"] },
  { name: "signs", kind: "multilabel", levels: ["cough", "fever", "pain, dull"] },
];
const reader = createInputReader(INPUT);
const read = (...rows: object[]) => reader.read(rows.length, cellsOf(INPUT, rows));
const rows = (...given: object[]) => {
  const { frame } = read(...given);
  return given.map((_, row) => rawRowOf(frame, row));
};

test("values of JSON and texts of a table are read alike", () => {
  const typed = { age: 52.5, smoker: true, grade: 2, signs: ["fever", "cough"] };
  const texts = { age: " 52.5 ", smoker: "Yes", grade: "2.0", signs: "fever|cough" };
  const known = { age: 52.5, smoker: true, grade: "2", signs: ["cough", "fever"] };
  expect(rows(typed, texts)).toEqual([known, known]);
});

test("null and the words for it are missing, in every kind of column; a separator alone is no symptom", () => {
  const none = { age: null, smoker: null, grade: null, signs: null };
  expect(rows(none, { age: "NA", smoker: "", grade: "?", signs: "null" })).toEqual([none, none]);
  expect(rows({ ...none, signs: "|" }, { ...none, signs: [] }).map(({ signs }) => signs)).toEqual([[], []]);
});

test("a comma parts labels only where it belongs to none", () => {
  const signs = (cell: string) => rows({ age: 1, smoker: 0, grade: 1, signs: cell })[0]!.signs;
  expect(signs("pain, dull")).toEqual(["pain, dull"]);
  expect(signs("fever, cough")).toEqual(["cough", "fever"]);
});

test("levels that training did not have stay apart from those it had, and are told without being named", () => {
  const { frame, notices } = read(
    { age: 1, smoker: 0, grade: "0", signs: ["chills", "fever"] },
    { age: 1, smoker: 0, grade: "3", signs: ["cough"] },
  );
  expect(rawRowOf(frame, 0)).toEqual({ age: 1, smoker: false, grade: "0", signs: ["chills", "fever"] });
  expect(rawRowOf(frame, 1)).toEqual({ age: 1, smoker: false, grade: "3", signs: ["cough"] });
  expect(notices).toEqual([
    'column "grade" has levels that training did not have, in 1 row',
    'column "signs" has levels that training did not have, in 1 row',
  ]);
});

test("a decimal comma is a number only where the table may have it", () => {
  const cell = cellsOf(INPUT, [{ age: "1,5", smoker: 0, grade: 1, signs: [] }]);
  expect(rawRowOf(reader.read(1, cell, true).frame, 0).age).toBe(1.5);
  expect(() => reader.read(1, cell)).toThrow("has to be a number, not a text");
});

test("every cell that cannot be used is named by row and column, none by its value", () => {
  const error = (() => {
    try {
      read(
        { age: "old-secret", smoker: 7, grade: {}, signs: [1, null] },
        { age: 1e40, smoker: false, grade: "1", __proto__: { signs: [] } },
      );
    } catch (thrown) {
      return thrown as InputError;
    }
    throw new Error("nothing was thrown");
  })();
  expect(error).toBeInstanceOf(InputError);
  expect(error.problems).toEqual([
    { row: 0, column: "age", problem: "has to be a number, not a text" },
    { row: 0, column: "smoker", problem: "has to be true or false, not a number" },
    { row: 0, column: "grade", problem: "has to be a text, not an object" },
    { row: 0, column: "signs", problem: "has to be a list of texts, not a list" },
    { row: 1, column: "age", problem: "is too large a number" },
    { row: 1, column: "signs", problem: "is absent: give its value, or null where it is not known" },
  ]);
  expect(JSON.stringify(error.problems)).not.toContain("secret");
});
