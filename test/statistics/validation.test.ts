import { expect, test } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import { createRng } from "../../src/core/rng.ts";
import { decodeSummary, encodeSummary } from "../../src/experiments/explain/summary.ts";
import { riskCoverage, suggestThreshold } from "../../src/statistics/abstention.ts";
import { intervalOf, summariseValidation } from "../../src/statistics/calibration/validation.ts";

/** Patients whose diseases follow the probabilities that the model gives them, or those to a power, made to sum to 1. */
function patients(rows: number, classes: number, seed: number, power = 1): Scored {
  const rng = createRng(seed);
  const proba = new Float32Array(rows * classes);
  const y = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const odds = Array.from({ length: classes }, () => Math.exp(4 * (rng.next() - 0.5)));
    const sum = odds.reduce((a, b) => a + b);
    proba.set(
      odds.map((odd) => odd / sum),
      row * classes,
    );
    const true_ = odds.map((odd) => odd ** power);
    let left = rng.next() * true_.reduce((a, b) => a + b);
    while (left > true_[y[row]!]!) left -= true_[y[row]!++]!;
  }
  return { rows, classes: Array.from({ length: classes }, (_, k) => `c${k}`), y, proba, orphans: [] };
}

test("intervals hold the true share in about 95 of 100 studies", () => {
  let [within, asked] = [0, 0];
  for (let study = 0; study < 300; study++) {
    const summary = summariseValidation(patients(400, 3, study));
    for (const p of [0.1, 0.3, 0.5, 0.7]) {
      const interval = intervalOf(summary, study % 3, p);
      if (interval === null) continue;
      asked++;
      if (interval[0] <= p && p <= interval[1]) within++;
    }
  }
  expect(asked).toBeGreaterThan(1100);
  expect(within / asked).toBeGreaterThan(0.93);
  expect(within / asked).toBeLessThan(0.99);
});

test("an interval is about what happened, not about what the model says", () => {
  const summary = summariseValidation(patients(4000, 2, 1, 3)); // much less sure than it could be
  const [low, high] = intervalOf(summary, 0, 0.7)!;
  expect(low).toBeGreaterThan(0.8);
  expect(high).toBeLessThan(1);
});

test("there is no interval where too few patients were given the like", () => {
  expect(intervalOf(summariseValidation(patients(25, 2, 1)), 0, 0.5)).toBeNull();
  const summary = summariseValidation(patients(400, 2, 1));
  expect(intervalOf(summary, 0, 0.9999)).toBeNull();
  expect(intervalOf(summary, 0, Number.NaN)).toBeNull();
  expect(intervalOf(summary, 0, 0.5)).not.toBeNull();
});

test("certain answers have an interval as others", () => {
  const rows = 100;
  const proba = Float32Array.from({ length: 2 * rows }, (_, at) => 1 - (at % 2));
  const scored = { rows, classes: ["a", "b"], y: new Int32Array(rows), proba, orphans: [] };
  const [low, high] = intervalOf(summariseValidation(scored), 0, 1)!;
  expect([low > 0.95, high]).toEqual([true, 1]);
  expect(intervalOf(summariseValidation(scored), 1, 0)![0]).toBeCloseTo(0, 12);
});

test("the suggested threshold is the lowest that is accurate enough, with its coverage", () => {
  const scored = patients(3000, 4, 2);
  const summary = summariseValidation(scored);
  const found = suggestThreshold(summary, 0.7)!;
  const top = Array.from({ length: scored.rows }, (_, row) => {
    const own = scored.proba.subarray(row * 4, row * 4 + 4);
    const p = Math.max(...own);
    return { p, right: own.indexOf(p) === scored.y[row] };
  });
  const answered = top.filter(({ p }) => p >= found.threshold);
  expect(found.rows).toBe(answered.length);
  expect(found.coverage).toBeCloseTo(answered.length / scored.rows, 12);
  expect(found.accuracy).toBeCloseTo(answered.filter(({ right }) => right).length / answered.length, 12);
  expect(found.accuracy).toBeGreaterThanOrEqual(0.7);
  expect(found.low).toBeLessThan(found.accuracy);
  const below = riskCoverage(summary).filter(({ threshold }) => threshold < found.threshold);
  expect(below.length).toBeGreaterThan(0);
  expect(below.every(({ accuracy }) => accuracy < 0.7)).toBe(true);
});

test("all answers count where they are accurate enough, and none is suggested where they never are", () => {
  const summary = summariseValidation(patients(1000, 2, 3));
  expect(suggestThreshold(summary, 0.3)!.coverage).toBe(1);
  expect(suggestThreshold(summary, 1.01)).toBeNull();
  expect(suggestThreshold(summariseValidation(patients(15, 2, 3)), 0.1)).toBeNull();
});

test("the curve falls from all patients to the surest ones", () => {
  const curve = riskCoverage(summariseValidation(patients(2000, 3, 4)));
  expect(curve[0]!.coverage).toBe(1);
  expect(curve.every(({ coverage }, i) => i === 0 || coverage < curve[i - 1]!.coverage)).toBe(true);
  expect(curve.at(-20)!.accuracy).toBeGreaterThan(curve[0]!.accuracy);
});

test("what travels with the model is the same after reading, and small", () => {
  const scored = patients(2000, 3, 5);
  const means = Float32Array.of(1, 2, 3);
  const bytes = encodeSummary(scored, means);
  expect(bytes.length).toBeLessThan(5000);
  expect(decodeSummary(bytes, "here")).toEqual({ validation: summariseValidation(scored), means });
  expect(() => decodeSummary(bytes.subarray(9), "here")).toThrow(/summary.bin cannot be read/);
});

test.each([
  { rows: 300, classes: 2000 },
  { rows: 20_000, classes: 60 },
])("of many classes too it is at most 50 kB: %j", ({ rows, classes }) => {
  expect(encodeSummary(patients(rows, classes, 6), new Float32Array(1e6)).length).toBeLessThanOrEqual(50_000);
});
