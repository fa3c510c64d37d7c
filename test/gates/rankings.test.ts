import { expect, test } from "vitest";
import type { RankedRows, Scored } from "../../src/core/metric.ts";
import { parseGate } from "../../src/experiments/gate-file.ts";
import { context } from "./_context.ts";

const rows = 60;
const fill = (value: (i: number) => number): Float32Array => Float32Array.from({ length: rows }, (_, i) => value(i));
const ranks = (found: number): RankedRows => ({
  rank: fill((i) => (i % 10 < found ? 1 : Number.POSITIVE_INFINITY)),
  groupRank: fill(() => 1),
  answer: fill(() => 0.5),
  first: fill(() => 0.5),
  none: fill(() => 0.2),
});
/** Ranked first: `found` of ten. */
const ranked = (found: number): Scored => ({
  ...{ rows, classes: ["a", "b"], y: new Int32Array(rows), proba: new Float32Array(), orphans: [] },
  ranks: {
    newPatient: ranks(found),
    allAnnotations: ranks(10),
    trained: Int32Array.from({ length: rows }, (_, i) => (i < 20 ? 0 : 3)),
    publications: Int32Array.from({ length: rows }, (_, i) => i),
  },
});
const scored = ranked(7);
const sex = {
  ...{ kind: "categorical" as const, name: "sex", levels: ["female", "male"] },
  codes: Int32Array.from({ length: rows }, (_, i) => i % 2),
};

async function verdicts(rules: string, over: Parameters<typeof context>[0] = { scored }) {
  const { entries } = await parseGate("g.yaml", `rules:\n${rules}`);
  return entries.flatMap((entry) => entry.evaluate(context(over)));
}

test("a floor on places passes or fails, and a stratum needs patients of its own", async () => {
  const found = await verdicts(`  - metric: { name: top1, min: 0.6, judge: value }
  - metric: { name: top1, min: 0.8, judge: value }
  - metric: { name: top1_all_annotations, min: 0.9 }
  - metric: { name: solved_0_top1, min: 0.1, min_n: 30 }
`);
  expect(found.map(({ verdict }) => verdict)).toEqual(["pass", "fail", "pass", "inconclusive"]);
  expect(found[3]).toMatchObject({ n: 20 });
});

test("the champion is compared on the same cases, and subgroups are looked at", async () => {
  const champion = { runId: "before", scored: ranked(9) };
  const found = await verdicts(
    "  - champion: { metric: top1, margin: 0.02 }\n  - subgroup: { column: sex, metric: top10, min: 0.9, min_n: 10 }\n",
    { scored, champion, columns: [sex] },
  );
  expect(found[0]).toMatchObject({ verdict: "fail", value: expect.closeTo(-0.2, 5) });
  expect(found[1]).toMatchObject({ verdict: "fail" });
});

test.each([
  ["  - net-benefit: { classes: [a], threshold: 0.2 }\n", /probability of every class/],
  ["  - calibration: { ece_max: 0.1 }\n", /probability of every class/],
  ["  - orphan-recall: { min: 0.5 }\n", /probability of every class/],
  ["  - metric: { name: f1_macro, min: 0 }\n", /f1_macro is not defined/],
  ["  - champion: { metric: log_loss, without_champion: pass }\n", /not defined|no champion/],
])("what needs probabilities by class is inconclusive, with the reason: %s", async (rule, message) => {
  const [found] = await verdicts(rule, { scored, champion: { runId: "other", scored: ranked(5) } });
  expect(found).toMatchObject({ verdict: "inconclusive", message: expect.stringMatching(message) });
});

test("places mean nothing for a model of a table", async () => {
  const [found] = await verdicts("  - metric: { name: top10, min: 0 }\n", {});
  expect(found).toMatchObject({ verdict: "inconclusive", message: expect.stringContaining("not defined") });
});
