import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { selectRows } from "../../src/core/frame.ts";
import { outOfFold, targetTable } from "../../src/preparation/encode/target.ts";
import { readTable } from "./reference.ts";
import { fitStep, frame, numeric } from "./support.ts";

interface Some {
  readonly first: readonly (readonly (number | null)[])[];
  readonly sum: readonly number[];
}
interface Reference {
  readonly columns: readonly string[];
  readonly knn: Readonly<Record<string, Some>>;
  readonly power: Some & { readonly lambdas: readonly number[] };
  readonly made: Readonly<
    Record<string, { readonly x: readonly number[]; readonly lambda: number; readonly z: readonly number[] }>
  >;
  readonly encoded: Readonly<
    Record<
      string,
      {
        readonly columns: readonly string[];
        readonly classes: readonly string[];
        readonly y: readonly string[];
        readonly folds: readonly number[];
        readonly train: Some;
        readonly target: Some;
        readonly ordinal: Some;
      }
    >
  >;
}
const root = join(import.meta.dirname, "..", "..");
const reference: Reference = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "preparation", "learned.json"), "utf8"),
);

/** Training and validation rows of split seed 1. */
function parts(name: string, columns: readonly string[]): { train: Frame; valid: Frame } {
  const table = readTable(name);
  const all = { rows: table.rows, columns: table.columns.filter((column) => columns.includes(column.name)) };
  const splits = JSON.parse(readFileSync(join(root, "data", "splits", `${name}.json`), "utf8"));
  const { validation, test } = splits["1"] as { validation: number[]; test: number[] };
  const held = new Set([...validation, ...test]);
  const train = Int32Array.from({ length: all.rows }, (_, row) => row).filter((row) => !held.has(row));
  return { train: selectRows(all, train), valid: selectRows(all, Int32Array.from(validation).sort()) };
}

const valuesOf = (column: Column): Float64Array => {
  if (column.kind !== "numeric" && column.kind !== "boolean") throw new Error(`${column.name} is ${column.kind}`);
  return column.values;
};

function expectSome(columns: readonly Column[], want: Some, digits: number): void {
  expect(columns).toHaveLength(want.sum.length);
  columns.forEach((column, j) => {
    const values = valuesOf(column);
    want.first.forEach((row, i) => {
      const value = row[j];
      if (value === null) expect(values[i], `${column.name}, row ${i}`).toBeNaN();
      else expect(values[i], `${column.name}, row ${i}`).toBeCloseTo(value, digits);
    });
    const sum = values.reduce((total, value) => total + (Number.isNaN(value) ? 0 : value), 0);
    expect(Math.abs(sum - want.sum[j]), column.name).toBeLessThan(10 ** -digits * values.length);
  });
}

describe("on the numbers of chronic_kidney", () => {
  const { train, valid } = parts("chronic_kidney", reference.columns);

  test.each(Object.entries(reference.knn))("the mean of the %s nearest is KNNImputer's", async (k, want) => {
    const scale = await fitStep("scale", {}, train);
    const params = { numeric: "knn", neighbours: Number(k), indicator: false };
    const impute = await fitStep("impute", params, scale.transform(train));
    expectSome(impute.transform(scale.transform(valid)).columns, want, 8);
  });

  test("the power transform is PowerTransformer's", async () => {
    const fitted = await fitStep("scale", { method: "power" }, train);
    const { lambdas } = fitted.state as { lambdas: Float64Array };
    lambdas.forEach((lambda, j) => {
      const want = reference.power.lambdas[j];
      expect(Math.abs(lambda - want), reference.columns[j]).toBeLessThan(1e-5 * Math.max(1, Math.abs(want)));
    });
    expectSome(fitted.transform(valid).columns, reference.power, 5);
  });
});

test.each(Object.entries(reference.made))(
  "the power transform of %s numbers is PowerTransformer's",
  async (_, made) => {
    const of = frame(numeric("x", ...made.x));
    const fitted = await fitStep("scale", { method: "power" }, of);
    expect((fitted.state as { lambdas: Float64Array }).lambdas[0]).toBeCloseTo(made.lambda, 5);
    valuesOf(fitted.transform(of).columns[0]).forEach((value, i) => {
      expect(value).toBeCloseTo(made.z[i], 5);
    });
  },
);

describe.each(Object.entries(reference.encoded))("on the categories of %s", (name, want) => {
  const { train, valid } = parts(name, want.columns);
  const y = Int32Array.from(want.y, (disease) => want.classes.indexOf(disease));
  const classes = want.classes.length;
  const outputs = classes === 2 ? 1 : classes;

  test("target encoding of new rows is TargetEncoder's, the missing as a level of their own", async () => {
    const fitted = await fitStep("encode", { method: "target" }, train, y, classes);
    expectSome(fitted.transform(valid).columns, want.target, 8);
  });

  test("target encoding of training rows is that of the other folds", () => {
    const made = train.columns.flatMap((column) => {
      if (column.kind !== "categorical") throw new Error(column.kind);
      const groups = column.levels.length + 1;
      const codes = column.codes.map((code) => (code < 0 ? groups - 1 : code));
      return outOfFold({ codes, groups, y, classes }, Int32Array.from(want.folds), 5);
    });
    expectSome(
      made.map((values, i) => ({ kind: "numeric", name: String(i), values })),
      want.train,
      8,
    );
    expect(made).toHaveLength(want.columns.length * outputs);
  });

  test("numbers of levels are OrdinalEncoder's", async () => {
    const impute = await fitStep("impute", {}, train);
    const encode = await fitStep("encode", { method: "ordinal" }, impute.transform(train));
    expectSome(encode.transform(impute.transform(valid)).columns, want.ordinal, 12);
  });
});

test("without any row the shares of all are 0, not NaN", () => {
  const none = { codes: new Int32Array(0), groups: 1, y: new Int32Array(0), classes: 3 };
  expect([...targetTable(none)]).toEqual([0, 0, 0, 0, 0, 0]);
});
