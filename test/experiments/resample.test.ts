import { expect, test } from "vitest";
import type { Dataset, Matrix, Split } from "../../src/core/dataset.ts";
import type { LabelledMatrix } from "../../src/core/family.ts";
import { hashJson } from "../../src/core/hash.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import { resampledRows } from "../../src/experiments/jobs/resample.ts";
import { classWeights } from "../../src/experiments/jobs/trial.ts";
import { tableKind } from "../../src/experiments/kinds/table.ts";
import { type Plan, planTrials } from "../../src/experiments/plan.ts";
import { trialParams } from "../../src/experiments/record.ts";

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
const names = (classes: number): string[] => Array.from({ length: classes }, (_, code) => `class ${code}`);
const oversample = async (seed = 1, of = train, classes = 3) =>
  (await resampledRows("oversample", of, names(classes), seed)).train;

test("without resampling the rows are what they were", async () => {
  expect((await resampledRows("none", train, names(3), 1)).train).toBe(train);
});

test("every class gets as many rows as the largest, and the rows stay whole", async () => {
  const { x, y: codes } = await oversample();
  expect(x).toMatchObject({ rows: 21, cols: 2, names: ["a", "b"] });
  for (const code of [0, 1, 2]) expect(codes.filter((c) => c === code)).toHaveLength(7);
  rowsOf({ x }).forEach((row, i) => {
    expect(x.data[2 * i + 1]).toBe(train.x.data[2 * row + 1]);
    expect(codes[i]).toBe(y[row]);
  });
});

test("the originals come first, then the draws in the order of the classes", async () => {
  const { x, y: codes } = await oversample();
  expect(rowsOf({ x }).slice(0, 12)).toEqual([...y.keys()]);
  expect([...codes.slice(12)]).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2]);
});

test("the seed decides the draws, and nothing else does", async () => {
  expect(await oversample(3)).toEqual(await oversample(3));
  const drawn = await Promise.all([1, 2, 3, 4].map((seed) => oversample(seed)));
  expect(new Set(drawn.map((rows) => rowsOf(rows).join())).size).toBeGreaterThan(1);
});

test("draws are with replacement, from all rows of the class", async () => {
  const many = {
    x: { rows: 200, cols: 1, names: ["a"], data: Float32Array.from({ length: 200 }, (_, i) => i) },
    y: new Int32Array(200),
  };
  many.y.fill(1, 190);
  const { x } = await oversample(1, many, 2);
  const drawn = [...x.data.slice(200)];
  expect(drawn).toHaveLength(180);
  expect(new Set(drawn)).toEqual(new Set(many.x.data.slice(190)));
});

test("rows as many as each other are not drawn again", async () => {
  const even = { ...train, y: Int32Array.from({ length: 12 }, (_, i) => i % 3) };
  expect(await oversample(1, even)).toEqual(even);
});

test("balanced class weights of oversampled rows are all 1", async () => {
  expect(new Set(classWeights("balanced", (await oversample()).y, ["a", "b", "c"]))).toEqual(new Set([1]));
});

test("a class without a training row is left for the check of the trial to name", async () => {
  const { y: codes } = await oversample(1, train, 4);
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
const kind = tableKind(await parse("{}"), dataset);
const paramsOf = (trial: Plan["trials"][number]): Record<string, string> => trialParams({ kind }, trial);

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
  expect(paramsOf(absent)).not.toHaveProperty("resample");
});

test("resampling makes another trial, named after it where it varies and kept as a param", async () => {
  const [none, oversampled] = await plan("{ resample: [none, oversample] }");
  expect(oversampled.key).not.toBe(none.key);
  expect([none.name, oversampled.name]).toEqual(["logistic resample=none", "logistic resample=oversample"]);
  expect(paramsOf(oversampled).resample).toBe("oversample");
});

test("calibration and prior make another trial, kept as params; without them it is what it was", async () => {
  const [absent] = await plan("{}");
  const [none] = await plan("{ calibrate: none, prior: none }");
  expect(none).toEqual(absent);
  const [plain, scaled] = await plan("{ calibrate: [none, temperature], prior: { a: 0.2 } }");
  expect(new Set([absent.key, plain.key, scaled.key]).size).toBe(3);
  expect([plain.name, scaled.name]).toEqual(["logistic calibrate=none", "logistic calibrate=temperature"]);
  expect(paramsOf(scaled)).toMatchObject({ calibrate: "temperature", prior: '{"a":0.2}' });
  expect(Object.keys(paramsOf(absent))).not.toEqual(expect.arrayContaining(["calibrate"]));
});

test("a prior of a class that is not there is refused before anything runs", async () => {
  await expect(plan("{ prior: { lepra: 0.2 } }")).rejects.toThrow('prior: no class "lepra"');
});

test("another way of resampling is refused", async () => {
  await expect(plan("{ resample: rose }")).rejects.toThrow(/resample/);
});
