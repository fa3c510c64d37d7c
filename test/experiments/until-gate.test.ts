import { expect, test } from "vitest";
import type { RuleVerdict, Verdict } from "../../src/core/gate.ts";
import type { TrackingStore } from "../../src/core/store.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import type { GateEvaluation } from "../../src/experiments/gate.ts";
import type { Leaderboard } from "../../src/experiments/read/leaderboard.ts";
import { type Round, untilGate } from "../../src/experiments/until-gate.ts";

const experiment = await parseExperiment(
  "skin.yaml",
  "data: { path: x.csv, target: d }\nfamilies: { logistic: { C: [0.1, 1] } }\n",
);

/** A world in which the gate says of validation, round by round, what is given. */
function world(
  validation: readonly (readonly RuleVerdict[])[],
  options: { interrupted?: number; failed?: number; minN?: number; testPatients?: number } = {},
) {
  const { failed = 0, minN = 30, testPatients = 50 } = options;
  const entry = { id: "metric", params: { name: "f1_macro", min: 0.9, min_n: minN }, evaluate: () => [] };
  const looks: string[] = [];
  const swept: Experiment[] = [];
  const reported: Round[] = [];
  const trial = {
    family: "logistic",
    params: { C: 1 },
    preparation: experiment.preparations[0],
    classWeight: "none",
  };
  const ports = {
    gate: { entries: [entry] },
    // Only the artifact of the best trial is read.
    store: { readArtifact: async () => new TextEncoder().encode(JSON.stringify(trial)) } as unknown as TrackingStore,
    async sweep(of: Experiment) {
      swept.push(of);
      return { interrupted: options.interrupted === swept.length, failed, trialKeys: [`key ${swept.length}`] };
    },
    async board(keys: ReadonlySet<string>) {
      const row = { rank: 1, name: "logistic", runs: [`run ${keys.size}`], params: { family: "logistic" } };
      return {
        rankMetric: "f1_macro",
        rows: [{ ...row, metrics: { f1_macro: { mean: keys.size / 10 } } }],
      } as unknown as Leaderboard;
    },
    async judge(runId: string, part: "validation" | "test") {
      looks.push(`${part} ${runId}`);
      return { part, verdict: "pass", rules: validation[swept.length - 1], testPatients } as unknown as GateEvaluation;
    },
    onRound: (round: Round) => void reported.push(round),
  };
  return { ports, looks, swept, reported };
}

const rule = (verdict: Verdict, name = "metric", bound?: RuleVerdict["bound"]): RuleVerdict => ({
  rule: name,
  bound,
  verdict,
  value: 1,
  low: null,
  high: null,
  n: 9,
  message: "So it is.",
});

test("the test patients are looked at once, when validation passes", async () => {
  const { ports, looks, swept } = world([[rule("fail")], [rule("inconclusive")], [rule("pass")], [rule("pass")]]);
  const { rounds, gate } = await untilGate(experiment, 9, ports);
  expect(rounds.map((r) => r.verdict)).toEqual(["fail", "inconclusive", "pass"]);
  expect(looks).toEqual(["validation run 1", "validation run 2", "validation run 3", "test run 3"]);
  expect(gate).toMatchObject({ part: "test" });
  expect(swept).toHaveLength(3);
});

test("they are looked at once, too, when the rounds are spent", async () => {
  const { ports, looks } = world([[rule("fail")], [rule("fail")], [rule("fail")]]);
  const { rounds } = await untilGate(experiment, 2, ports);
  expect(rounds).toHaveLength(2);
  expect(looks.filter((look) => look.startsWith("test"))).toEqual(["test run 2"]);
});

test("an interrupted round looks at no test patient", async () => {
  const { ports, looks } = world([[rule("fail")], [rule("fail")]], { interrupted: 2 });
  expect(await untilGate(experiment, 5, ports)).toMatchObject({ gate: null, interrupted: true });
  expect(looks).toEqual(["validation run 1"]);
});

test("comparisons with the champion wait for the test patients", async () => {
  const { ports } = world([[rule("pass"), rule("inconclusive", "champion f1_macro ≥ −0.02")]]);
  const { rounds } = await untilGate(experiment, 5, ports);
  expect(rounds.map((r) => [r.verdict, r.rules.length])).toEqual([["pass", 1]]);
});

test("each round says what it changed and what it gained", async () => {
  const { ports, reported, swept } = world([[rule("fail")], [rule("fail")]]);
  await untilGate(experiment, 2, ports);
  expect(reported[0]).toMatchObject({ round: 1, changes: [], gain: null });
  expect(reported[1].changes.length).toBeGreaterThan(0);
  expect(reported[1].gain).toBeCloseTo(0.1, 12);
  expect(swept[1].name).toBe("skin");
});

test.each([
  ["the data decide a rule", [rule("fail"), rule("fail", "freshness ≤ 10 days", "data")], {}, "freshness ≤ 10 days"],
  ["the test patients are too few for a rule", [rule("fail")], { minN: 51 }, "there are 50 test patients"],
  ["only more patients could tell", [rule("pass"), rule("inconclusive", "slope", "patients")], {}, "slope"],
])("no round follows where %s, and it is said", async (_, rules, options, said) => {
  const { ports, looks, swept } = world([rules, rules], options);
  const { rounds } = await untilGate(experiment, 9, ports);
  expect(swept).toHaveLength(1);
  expect(rounds[0].end).toContain(said);
  expect(looks).toEqual(["validation run 1", "test run 1"]);
});

test("rounds go on for what a better model may mend, though validation has too few patients for another rule", async () => {
  const rules = [rule("fail"), rule("inconclusive", "orphan-recall", "patients")];
  const { ports, swept } = world([rules, rules], { testPatients: 500 });
  const { rounds } = await untilGate(experiment, 2, ports);
  expect(swept).toHaveLength(2);
  expect(rounds.map((r) => r.end)).toEqual([null, "the rounds are spent"]);
});

test("each round says how many of its trials failed", async () => {
  const { ports } = world([[rule("fail")], [rule("pass")]], { failed: 2 });
  const { rounds } = await untilGate(experiment, 9, ports);
  expect(rounds.map((r) => [r.failed, r.end])).toEqual([
    [2, null],
    [2, "the rules pass on validation"],
  ]);
});
