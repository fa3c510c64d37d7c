import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { greedyWeights } from "../../src/families/ensemble/greedy.ts";
import { type Members, meanLogLoss, memberColumn, membersOf } from "../../src/families/ensemble/members.ts";
import { fitStack } from "../../src/families/ensemble/stack.ts";
import { family } from "../../src/families/ensemble.ts";
import { memberTable } from "../contracts/ensemble.contract.ts";

const pace = async (): Promise<void> => {};

/** Two classes; each member by its probabilities of class 1. */
function members(...ones: readonly (readonly number[])[]): Members {
  const proba = ones.map((row) => Float32Array.from(row.flatMap((p) => [1 - p, p])));
  return { names: ones.map((_, m) => `m${m}`), proba, rows: ones[0]!.length, classes: 2 };
}

/** [2 rows × 4 columns]: two members of two classes. */
const TWO = {
  rows: 2,
  cols: 4,
  names: ["a p=1", "b · x"].flatMap((name) => [0, 1].map((k) => memberColumn(name, k))),
  data: Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.2, 0.8, 0.5, 0.5),
};

test("members are read from the columns, member after member", () => {
  const { names, proba } = membersOf(TWO, 2);
  expect(names).toEqual(["a p=1", "b · x"]);
  expect(proba.map((p) => [...p].map((v) => Number(v.toFixed(6))))).toEqual([
    [0.9, 0.1, 0.2, 0.8],
    [0.6, 0.4, 0.5, 0.5],
  ]);
});

test("vote is the plain mean of the members", async () => {
  const context = { train: { x: TWO, y: Int32Array.of(0, 1) }, classes: 2, seed: 1, threads: 1 };
  const none = { x: { ...TWO, rows: 0, data: new Float32Array() }, y: new Int32Array() };
  const signal = new AbortController().signal;
  const params = family.params.parse({ method: "vote" });
  const model = await family.fit({ ...context, validation: none, params, signal });
  expect([...model.predictProba(TWO)].map((p) => p.toFixed(5))).toEqual(["0.75000", "0.25000", "0.35000", "0.65000"]);
});

test("greedy selection is that of an exhaustive look at each round", () => {
  const table = memberTable({ rows: 40, members: 6, seed: 5 });
  const all = membersOf(table.x, 3);
  const counts = new Float64Array(6);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= 10; round++) {
    const losses = all.proba.map((_, m) => {
      const mean = all.proba[0]!.map((_, at) => {
        let sum = all.proba[m]![at]!;
        for (let o = 0; o < 6; o++) sum += counts[o]! * all.proba[o]![at]!;
        return sum / round;
      });
      return meanLogLoss(mean, table.y, 3);
    });
    const pick = losses.indexOf(Math.min(...losses));
    if (losses[pick]! >= best - 1e-9) break;
    best = losses[pick]!;
    counts[pick]!++;
  }
  const total = counts.reduce((a, b) => a + b);
  expect([...greedyWeights(all, table.y, 10)]).toEqual([...counts].map((n) => n / total));
  expect(counts.filter((n) => n > 0).length).toBeGreaterThan(0);
});

test("greedy keeps the best member alone where no other helps", () => {
  const y = Int32Array.of(0, 1, 0, 1);
  const all = members([0.5, 0.5, 0.5, 0.5], [0.1, 0.9, 0.1, 0.9]);
  expect([...greedyWeights(all, y, 25)]).toEqual([0, 1]);
});

test("stack finds the weights that the patients were drawn from, and keeps near the mean under a strong penalty", async () => {
  const rng = createRng(3);
  const logit = () => 3 * (rng.next() + rng.next() - 1);
  const logits = Array.from({ length: 20_000 }, () => [logit(), logit()] as const);
  const p = (z: number): number => 1 / (1 + Math.exp(-z));
  // The second member is twice too timid, the first says nothing, and class 1 is rarer than they think.
  const y = Int32Array.from(logits, ([, b]) => (rng.next() < p(2 * b - 1) ? 1 : 0));
  const all = members(
    logits.map(([a]) => p(a)),
    logits.map(([, b]) => p(b)),
  );
  const { weights, intercepts } = await fitStack(all, y, 1e4, pace);
  expect(weights[0]).toBeCloseTo(0, 1);
  expect(weights[1]).toBeCloseTo(2, 0);
  expect(Math.abs(weights[1]! - 2)).toBeLessThan(0.1);
  expect(Math.abs(intercepts[1]! - intercepts[0]! + 1)).toBeLessThan(0.1);
  const held = await fitStack(all, y, 1e-8, pace);
  for (const w of held.weights) expect(w).toBeCloseTo(0.5, 3);
});

test("a family without a finished trial is named, with those that have one", async () => {
  const { x, y } = memberTable();
  const none = { x: { ...x, rows: 0, data: new Float32Array() }, y: new Int32Array() };
  const params = family.params.parse({ members: ["family-9"] });
  const signal = new AbortController().signal;
  const learned = family.fit({ train: { x, y }, validation: none, classes: 3, seed: 1, threads: 1, params, signal });
  await expect(learned).rejects.toMatchObject({
    message: 'members: no trial of the family "family-9" has finished',
    fix: ["Families with finished trials: family-0, family-1, family-2."],
  });
});
