import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import { selectRows } from "../../src/core/frame.ts";
import type { FittedStep, StepSpec } from "../../src/core/step.ts";
import { parseParams } from "../../src/preparation/_pipeline.ts";
import { steps } from "../../src/preparation/index.ts";
import { fitOn, readTable } from "./reference.ts";

const root = join(import.meta.dirname, "..", "..");
const reference: { made: Record<string, { first: number[][]; sum: number[] }> } = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "preparation", "pca_lda.json"), "utf8"),
);

const fitStep = async (
  id: string,
  params: StepSpec["params"],
  frame: Frame,
  y?: ArrayLike<number>,
): Promise<FittedStep> =>
  (await steps[id as "pca"]()).fit({
    frame,
    y: Int32Array.from(y ?? new Int32Array(frame.rows)),
    classes: 9,
    params: parseParams(await steps[id as "pca"](), { id, params }),
    seed: 1,
    signal: new AbortController().signal,
  });

const valuesOf = (column: Column): Float64Array => {
  if (column.kind !== "numeric" && column.kind !== "boolean") throw new Error(`${column.name} is ${column.kind}`);
  return column.values;
};
const numeric = (name: string, ...values: number[]): Column => ({
  kind: "numeric",
  name,
  values: Float64Array.from(values),
});
const frameOf = (...columns: Column[]): Frame => ({ rows: valuesOf(columns[0]).length, columns });
const made = (frame: Frame): Record<string, number[]> =>
  Object.fromEntries(frame.columns.map((column) => [column.name, Array.from(valuesOf(column))]));

/** Training and validation rows as make_pca_lda.py prepares them, and the diseases of the former. */
async function dermatology(scale: boolean, rows?: number): Promise<{ train: Frame; others: Frame; y: Int32Array }> {
  const table = readTable("dermatology");
  const { validation, test } = JSON.parse(readFileSync(join(root, "data", "splits", "dermatology.json"), "utf8"))["1"];
  const held = new Set([...validation, ...test]);
  const all = Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) => !held.has(row));
  const train = selectRows(table, all.slice(0, rows));
  const lines = readFileSync(join(root, "data", "dermatology.csv"), "utf8")
    .trimEnd()
    .split(/\r?\n/)
    .slice(1);
  const diseases = lines.map((line) => line.split(",").at(-1));
  const classes = [...new Set(diseases)].sort();
  const ids = scale ? ["impute", "encode", "scale"] : ["impute", "encode"];
  const pipeline = await fitOn(
    train,
    ids.map((id) => ({ id, params: {} })),
  );
  const others = pipeline.transform(selectRows(table, Int32Array.from(validation as number[]).sort()));
  return {
    train: pipeline.transform(train),
    others,
    y: all.slice(0, rows).map((row) => classes.indexOf(diseases[row])),
  };
}

function withSum(frame: Frame): Frame {
  const [a, b] = frame.columns.map(valuesOf);
  return { ...frame, columns: [...frame.columns, numeric("sum", ...a.map((value, row) => value + b[row]))] };
}

const CASES: Readonly<Record<string, StepSpec>> = {
  pca: { id: "pca", params: {} },
  "pca whitened": { id: "pca", params: { components: 5, whiten: true } },
  "pca singular": { id: "pca", params: { components: 0.9999 } },
  "pca wide": { id: "pca", params: { components: 10 } },
  lda: { id: "lda", params: {} },
  "lda of two": { id: "lda", params: { components: 2 } },
  "lda singular": { id: "lda", params: {} },
  "lda wide": { id: "lda", params: {} },
};

test("every reference has its case", () => {
  expect(Object.keys(reference.made)).toEqual(Object.keys(CASES));
});

test.each(Object.entries(CASES))("%s is as in scikit-learn", async (name, { id, params }) => {
  const wide = name.endsWith("wide");
  const { train, others, y } = await dermatology(!wide, wide ? 25 : undefined);
  const singular = name.endsWith("singular");
  if (singular) y[0] = 8;
  const change = singular ? withSum : (frame: Frame): Frame => frame;
  const { columns } = (await fitStep(id, params, change(train), y)).transform(change(others));
  const { first, sum } = reference.made[name];
  expect(columns.map((column) => column.name)).toEqual(sum.map((_, i) => `${id}${i + 1}`));
  columns.forEach((column, i) => {
    const values = valuesOf(column);
    // scikit-learn leaves the signs of discriminants open.
    const sign = id === "lda" && Math.sign(values[0]) !== Math.sign(first[0][i]) ? -1 : 1;
    for (const [row, want] of first.entries()) {
      expect(Math.abs(sign * values[row] - want[i]), `${column.name}, row ${row}`).toBeLessThan(1e-6);
    }
    const total = sign * values.reduce((a, b) => a + b, 0);
    expect(Math.abs(total - sum[i]), column.name).toBeLessThan(1e-5);
  });
});

test("pca: a column that repeats another adds no component, and its empty one is 0 everywhere, whitened or not", async () => {
  const train = frameOf(numeric("a", 0, 1, 2, 3), numeric("b", 0, 1, 2, 3));
  const others = frameOf(numeric("a", 5), numeric("b", -5));
  expect((await fitStep("pca", {}, train)).transform(others).columns).toHaveLength(1);
  for (const whiten of [false, true]) {
    expect(made((await fitStep("pca", { components: 2, whiten }, train)).transform(others)).pca2).toEqual([0]);
  }
});

test("pca: columns that do not vary give one component of zeros", async () => {
  expect(made((await fitStep("pca", {}, frameOf(numeric("a", 1, 1)))).transform(frameOf(numeric("a", 2))))).toEqual({
    pca1: [0],
  });
});

test("lda: a column that is constant within each class is not blown up by rounding", async () => {
  const y = [0, 0, 0, 1, 1, 1];
  const fitted = await fitStep(
    "lda",
    {},
    frameOf(numeric("a", 0.1, 0.1, 0.1, 0.7, 0.7, 0.7), numeric("b", 1, 2, 3, 2, 3, 4)),
    y,
  );
  const { lda1 } = made(fitted.transform(frameOf(numeric("a", 0.1, 0.7), numeric("b", 2, 3))));
  expect(lda1[1] - lda1[0]).toBeCloseTo(Math.sqrt(3 / 2), 10);
});

const two = frameOf(numeric("a", 1, 2, 3), numeric("b", 3, 1, 2));
test.each<[string, StepSpec, Frame, number[], RegExp, RegExp]>([
  [
    "a category",
    { id: "pca", params: {} },
    frameOf(numeric("a", 1, 2), { kind: "categorical", name: "sexo", levels: ["F"], codes: Int32Array.of(0, 0) }),
    [0, 1],
    /"sexo" is categorical/,
    /"encode"/,
  ],
  [
    "a gap",
    { id: "lda", params: {} },
    frameOf(numeric("edad", 1, Number.NaN)),
    [0, 1],
    /"edad" has missing/,
    /"impute"/,
  ],
  ["infinity", { id: "pca", params: {} }, frameOf(numeric("edad", 1, Infinity)), [0, 1], /"edad" holds infinite/, /./],
  [
    "too much",
    { id: "pca", params: { components: 3 } },
    two,
    [0, 1, 1],
    /3 components of 3 rows and 2 columns/,
    /to 2/,
  ],
  ["too much", { id: "lda", params: { components: 2 } }, two, [0, 1, 1], /2 components of 2 classes and 2/, /to 1/],
  ["one class", { id: "lda", params: {} }, two, [0, 0, 0], /there are 1 classes in 3 rows/, /"lda"/],
  ["a row a class", { id: "lda", params: {} }, two, [0, 1, 2], /there are 3 classes in 3 rows/, /"lda"/],
  ["no spread", { id: "lda", params: {} }, frameOf(numeric("a", 1, 1, 2)), [0, 0, 1], /no column varies/, /"lda"/],
  ["equal means", { id: "lda", params: {} }, frameOf(numeric("a", 1, 3, 2)), [0, 0, 1], /same means/, /"lda"/],
])("%s is refused by %j", async (_, { id, params }, frame, y, message, fix) => {
  const error = await fitStep(id, params, frame, y).catch((error: unknown) => error);
  if (!(error instanceof UserError)) throw error;
  expect(error.message).toMatch(message);
  expect([error.fix].flat().join(" ")).toMatch(fix);
});

test("a gap in later rows is refused by name, not spread over all components", async () => {
  const fitted = await fitStep("pca", {}, two);
  expect(() => fitted.transform(frameOf(numeric("a", 1), numeric("b", Number.NaN)))).toThrow(/"b" has missing/);
});

test("components between whole numbers are refused", async () => {
  await expect(fitStep("pca", { components: 1.5 }, two)).rejects.toThrow(/components: must be a whole number/);
});
