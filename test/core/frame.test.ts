import { expect, test } from "vitest";
import type { Frame } from "../../src/core/dataset.ts";
import { frameToMatrix, selectRows } from "../../src/core/frame.ts";

const frame: Frame = {
  rows: 3,
  columns: [
    { kind: "numeric", name: "age", values: Float64Array.of(10, Number.NaN, 30) },
    { kind: "categorical", name: "sex", levels: ["F", "M"], codes: Int32Array.of(0, -1, 1) },
    {
      kind: "multilabel",
      name: "symptoms",
      levels: ["cough", "fever", "rash"],
      offsets: Uint32Array.of(0, 2, 2, 3),
      codes: Int32Array.of(0, 1, 2),
      missing: Uint8Array.of(0, 1, 0),
    },
  ],
};

test("rows are taken in the order given, and more than once where asked", () => {
  const { rows, columns } = selectRows(frame, Int32Array.of(2, 0, 0, 1));
  expect(rows).toBe(4);
  expect(columns).toEqual([
    { kind: "numeric", name: "age", values: Float64Array.of(30, 10, 10, Number.NaN) },
    { kind: "categorical", name: "sex", levels: ["F", "M"], codes: Int32Array.of(1, 0, 0, -1) },
    {
      kind: "multilabel",
      name: "symptoms",
      levels: ["cough", "fever", "rash"],
      offsets: Uint32Array.of(0, 1, 3, 5, 5),
      codes: Int32Array.of(2, 0, 1, 0, 1),
      missing: Uint8Array.of(0, 0, 0, 1),
    },
  ]);
});

test("a frame of numbers becomes a row-major matrix that keeps missing values", () => {
  const numbers: Frame = {
    rows: 2,
    columns: [
      { kind: "numeric", name: "age", values: Float64Array.of(10, Number.NaN) },
      { kind: "boolean", name: "fever", values: Float64Array.of(0, 1) },
    ],
  };
  expect(frameToMatrix(numbers)).toEqual({
    rows: 2,
    cols: 2,
    names: ["age", "fever"],
    data: Float32Array.of(10, 0, Number.NaN, 1),
  });
});

test("a matrix of categories is refused by the column's name", () => {
  expect(() => frameToMatrix(frame)).toThrow('column "sex" is categorical');
});
