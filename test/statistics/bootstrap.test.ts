import { expect, test } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import { createRng } from "../../src/core/rng.ts";
import { metrics } from "../../src/metrics/index.ts";
import { bootstrapIntervals } from "../../src/statistics/bootstrap.ts";
import { simulate, takeRows } from "../support/metrics.ts";

const metric = (id: string) => metrics.find((m) => m.id === id)!;
const headline = metrics.filter((m) => m.headline);

/** Two classes, of which the first `right` of `rows` are predicted rightly. */
function answers(rows: number, right: number): Scored {
  const y = Int32Array.from({ length: rows }, (_, i) => i % 2);
  const proba = Float32Array.from({ length: 2 * rows }, (_, j) => {
    const i = j >> 1;
    return (y[i] === j % 2) === i < right ? 0.8 : 0.2;
  });
  return { rows, classes: ["a", "b"], y, proba, orphans: [] };
}

/** Quantile of Binomial(n, p). */
function binomialQuantile(n: number, p: number, q: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  let x = 0;
  while (sum < q) {
    term *= ((n - x) / (x + 1)) * (p / (1 - p));
    sum += term;
    x++;
  }
  return x;
}

test("the interval of an accuracy is that of the binomial distribution", () => {
  const { accuracy } = bootstrapIntervals(answers(200, 150), [metric("accuracy")], { seed: 1, resamples: 4000 });
  expect(accuracy.value).toBe(0.75);
  expect(accuracy.low).toBeCloseTo(binomialQuantile(200, 0.75, 0.025) / 200, 1.9);
  expect(accuracy.high).toBeCloseTo(binomialQuantile(200, 0.75, 0.975) / 200, 1.9);
});

test("a higher level gives a wider interval", () => {
  const scored = answers(100, 70);
  const at = (level: number) => bootstrapIntervals(scored, [metric("accuracy")], { seed: 1, level }).accuracy;
  expect(at(0.5).high - at(0.5).low).toBeLessThan(at(0.95).high - at(0.95).low);
});

test("the same seed gives the same intervals and another seed other ones", () => {
  const scored = simulate({ rows: 80, classes: 4, skill: 0.4, seed: 1 });
  const a = bootstrapIntervals(scored, headline, { seed: 9, resamples: 100 });
  expect(bootstrapIntervals(scored, headline, { seed: 9, resamples: 100 })).toEqual(a);
  expect(bootstrapIntervals(scored, headline, { seed: 10, resamples: 100 })).not.toEqual(a);
});

test("an interval does not depend on which other metrics are asked for", () => {
  const scored = simulate({ rows: 80, classes: 4, skill: 0.4, seed: 1 });
  const all = bootstrapIntervals(scored, headline, { seed: 9, resamples: 100 });
  expect(bootstrapIntervals(scored, [metric("f1_macro")], { seed: 9, resamples: 100 }).f1_macro).toEqual(all.f1_macro);
});

test("models of one split share their draws, and get the intervals that each would get alone", () => {
  const groups = Int32Array.from({ length: 60 }, (_, i) => i >> 1);
  const models = [1, 2].map((seed) => simulate({ rows: 60, classes: 3, skill: 0.6, seed }));
  for (const options of [{ seed: 1 }, { seed: 2 }, { seed: 2, resamples: 300 }, { seed: 1 }]) {
    for (const scored of models) {
      const alone = bootstrapIntervals({ ...scored }, headline, { ...options, groups: groups.slice() });
      expect(bootstrapIntervals(scored, headline, { ...options, groups })).toEqual(alone);
    }
  }
  const shorter = takeRows(models[0]!, [0, 1, 2]);
  expect(() => bootstrapIntervals(shorter, headline, { seed: 1, groups })).toThrow(RangeError);
});

test("rows of one patient count as one: five copies of each row leave the interval as wide as it was", () => {
  const single = simulate({ rows: 60, classes: 2, skill: 0.3, seed: 4 });
  const fivefold = takeRows(
    single,
    Array.from({ length: 300 }, (_, i) => i % 60),
  );
  const groups = Int32Array.from({ length: 300 }, (_, i) => 1000 + (i % 60));
  const options = { seed: 2, resamples: 300 };
  const alone = bootstrapIntervals(single, headline, options);
  expect(bootstrapIntervals(fivefold, headline, { ...options, groups }).accuracy).toEqual(alone.accuracy);
  const naive = bootstrapIntervals(fivefold, headline, options).accuracy;
  expect(naive.high - naive.low).toBeLessThan(0.6 * (alone.accuracy.high - alone.accuracy.low));
});

test("a metric that is undefined in more than 5 % of the draws has a value but no interval", () => {
  const scored = simulate({ rows: 60, classes: 3, skill: 0.3, seed: 5 });
  const rare = { ...scored, y: scored.y.map((_, i) => (i === 0 ? 2 : i % 2)), orphans: [2] };
  const { recall_orphan, accuracy } = bootstrapIntervals(rare, headline, { seed: 1, resamples: 200 });
  expect([0, 1]).toContain(recall_orphan.value);
  expect(recall_orphan.low).toBeNaN();
  expect(recall_orphan.high).toBeNaN();
  expect(accuracy.low).toBeLessThan(accuracy.high);
});

test("one group alone has no interval", () => {
  const scored = answers(10, 7);
  const { accuracy } = bootstrapIntervals(scored, [metric("accuracy")], { seed: 1, groups: new Int32Array(10) });
  expect(accuracy).toEqual({ value: 0.7, low: Number.NaN, high: Number.NaN });
});

test("groups of another length are refused", () => {
  expect(() => bootstrapIntervals(answers(10, 7), headline, { seed: 1, groups: new Int32Array(9) })).toThrow(
    RangeError,
  );
});

test("the interval covers the truth in about 95 % of the samples", () => {
  const rng = createRng(77);
  let covered = 0;
  const samples = 400;
  for (let s = 0; s < samples; s++) {
    let right = 0;
    for (let i = 0; i < 150; i++) if (rng.next() < 0.7) right++;
    const { low, high } = bootstrapIntervals(answers(150, right), [metric("accuracy")], {
      seed: s,
      resamples: 200,
    }).accuracy;
    if (low <= 0.7 && high >= 0.7) covered++;
  }
  expect(covered / samples).toBeGreaterThan(0.91);
  expect(covered / samples).toBeLessThan(0.98);
});

test("where every draw gives the same value no interval is claimed", () => {
  const proba = new Float32Array(Array.from({ length: 40 }, (_, i) => [i % 2, 1 - (i % 2)]).flat());
  const scored = {
    rows: 40,
    classes: ["a", "b"],
    y: Int32Array.from({ length: 40 }, (_, i) => 1 - (i % 2)),
    proba,
    orphans: [],
  };
  const accuracy = metrics.find((m) => m.id === "accuracy")!;
  expect(bootstrapIntervals(scored, [accuracy], { seed: 1 }).accuracy).toEqual({
    value: 1,
    low: Number.NaN,
    high: Number.NaN,
  });
});
