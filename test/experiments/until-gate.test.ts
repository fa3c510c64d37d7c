import { expect, test } from "vitest";
import type { RuleVerdict, Verdict } from "../../src/core/gate.ts";
import type { TrackingStore } from "../../src/core/store.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import type { GateEvaluation } from "../../src/experiments/gate.ts";
import type { Leaderboard } from "../../src/experiments/leaderboard.ts";
import { type Round, untilGate } from "../../src/experiments/until-gate.ts";

const experiment = await parseExperiment(
  "skin.yaml",
  "data: { path: x.csv, target: d }\nfamilies: { logistic: { C: [0.1, 1] } }\n",
);

/** A world in which the gate says of validation, round by round, what is given. */
function world(validation: readonly (readonly RuleVerdict[])[], options: { interrupted?: number } = {}) {
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
    // Only the artifact of the best trial is read.
    store: { readArtifact: async () => new TextEncoder().encode(JSON.stringify(trial)) } as unknown as TrackingStore,
    async sweep(of: Experiment) {
      swept.push(of);
      return { interrupted: options.interrupted === swept.length, trialKeys: [`key ${swept.length}`] };
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
      return { part, verdict: "pass", rules: validation[swept.length - 1] } as unknown as GateEvaluation;
    },
    onRound: (round: Round) => void reported.push(round),
  };
  return { ports, looks, swept, reported };
}

const rule = (verdict: Verdict, name = "metric"): RuleVerdict => ({
  rule: name,
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
