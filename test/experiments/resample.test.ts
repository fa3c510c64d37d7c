import { expect, test } from "vitest";
import type { Dataset, Matrix, Split } from "../../src/core/dataset.ts";
import type { LabelledMatrix } from "../../src/core/family.ts";
import { hashJson } from "../../src/core/hash.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import { classWeights } from "../../src/experiments/jobs/trial.ts";
import { type Plan, planTrials } from "../../src/experiments/plan.ts";
import { trialParams } from "../../src/experiments/record.ts";
import { resampledRows } from "../../src/experiments/resample.ts";

/** Row i holds i and -i; 7, 2 and 3 rows of the classes. */
const y = Int32Array.of(0, 0, 1, 0, 2, 0, 0, 2, 1, 0, 2, 0);
const train: LabelledMatrix = {
  x: {
    rows: 12,
    cols: 2,
    names: ["a", "b"],
    data: Float32Array.from({ length: 24 }, (_, i) => (i >> 1) * (1 - 2 * (i % 2))),
  },
  y,
};
const rowsOf = ({ x }: { readonly x: Matrix }): number[] => Array.from({ length: x.rows }, (_, i) => x.data[2 * i]);
const oversample = (seed = 1, of = train, classes = 3) => resampledRows("oversample", of, classes, seed);

test("without resampling the rows are what they were", () => {
  expect(resampledRows("none", train, 3, 1)).toBe(train);
});

test("every class gets as many rows as the largest, and the rows stay whole", () => {
  const { x, y: codes } = oversample();
  expect(x).toMatchObject({ rows: 21, cols: 2, names: ["a", "b"] });
  for (const code of [0, 1, 2]) expect(codes.filter((c) => c === code)).toHaveLength(7);
  rowsOf({ x }).forEach((row, i) => {
    expect(x.data[2 * i + 1]).toBe(train.x.data[2 * row + 1]);
    expect(codes[i]).toBe(y[row]);
  });
});

test("the originals come first, then the draws in the order of the classes", () => {
  const { x, y: codes } = oversample();
  expect(rowsOf({ x }).slice(0, 12)).toEqual([...y.keys()]);
  expect([...codes.slice(12)]).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2]);
});

test("the seed decides the draws, and nothing else does", () => {
  expect(oversample(3)).toEqual(oversample(3));
  expect(new Set([1, 2, 3, 4].map((seed) => rowsOf(oversample(seed)).join())).size).toBeGreaterThan(1);
});

test("draws are with replacement, from all rows of the class", () => {
  const many = {
    x: { rows: 200, cols: 1, names: ["a"], data: Float32Array.from({ length: 200 }, (_, i) => i) },
    y: new Int32Array(200),
  };
  many.y.fill(1, 190);
  const { x } = oversample(1, many, 2);
  const drawn = [...x.data.slice(200)];
  expect(drawn).toHaveLength(180);
  expect(new Set(drawn)).toEqual(new Set(many.x.data.slice(190)));
});

test("rows as many as each other are not drawn again", () => {
  const even = { ...train, y: Int32Array.from({ length: 12 }, (_, i) => i % 3) };
  expect(oversample(1, even)).toEqual(even);
});

test("balanced class weights of oversampled rows are all 1", () => {
  expect(new Set(classWeights("balanced", oversample().y, ["a", "b", "c"]))).toEqual(new Set([1]));
});

test("a class without a training row is left for the check of the trial to name", () => {
  const { y: codes } = oversample(1, train, 4);
  expect(() => classWeights("none", codes, ["a", "b", "c", "lepra"])).toThrow(/class "lepra"/);
});

const dataset: Dataset = {
  name: "skin",
  source: "skin.csv",
  hash: "d",
  frame: { rows: 2, columns: [] },
  target: { name: "disease", classes: ["a", "b"], codes: Int32Array.of(0, 1) },
  extra: [],
  notices: [],
};
const parse = (logistic: string): Promise<Experiment> =>
  parseExperiment("skin.yaml", `data: { path: skin.csv, target: disease }\nfamilies: { logistic: ${logistic} }\n`);
async function plan(logistic: string): Promise<Plan["trials"]> {
  // Nothing but its hash is read.
  return planTrials(await parse(logistic), dataset, [{ hash: "s" } as Split]).trials;
}

test("a trial without resampling is what it was before there was any: same key, no param", async () => {
  const [absent] = await plan("{}");
  const [none] = await plan("{ resample: none }");
  expect(none).toEqual(absent);
  const { family, params, preparation, classWeight } = absent;
  const { bootstrap, split } = (await parse("{}")).config;
  const asked = {
    family,
    params,
    preparation: preparation.steps,
    classWeight,
    data: "d",
    orphans: [],
    bootstrap,
    split,
  };
  expect(absent.pointKey).toBe(hashJson(asked));
  expect(trialParams(absent)).not.toHaveProperty("resample");
});

test("resampling makes another trial, named after it where it varies and kept as a param", async () => {
  const [none, oversampled] = await plan("{ resample: [none, oversample] }");
  expect(oversampled.key).not.toBe(none.key);
  expect([none.name, oversampled.name]).toEqual(["logistic resample=none", "logistic resample=oversample"]);
  expect(trialParams(oversampled).resample).toBe("oversample");
});

test("another way of resampling is refused", async () => {
  await expect(plan("{ resample: smote }")).rejects.toThrow(/resample/);
});
