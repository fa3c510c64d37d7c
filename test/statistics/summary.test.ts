import { expect, test } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import { metrics } from "../../src/metrics/index.ts";
import { holm } from "../../src/statistics/holm.ts";
import { mcnemar } from "../../src/statistics/mcnemar.ts";
import { reliability } from "../../src/statistics/reliability.ts";
import { meanSd } from "../../src/statistics/summary.ts";
import { simulate } from "../support/metrics.ts";

/** Two classes, all of the first; `right[i]` says whether it is predicted. */
function answers(right: readonly boolean[]): Scored {
  return {
    rows: right.length,
    classes: ["a", "b"],
    y: new Int32Array(right.length),
    proba: Float32Array.from(right.flatMap((r) => (r ? [0.7, 0.3] : [0.3, 0.7]))),
    orphans: [],
  };
}

test("mean and sample standard deviation", () => {
  expect(meanSd([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: Math.sqrt(32 / 7), n: 8 });
});

test("one value has no standard deviation, no value no mean, and NaN is passed on", () => {
  expect(meanSd([0.5])).toEqual({ mean: 0.5, sd: Number.NaN, n: 1 });
  expect(meanSd([])).toEqual({ mean: Number.NaN, sd: Number.NaN, n: 0 });
  expect(meanSd([0.5, Number.NaN])).toEqual({ mean: Number.NaN, sd: Number.NaN, n: 2 });
});

test("McNemar's p-value is the exact binomial one", () => {
  const split = (onlyA: number, onlyB: number) => {
    const n = onlyA + onlyB + 5;
    const row = (from: number, to: number) => answers(Array.from({ length: n }, (_, i) => i >= from && i < to));
    return mcnemar([row(0, onlyA)], [row(onlyA, onlyA + onlyB)]);
  };
  expect(split(9, 3)).toEqual({ onlyA: 9, onlyB: 3, pValue: expect.closeTo((2 * 299) / 4096, 12) });
  expect(split(5, 5).pValue).toBe(1);
  expect(split(0, 0)).toEqual({ onlyA: 0, onlyB: 0, pValue: 1 });
  // scipy.stats.binomtest(2400, 5000).pvalue; 2 ** -5000 is below the smallest number
  expect(split(2400, 2600).pValue).toBeCloseTo(0.004883649737517494, 12);
});

test("McNemar refuses other patients", () => {
  expect(() => mcnemar([answers([true])], [answers([true, false])])).toThrow("not the same patients: 1 against 2");
  expect(() => mcnemar([answers([true])], [])).toThrow("not the same repeats");
});

test("McNemar counts a patient once, however many rows and repeats it has", () => {
  const right = answers([true, true, true, false]);
  const wrong = answers([false, false, true, true]);
  const patients = Int32Array.of(7, 7, 8, 9);
  expect(mcnemar([right], [wrong], [patients])).toMatchObject({ onlyA: 1, onlyB: 1 });
  expect(mcnemar([right, right], [wrong, right], [patients, patients])).toMatchObject({ onlyA: 1, onlyB: 1 });
  expect(mcnemar([right, wrong], [wrong, right], [patients, patients])).toMatchObject({
    onlyA: 0,
    onlyB: 0,
    pValue: 1,
  });
});

test("Holm's correction is that of R's p.adjust, and leaves out tests that could not be made", () => {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)));
  expect(holm([0.5, Number.NaN, 0.02])).toEqual([0.5, Number.NaN, 0.04]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
});

test("the reliability bins hold every prediction and give the ECE", () => {
  const scored = simulate({ rows: 300, classes: 5, skill: 0.4, seed: 1 });
  const bins = reliability(scored);
  expect(bins.length).toBe(15);
  expect(bins.reduce((sum, b) => sum + b.rows, 0)).toBe(300);
  for (const bin of bins) {
    if (bin.rows === 0) continue;
    expect(bin.confidence).toBeGreaterThan(bin.low);
    expect(bin.confidence).toBeLessThanOrEqual(bin.high);
  }
  const ece = bins.reduce((sum, b) => sum + (b.rows > 0 ? b.rows * Math.abs(b.accuracy - b.confidence) : 0), 0) / 300;
  expect(ece).toBeCloseTo(metrics.find((m) => m.id === "ece")!.bind(scored)(), 12);
});
