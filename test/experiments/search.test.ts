import { expect, test } from "vitest";
import type { Dataset, Split } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import type { CurvePoint, Trial } from "../../src/core/trial.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import { checkTrialCount, countTrials, type Plan, planTrials } from "../../src/experiments/plan.ts";
import type { Outcome } from "../../src/experiments/search/history.ts";
import { parseDuration, parseTarget } from "../../src/experiments/search/limits.ts";
import { firstTrials, searchView } from "../../src/experiments/search/outlook.ts";
import { createPruning, savings } from "../../src/experiments/search/pruning.ts";
import { createSupply, type SupplyInput, type SweepSupply } from "../../src/experiments/search/supply.ts";
import { pruner as asha } from "../../src/search/pruning/asha.ts";

const read = (families: string, more = ""): Promise<Experiment> =>
  parseExperiment("experiments/x.yaml", `data: { path: x.csv, target: d }\nfamilies: ${families}\n${more}`);

async function errorOf(families: string, more = "search: {}"): Promise<string> {
  const error = await read(families, more).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message, where, fix } = error as UserError;
  return `${message} | ${where} | ${fix.join(" ")}`;
}

/** Of the data nothing but the hash is read. */
async function planOf(families: string, more = ""): Promise<Plan> {
  const experiment = await read(families, more);
  const dataset = { hash: "d", target: { name: "d", classes: ["a"], codes: new Int32Array(1) } } as unknown as Dataset;
  return planTrials(
    experiment,
    dataset,
    experiment.config.seeds.map((seed) => ({ seed, hash: `s${seed}` }) as Split),
  );
}

test("ranges, choices and conditions are read beside lists; conditions stand before what hangs on them", async () => {
  const { grids, search } = await read(
    `{ random-forest: { max_depth: { low: 2, high: 12, int: true, when: { preparation: b } }, max_features: { choice: [sqrt, 0.5] } },
       xgboost: { learning_rate: { low: 0.01, high: 1, log: true } } }`,
    "preparations: { a: [impute, encode], b: [impute, encode, pca] }\nsearch: { trials: 5 }\n",
  );
  expect(grids[0]!.axes).toEqual([
    { key: "max_features", values: ["sqrt", 0.5] },
    { key: "preparation", values: ["a", "b"] },
    {
      key: "max_depth",
      values: [],
      range: { low: 2, high: 12, log: false, int: true, step: 1 },
      when: [{ key: "preparation", values: ["b"] }],
    },
  ]);
  expect(search).toMatchObject({ trials: 5, seed: 7, startup: 10, time: Number.POSITIVE_INFINITY });
  expect(search.strategy.id).toBe("tpe");
});

test.each([
  [
    "a range with nothing to search it",
    "{ logistic: { C: { low: 1, high: 2 } } }",
    "bootstrap: {}",
    /logistic\.C: a range.*x\.yaml:2.*--strategy tpe/,
  ],
  ["ends the wrong way round", "{ logistic: { C: { low: 2, high: 1 } } }", "search: {}", /high is 1, not above low/],
  ["a logarithm of nothing", "{ logistic: { C: { low: 0, high: 1, log: true } } }", "search: {}", /begins above 0/],
  [
    "a value that is refused",
    "{ logistic: { C: { low: -1, high: 1 } } }",
    "search: {}",
    /logistic\.C.*expected number to be >0/,
  ],
  [
    "fractions of whole numbers",
    "{ xgboost: { max_depth: { low: 2, high: 5 } } }",
    "search: {}",
    /whole numbers.*int: true/,
  ],
  [
    "a misspelt key of a range",
    "{ logistic: { C: { low: 1, high: 2, lgo: true } } }",
    "search: {}",
    /unknown key "lgo".*x\.yaml:2.*Did you mean/,
  ],
  [
    "a condition on another key",
    "{ xgboost: { gamma: { choice: [1, 2], when: { max_dpeth: 3 } }, max_depth: [3, 4] } }",
    "search: {}",
    /"max_dpeth".*Did you mean "max_depth"/,
  ],
  [
    "a value that is never there",
    "{ xgboost: { gamma: { choice: [1, 2], when: { max_depth: 5 } }, max_depth: [3, 4] } }",
    "search: {}",
    /max_depth is never 5 here.*3, 4/,
  ],
  [
    "conditions in a circle",
    "{ xgboost: { gamma: { choice: [1, 2], when: { max_depth: 3 } }, max_depth: { choice: [3, 4], when: { gamma: 1 } } } }",
    "search: {}",
    /wait for each other/,
  ],
  [
    "a grid without end",
    "{ logistic: { C: { low: 1, high: 2 } } }",
    "search: { strategy: grid }",
    /cannot try every number.*x\.yaml:2.*tpe/,
  ],
  [
    "an unknown strategy",
    "{ logistic: {} }",
    "search: { strategy: tpee }",
    /unknown strategy "tpee".*x\.yaml:3.*"tpe"/,
  ],
  ["an unknown pruner", "{ logistic: {} }", "search: { pruner: hasha }", /unknown pruner "hasha".*"asha"/],
  ["a time without a unit", "{ logistic: {} }", "search: { time: 30 }", /cannot read the time "30".*x\.yaml:3.*30m/],
  ["an unknown metric", "{ logistic: {} }", 'search: { until: "f1_makro>=0.5" }', /unknown metric.*f1_macro/],
] as const)("refuses %s, with its place and advice", async (_, families, more, message) => {
  expect(await errorOf(families, more)).toMatch(message);
});

test("without a strategy ranges are searched by tpe, and lists are a grid", async () => {
  const strategyOf = async (families: string, more?: string): Promise<string> =>
    (await read(families, more)).search.strategy.id;
  const stepped = "{ xgboost: { max_depth: { low: 2, high: 5, int: true } } }";
  expect(await strategyOf(stepped)).toBe("grid");
  expect(await strategyOf(stepped, "search: { trials: 3 }")).toBe("tpe");
  expect(await strategyOf("{ xgboost: { max_depth: [2, 3] } }", "search: { time: 1h }")).toBe("grid");
});

test("times and targets are read", () => {
  expect(["90s", "30m", "1h30m", "0.5h"].map((t) => parseDuration(t))).toEqual([
    90_000, 1_800_000, 5_400_000, 1_800_000,
  ]);
  expect(() => parseDuration("soon")).toThrow(/cannot read/);
  expect(parseTarget("f1_macro >= 0.8").reached(0.8)).toBe(true);
  expect(parseTarget("log_loss<=0.4").reached(0.41)).toBe(false);
  expect(() => parseTarget("log_loss>=0.4")).toThrow(/met by bad models/);
  expect(() => parseTarget("f1_macro")).toThrow(/cannot read/);
});

test("a grid with steps and conditions has the points that make sense, and counts them", async () => {
  const families =
    "{ xgboost: { max_depth: { low: 2, high: 4, int: true }, gamma: { choice: [0, 1], when: { max_depth: 4 } } } }";
  const plan = await planOf(families, "seeds: [1, 2]\nsearch: { strategy: grid }\n");
  expect(plan.trials.map((t) => t.name)).toEqual(
    ["max_depth=2", "max_depth=3", "max_depth=4 gamma=0", "max_depth=4 gamma=1"].flatMap((p) =>
      [1, 2].map((seed) => `xgboost ${p} · seed ${seed}`.replace("max_depth=4 gamma=0", "max_depth=4 gamma=0")),
    ),
  );
  expect(countTrials(plan.experiment)).toBe(8);
  expect((await planOf(families, "search: { strategy: grid, trials: 2 }\n")).trials).toHaveLength(2);
});

test("a search plans no trials, and is not held to the limit of grids", async () => {
  const plan = await planOf("{ logistic: { C: { low: 0.1, high: 10, log: true } } }", "search: { trials: 5000 }\n");
  expect(plan.trials).toEqual([]);
  expect(() => checkTrialCount(plan.experiment)).not.toThrow();
  expect(searchView(plan)).toMatchObject({
    points: null,
    settings: { strategy: "tpe", seed: "7", trials: "5000" },
    spaces: [{ family: "logistic", key: "C", space: "0.1 … 10, logarithmic" }, { key: "preparation" }],
  });
});

const SPACE =
  "{ logistic: { C: { low: 0.01, high: 100, log: true } }, random-forest: { min_samples_leaf: { low: 1, high: 9, int: true } } }";
const supplyOf = (plan: Plan, more: Partial<SupplyInput> = {}): SweepSupply =>
  createSupply({ plan, known: new Map(), saved: [], now: () => 0, onKnown: () => {}, ...more });
const take = (supply: SweepSupply): Trial | undefined => supply.take(() => "ready");
const finished = (f1_macro: number): Outcome => ({ state: "finished", metrics: { f1_macro } });
/** A result that depends on the trial alone. */
const resultOf = (trial: Trial): Outcome => finished(Number.parseInt(trial.configKey.slice(0, 6), 16) / 2 ** 24);

function runAll(supply: SweepSupply, most = Number.POSITIVE_INFINITY): Trial[] {
  const trials: Trial[] = [];
  while (trials.length < most) {
    const trial = take(supply);
    if (!trial) break;
    trials.push(trial);
    supply.ended(trial, resultOf(trial));
  }
  return trials;
}
const keys = (trials: readonly Trial[]): string[] => trials.map((t) => t.key);

test("a search gives as many points as it was told to, none twice, first those that the plan shows", async () => {
  const plan = await planOf(SPACE, "search: { strategy: tpe, trials: 25, startup: 5 }\n");
  const trials = runAll(supplyOf(plan));
  expect(new Set(trials.map((t) => t.configKey)).size).toBe(25);
  expect(keys(trials).slice(0, 5)).toEqual(keys(firstTrials(plan)));
  expect(new Set(firstTrials(plan).map((t) => t.family))).toEqual(new Set(["logistic", "random-forest"]));
});

test("an interrupted search goes on as if it had not been", async () => {
  const plan = await planOf(SPACE, "search: { strategy: tpe, trials: 25, startup: 5 }\n");
  const whole = runAll(supplyOf(plan));
  const first = supplyOf(plan);
  const before = runAll(first, 13);
  const lost = take(first)!;
  const known = new Map(before.map((trial) => [trial.key, resultOf(trial)]));
  const second = supplyOf(plan, { known, saved: JSON.parse(JSON.stringify(first.points)) });
  const after = runAll(second);
  expect(after[0]!.key).toBe(lost.key);
  expect(keys([...before, ...after])).toEqual(keys(whole));
  expect(second.spent).toBe(true);
});

test("a point runs once a seed, and the strategy sees it when all have ended, by their mean", async () => {
  const plan = await planOf(SPACE, 'seeds: [1, 2, 3]\nsearch: { trials: 4, until: "f1_macro>=0.8" }\n');
  const supply = supplyOf(plan);
  const trials = [take(supply)!, take(supply)!, take(supply)!];
  expect(trials.map((t) => t.seed)).toEqual([1, 2, 3]);
  expect(new Set(trials.map((t) => t.configKey)).size).toBe(1);
  supply.ended(trials[0]!, finished(1));
  supply.ended(trials[1]!, finished(0.9));
  expect(supply.reached).toBeNull();
  supply.ended(trials[2]!, finished(0.4));
  expect(supply.reached).toBeNull();
  for (const trial of [take(supply)!, take(supply)!, take(supply)!]) supply.ended(trial, finished(0.81));
  expect(supply.reached).toMatch(/^f1_macro>=0\.8 is reached: 0\.81 by /);
  expect(take(supply)).toBeUndefined();
});

test("with pruning the other seeds of a point wait for the first, and do not run where it was pruned", async () => {
  const plan = await planOf(SPACE, "seeds: [1, 2, 3]\nsearch: { trials: 2, pruner: asha }\n");
  const supply = supplyOf(plan);
  const [a, b] = [take(supply)!, take(supply)!];
  expect([a.seed, b.seed, take(supply)]).toEqual([1, 1, undefined]);
  expect(supply.ended(a, { state: "pruned", loss: 1, rounds: 9 })).toBe(2);
  expect(take(supply)).toBeUndefined();
  expect(supply.ended(b, finished(0.5))).toBe(0);
  expect([take(supply)!, take(supply)!].map((t) => [t.configKey === b.configKey, t.seed])).toEqual([
    [true, 2],
    [true, 3],
  ]);
});

test("a finite space that is exhausted ends the search, and says so", async () => {
  const plan = await planOf(
    "{ random-forest: { min_samples_leaf: [1, 2, 3] }, baseline: {} }",
    "search: { strategy: random, trials: 100 }\n",
  );
  const supply = supplyOf(plan);
  expect(runAll(supply)).toHaveLength(4);
  expect(supply.end).toBe("the space is exhausted: all of its 4 points have run");
});

test("after its time no trial starts", async () => {
  let now = 0;
  const plan = await planOf(SPACE, "search: { time: 10s }\n");
  const supply = supplyOf(plan, { now: () => now });
  expect(take(supply)).toBeDefined();
  now = 10_000;
  expect(take(supply)).toBeUndefined();
  expect(supply.end).toBe("the time is over");
});

test("trials that were finished before are told and not run again, and do not stand still the search", async () => {
  const plan = await planOf(SPACE, "search: { trials: 6, startup: 3 }\n");
  const kept: string[] = [];
  const known = new Map(firstTrials(plan).map((t) => [t.key, resultOf(t)]));
  const supply = supplyOf(plan, { known, onKnown: (t) => kept.push(t.key) });
  const ran = runAll(supply);
  expect(kept).toEqual([...known.keys()]);
  expect(keys(ran)).toEqual(keys(supply.trials).slice(3));
  expect(supply.trials).toHaveLength(6);
});

const curve = (losses: readonly number[], from = 1): CurvePoint[] =>
  losses.map((validation, i) => ({ round: from + i, train: 0, validation }));
const trial = (key: string, family = "xgboost", seed = 1): Trial => ({ key, family, seed }) as Trial;

test("a trial is stopped at the rung where it falls behind those of its family and seed", () => {
  const pruning = createPruning(asha, { reduction: 2, minRounds: 2 });
  const steep = curve([0.9, 0.5, 0.4, 0.3, 0.2, 0.1]);
  expect(pruning.look(trial("a"), steep.slice(0, 3))).toBeUndefined();
  pruning.finish(trial("a"), steep);
  expect(pruning.look(trial("b"), curve([0.9]))).toBeUndefined();
  expect(pruning.look(trial("b"), curve([0.6], 2))).toEqual({
    reason: "rung 1, 2 rounds: worse than 1 of the 1 others there",
    rounds: 2,
    loss: 0.6,
  });
  expect(pruning.look(trial("c", "gbm"), curve([2, 2, 2]))).toBeUndefined();
  expect(pruning.look(trial("d", "xgboost", 2), curve([2, 2, 2]))).toBeUndefined();
  // The best at rung 1 (2 rounds), and behind "a" at rung 2 (4 rounds).
  expect(pruning.look(trial("e"), curve([0.9, 0.45, 0.44, 0.43, 0.42]))).toEqual({
    reason: "rung 2, 4 rounds: worse than 1 of the 1 others there",
    rounds: 4,
    loss: 0.43,
  });
});

test("curves of before count as if the trials had just run", () => {
  const pruning = createPruning(asha, { reduction: 2, minRounds: 2 });
  pruning.recall(trial("a"), curve([0.9, 0.5, 0.4]), true);
  expect(pruning.look(trial("b"), curve([0.9, 0.6]))?.rounds).toBe(2);
});

test("what pruning saved is reckoned from the finished trials of the family", () => {
  const whole = [
    { family: "gbm", rounds: 90, seconds: 9 },
    { family: "gbm", rounds: 110, seconds: 11 },
  ];
  expect(
    savings(
      [
        { family: "gbm", rounds: 10, seconds: 2 },
        { family: "xgboost", rounds: 5, seconds: 1 },
      ],
      whole,
    ),
  ).toEqual({ rounds: 90, seconds: 18 });
  expect(savings([{ family: "gbm", rounds: 200, seconds: 2 }], whole)).toEqual({ rounds: 0, seconds: 0 });
});
