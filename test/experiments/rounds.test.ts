import { expect, test } from "vitest";
import type { Family } from "../../src/core/family.ts";
import type { Step } from "../../src/core/step.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import { countTrials } from "../../src/experiments/plan.ts";
import { type BestPoint, nextRound, type RoundInput, stepsKey } from "../../src/experiments/rounds.ts";
import { families } from "../../src/families/index.ts";
import { steps } from "../../src/preparation/index.ts";

const TEXT = `name: skin
data: { path: data/x.csv, target: disease }
split: { seed: 5 }
seeds: [1, 2]
preparations: { standard: [impute, encode, scale] }
families:
  baseline: {}
  logistic: { C: [0.1, 1] }
  xgboost: { max_depth: [3, 6], learning_rate: [0.1, 0.5], n_estimators: 20 }
  gbm: { num_leaves: 15 }
`;
const experiment = await parseExperiment("experiments/skin.yaml", TEXT);
const all = async <T>(index: Readonly<Record<string, () => Promise<T>>>): Promise<Record<string, T>> =>
  Object.fromEntries(await Promise.all(Object.entries(index).map(async ([id, load]) => [id, await load()])));
const known = { steps: await all<Step>(steps), families: await all<Family>(families) };

const point = (family: string, params: Record<string, unknown> = {}): BestPoint => ({
  family,
  params: known.families[family].params.parse(params) as Record<string, unknown>,
  preparation: experiment.preparations[0],
  classWeight: "none",
  resample: "none",
  calibrate: "none",
  prior: "none",
});
const best = [
  point("xgboost", { max_depth: 6, learning_rate: 0.1, n_estimators: 20 }),
  point("baseline"),
  point("logistic", { C: 1 }),
  point("gbm"),
];
const tried = new Set([stepsKey(experiment.preparations[0].steps)]);
const input: RoundInput = { experiment, round: 2, best, tried, ...known };
const read = (text: string): Promise<Experiment> => parseExperiment("round", text);
const axesOf = (of: Experiment, family: string) =>
  of.grids.filter((g) => g.family.id === family).map((g) => Object.fromEntries(g.axes.map((a) => [a.key, a.values])));

test("a round is an experiment on the same data, split and seeds, under the same name", async () => {
  const { text } = nextRound(input)!;
  const next = await read(text);
  expect(next.name).toBe("skin");
  for (const part of ["data", "split", "seeds", "bootstrap", "rank"] as const)
    expect(next.config[part]).toEqual(experiment.config[part]);
  expect(text).toMatch(/^# Round 2 of experiments\/skin\.yaml/);
});

test("the two best families go on, the baseline does not", async () => {
  const next = await read(nextRound(input)!.text);
  expect([...new Set(next.grids.map((g) => g.family.id))]).toEqual(["xgboost", "logistic"]);
});

test("the search is centred on the best, over the numbers that were varied", async () => {
  const [search] = axesOf(await read(nextRound(input)!.text), "xgboost");
  expect(search.max_depth).toEqual([3, 6, 12]);
  expect(search.learning_rate).toEqual([0.05, 0.1, 0.2]);
  expect(search.n_estimators).toEqual([20]);
});

test("later rounds look nearer to the best", async () => {
  const [search] = axesOf(await read(nextRound({ ...input, round: 3 })!.text), "xgboost");
  expect(search.learning_rate).toEqual([0.0707, 0.1, 0.141]);
});

test("a value that a hyper-parameter does not take is left out", async () => {
  const edge = [point("xgboost", { max_depth: 3, learning_rate: 1 })];
  const [search] = axesOf(await read(nextRound({ ...input, best: edge })!.text), "xgboost");
  expect(search.learning_rate).toEqual(
    [0.5, 1, 2].filter((v) => known.families.xgboost.params.safeParse({ learning_rate: v }).success),
  );
});

test("preparations get wider, and the other class weight is tried", async () => {
  const { text, changes } = nextRound(input)!;
  const next = await read(text);
  expect(next.preparations.length).toBe(3);
  expect(new Set(next.preparations.map((p) => stepsKey(p.steps))).size).toBe(3);
  const [, wider] = axesOf(next, "xgboost");
  expect(wider.preparation).toHaveLength(3);
  expect(wider.class_weight).toEqual(["none", "balanced"]);
  for (const { name } of next.preparations.slice(1))
    expect(changes.some((change) => change.includes(`preparation ${name}`))).toBe(true);
});

test("oversampling is tried at the best point, and without class weights", async () => {
  const { text, changes } = nextRound(input)!;
  const resampled = axesOf(await read(text), "xgboost").at(-1)!;
  expect(resampled).toMatchObject({
    preparation: ["standard"],
    class_weight: ["none"],
    resample: ["oversample", "smote"],
  });
  expect(changes).toContain("xgboost: resample oversample, smote");
});

test("calibration is tried where there is none, and kept where it did best, as is a prior", async () => {
  const { text, changes } = nextRound(input)!;
  const grids = axesOf(await read(text), "xgboost");
  expect(grids.map((g) => g.calibrate)).toEqual([["none"], ["none"], ["temperature"], ["none"]]);
  expect(changes).toContain("xgboost: calibrate temperature");
  const isotonic = [{ ...point("xgboost", { max_depth: 6 }), calibrate: "isotonic", prior: "balanced" } as const];
  for (const grid of axesOf(await read(nextRound({ ...input, best: isotonic })!.text), "xgboost"))
    expect(grid).toMatchObject({ calibrate: ["isotonic"], prior: ["balanced"] });
});

test("ensembles do not lead a round, but combine its trials", async () => {
  const families = "  ensemble: { method: [vote, stack], members: [gbm, xgboost] }\n";
  const combined = await parseExperiment("experiments/skin.yaml", `${TEXT}${families}`);
  const leader = { ...point("gbm"), family: "ensemble" };
  const next = await read(nextRound({ ...input, experiment: combined, best: [leader, ...best] })!.text);
  expect([...new Set(next.grids.map((g) => g.family.id))]).toEqual(["xgboost", "logistic"]);
  expect(next.ensembles.map((g) => g.axes)).toEqual([[{ key: "method", values: ["vote", "stack"] }]]);
});

test("where oversampling did best it is kept, and class weights are not tried with it", async () => {
  const oversampled = [{ ...point("xgboost", { max_depth: 6 }), resample: "oversample" as const }];
  const { text, changes } = nextRound({ ...input, best: oversampled })!;
  const [search, wider, , without] = axesOf(await read(text), "xgboost");
  for (const grid of [search, wider]) expect(grid).toMatchObject({ class_weight: ["none"], resample: ["oversample"] });
  expect(without.resample).toEqual(["none"]);
  expect(changes.filter((change) => change.includes("class_weight"))).toEqual([]);
});

test("no preparation is tried twice, and at last there is nothing new", async () => {
  const seen = new Set(tried);
  const single = [point("gbm")]; // nothing was varied: only preparations are left to widen
  let round = 2;
  for (let next = nextRound({ ...input, best: single, tried: seen, round }); next; round++) {
    const before = seen.size;
    for (const { steps: list } of (await read(next.text)).preparations) seen.add(stepsKey(list));
    if (round > 2) expect(seen.size).toBeGreaterThan(before);
    next = nextRound({ ...input, best: single, tried: seen, round: round + 1 });
    expect(round).toBeLessThan(20);
  }
  expect(round).toBeGreaterThan(3);
});

test("leaders of different rounds keep their own preparations", async () => {
  const second = await read(nextRound(input)!.text);
  const prepared = [second.preparations[1], second.preparations[0]];
  const leaders = [point("xgboost"), point("logistic", { C: 1 })].map((p, i) => ({ ...p, preparation: prepared[i] }));
  const third = await read(nextRound({ ...input, round: 3, best: leaders })!.text);
  const names = third.preparations.map((p) => p.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, steps: own } of prepared)
    expect(third.preparations.find((p) => p.name === name)?.steps).toEqual(own);
});

test("a round stays small", async () => {
  expect(countTrials(await read(nextRound(input)!.text))).toBeLessThanOrEqual(60);
});

test("there is no round after a sweep of baselines alone", () => {
  expect(nextRound({ ...input, best: [point("baseline")] })).toBeUndefined();
});

test("overrides of the command line are part of the next round", async () => {
  const overridden = await parseExperiment("experiments/skin.yaml", TEXT, ["seeds=7"]);
  const next = await read(nextRound({ ...input, experiment: overridden })!.text);
  expect(next.config.seeds).toEqual([7]);
});

test("a family that learns from solved cases goes on without made-up rows", async () => {
  const own = await parseExperiment("experiments/skin.yaml", TEXT.replace("baseline: {}", "combined: {}"));
  const { text, changes } = nextRound({ ...input, experiment: own, best: [point("combined"), point("logistic")] })!;
  const next = await read(text);
  expect(axesOf(next, "combined").some((axes) => "resample" in axes)).toBe(false);
  expect(axesOf(next, "logistic").some((axes) => "resample" in axes)).toBe(true);
  expect(changes.filter((line) => line.includes("resample"))).toEqual(["logistic: resample oversample, smote"]);
});
