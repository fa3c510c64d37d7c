import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { fitPipeline } from "../../src/preparation/_pipeline.ts";
import { anovaF, chiSquare, mutualInformation, type Score, variance } from "../../src/preparation/_scores.ts";
import { steps } from "../../src/preparation/index.ts";

interface Reference {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly scores: Readonly<Record<string, readonly number[]>>;
  readonly kept: Readonly<Record<string, readonly string[]>>;
}
const root = join(import.meta.dirname, "..", "..");
const reference: Reference = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "preparation", "select.json"), "utf8"),
);

const numeric = (name: string, ...values: number[]): Column => ({
  kind: "numeric",
  name,
  values: Float64Array.from(values),
});
const frame = (rows: number, ...columns: Column[]): Frame => ({ rows, columns });

/** dermatology.csv without the rows that lack an age, as make_select.py reads it. */
function dermatology(): { frame: Frame; y: Int32Array; classes: number } {
  const lines = readFileSync(join(root, "data", "dermatology.csv"), "utf8")
    .trimEnd()
    .split(/\r?\n/)
    .slice(1);
  const rows = lines.map((line) => line.split(",")).filter((cells) => !cells.includes(""));
  const classes = [...new Set(rows.map((cells) => cells.at(-1)))];
  return {
    frame: frame(
      rows.length,
      ...reference.columns.map((name, j) => numeric(name, ...rows.map((cells) => Number(cells[j])))),
    ),
    y: Int32Array.from(rows, (cells) => classes.indexOf(cells.at(-1))),
    classes: classes.length,
  };
}
const patients = dermatology();

async function keptOf(
  params: Record<string, unknown>,
  of: { frame: Frame; y: Int32Array; classes: number },
): Promise<string[]> {
  const context = { ...of, seed: 1, signal: new AbortController().signal };
  const fitted = await fitPipeline([{ id: "select", params }], context, (id) => steps[id]());
  return fitted.transform(of.frame).columns.map((column) => column.name);
}

const SCORES: Readonly<Record<string, Score>> = {
  f: anovaF,
  chi2: chiSquare,
  "mutual-information": mutualInformation,
  variance,
};

test.each(Object.keys(SCORES))("scores by %s are scikit-learn's", (by) => {
  expect(patients.frame.rows).toBe(reference.rows);
  patients.frame.columns.forEach((column, i) => {
    if (column.kind !== "numeric") throw new Error(column.kind);
    const want = reference.scores[by][i];
    const made = SCORES[by](column.values, patients.y, patients.classes);
    expect(Math.abs(made - want), column.name).toBeLessThanOrEqual(1e-9 * Math.max(1, want));
  });
});

test("the same columns stay as in scikit-learn, in their order", async () => {
  expect(await keptOf({ k: 10 }, patients)).toEqual(reference.kept.f);
  expect(await keptOf({ by: "chi2", k: 10 }, patients)).toEqual(reference.kept.chi2);
  expect(await keptOf({ by: "variance", threshold: 0.5 }, patients)).toEqual(reference.kept.variance);
});

const y = Int32Array.of(0, 0, 0, 1, 1, 1);
const few = {
  frame: frame(
    6,
    numeric("constant", 5, 5, 5, 5, 5, 5),
    numeric("noise", 1, 2, 3, 3, 2, 1),
    numeric("perfect", 0, 0, 0, 1, 1, 1),
    numeric("good", 1, 2, 1, 4, 5, 4),
    numeric("also perfect", 2, 2, 2, 0, 0, 0),
  ),
  y,
  classes: 2,
};
const RANKED = ["f", "chi2", "mutual-information"];

test("k is a number of columns, or below 1 a fraction of them, rounded up", async () => {
  expect(await keptOf({ k: 1 }, few)).toEqual(["perfect"]);
  expect(await keptOf({ k: 0.5 }, few)).toEqual(["perfect", "good", "also perfect"]);
  expect(await keptOf({ k: 0.01 }, few)).toHaveLength(1);
  await expect(keptOf({ k: 1.5 }, few)).rejects.toThrow(/k: a whole number of columns/);
});

test("more columns than there are keep them all", async () => {
  expect(await keptOf({ k: 100 }, few)).toEqual(few.frame.columns.map((column) => column.name));
});

test.each(RANKED)("by %s, columns that do not vary come last", async (by) => {
  const kept = await keptOf({ by, k: 4 }, few);
  expect(kept).toEqual(["noise", "perfect", "good", "also perfect"]);
});

test("of columns that score alike the first stay", async () => {
  expect(await keptOf({ by: "mutual-information", k: 1 }, few)).toEqual(["perfect"]);
  const twins = { ...few, frame: frame(6, numeric("a", 1, 2, 3, 4, 5, 6), numeric("b", 1, 2, 3, 4, 5, 6)) };
  expect(await keptOf({ k: 1 }, twins)).toEqual(["a"]);
});

test("by variance, k plays no part, and a threshold that no column passes is refused", async () => {
  expect(await keptOf({ by: "variance", k: 1 }, few)).toEqual(["noise", "perfect", "good", "also perfect"]);
  await expect(keptOf({ by: "variance", threshold: 100 }, few)).rejects.toThrow(/no column varies by more than 100/);
});

test("a column of which one class has no row is scored by the others", () => {
  const values = Float64Array.of(1, 2, 1, 4, 5, 4);
  for (const score of [anovaF, chiSquare, mutualInformation]) expect(score(values, y, 3)).toBe(score(values, y, 2));
});

test.each([
  [{}, numeric("edad", 1, Number.NaN, 3, 4, 5, 6), /column "edad" has missing values/, /impute/],
  [{ by: "chi2" }, numeric("z", 1, -2, 3, 4, 5, 6), /column "z" has negative values/, /scale: \{method: minmax\}/],
  [
    {},
    { kind: "categorical" as const, name: "sexo", levels: ["F"], codes: new Int32Array(6) },
    /column "sexo" is categorical/,
    /encode/,
  ],
  [{}, numeric("dosis", 1, Number.POSITIVE_INFINITY, 3, 4, 5, 6), /column "dosis" holds infinite/, /infinite/],
])(
  "%o: a column that cannot be scored is named with the step that mends it (%#)",
  async (params, column, what, fix) => {
    const failure = keptOf(params, { ...few, frame: frame(6, few.frame.columns[3], column) });
    await expect(failure).rejects.toThrow(what);
    await expect(failure).rejects.toMatchObject({ fix: [expect.stringMatching(fix)] });
  },
);
