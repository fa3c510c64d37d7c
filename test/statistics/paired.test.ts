import { expect, test } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import { metrics } from "../../src/metrics/index.ts";
import { compareToBest, pairedBootstrap } from "../../src/statistics/paired.ts";
import { simulate, takeRows } from "../support/metrics.ts";

const f1 = metrics.find((m) => m.id === "f1_macro")!;
const logLoss = metrics.find((m) => m.id === "log_loss")!;

/** Models of equal or different skill on the same patients. */
function model(skill: number, noise: number, seed = 1, rows = 150): Scored {
  return simulate({ rows, classes: 4, skill, seed, noise });
}

test("the best is tied with itself", () => {
  const [verdict] = compareToBest(f1, [[model(0.5, 1)]], 0, { seed: 1, resamples: 50 });
  expect(verdict).toEqual({ difference: 0, low: 0, high: 0, pValue: 1, tied: true, comparable: true });
});

test("two trials with the same predictions are tied with p = 1", () => {
  const scored = model(0.5, 1);
  const verdict = compareToBest(f1, [[scored], [{ ...scored }]], 0, { seed: 1, resamples: 50 })[1];
  expect(verdict).toMatchObject({ difference: 0, low: 0, high: 0, pValue: 1, tied: true });
});

test("a clear difference is told apart, with its sign", () => {
  const candidates = [[model(0.9, 10)], [model(0.2, 11)]];
  const worse = compareToBest(f1, candidates, 0, { seed: 1 })[1];
  expect(worse.high).toBeLessThan(0);
  expect(worse.difference).toBeGreaterThan(worse.low);
  expect(worse.difference).toBeLessThan(worse.high);
  expect(worse.pValue).toBeLessThan(0.01);
  expect(worse.tied).toBe(false);
  expect(compareToBest(logLoss, candidates, 0, { seed: 1 })[1].low).toBeGreaterThan(0);
});

test("a verdict does not depend on the other candidates", () => {
  const [a, b, c] = [[model(0.6, 1)], [model(0.55, 2)], [model(0.2, 3)]];
  const options = { seed: 3, resamples: 200 };
  expect(compareToBest(f1, [a, b, c], 0, options)[1]).toEqual(compareToBest(f1, [a, b], 0, options)[1]);
  expect(pairedBootstrap(f1, a, b, options)).toEqual(compareToBest(f1, [b, a], 1, options)[0]);
});

test("without a difference about 5 % are called different", () => {
  const samples = 300;
  let different = 0;
  for (let s = 0; s < samples; s++) {
    const a = model(0.5, 10_000 + s, s);
    const b = model(0.5, 20_000 + s, s);
    if (!pairedBootstrap(f1, [a], [b], { seed: s, resamples: 200 }).tied) different++;
  }
  expect(different / samples).toBeGreaterThan(0.02);
  expect(different / samples).toBeLessThan(0.09);
});

test("a real difference is found more often the more patients there are", () => {
  const found = (rows: number) => {
    let different = 0;
    for (let s = 0; s < 60; s++) {
      const a = model(0.6, 10_000 + s, s, rows);
      const b = model(0.45, 20_000 + s, s, rows);
      if (pairedBootstrap(f1, [a], [b], { seed: s, resamples: 100 }).high < 0) different++;
    }
    return different / 60;
  };
  expect(found(60)).toBeLessThan(0.75);
  expect(found(600)).toBeGreaterThan(0.95);
});

test("repeats on the same patients do not pretend to be more patients", () => {
  const a = model(0.55, 1);
  const b = model(0.45, 2);
  const width = ({ low, high }: { low: number; high: number }) => high - low;
  const once = pairedBootstrap(f1, [a], [b], { seed: 1 });
  const thrice = pairedBootstrap(f1, [a, a, a], [b, b, b], { seed: 1 });
  expect(width(thrice)).toBeCloseTo(width(once), 10);
  expect(thrice.difference).toBeCloseTo(once.difference, 10);
});

test("patients that come again in another split are known by their group", () => {
  const a = model(0.55, 1);
  const b = model(0.45, 2);
  const order = Array.from({ length: a.rows }, (_, i) => a.rows - 1 - i);
  const ids = Int32Array.from(order.keys());
  const groups = [ids, Int32Array.from(order)];
  const once = pairedBootstrap(f1, [a], [b], { seed: 1, groups: [ids] });
  const twice = pairedBootstrap(f1, [a, takeRows(a, order)], [b, takeRows(b, order)], { seed: 1, groups });
  expect(twice.low).toBeCloseTo(once.low, 10);
  expect(twice.high).toBeCloseTo(once.high, 10);
});

test.each<[string, (best: Scored) => Scored[], RegExp]>([
  ["other diagnoses", (best) => [{ ...best, y: best.y.map((c) => (c + 1) % 4) }], /not the same patients/],
  ["fewer patients", (best) => [takeRows(best, [1, 2, 3])], /not the same patients: 150 against 3/],
  ["other classes", (best) => [{ ...best, classes: ["a", "b", "c", "e"] }], /not the same classes/],
  ["other repeats", (best) => [best, best], /not the same repeats: 1 against 2/],
  ["no repeat", () => [], /not the same repeats: 1 against 0/],
])("a candidate with %s is not comparable and never tied", (_, change, reason) => {
  const best = model(0.5, 1);
  const other = change(best);
  const verdict = compareToBest(f1, [[best], other], 0, { seed: 1, resamples: 20 })[1];
  expect(verdict).toMatchObject({ comparable: false, tied: false, reason: expect.stringMatching(reason) });
  expect(() => pairedBootstrap(f1, [best], other, { seed: 1, resamples: 20 })).toThrow(
    expect.objectContaining({ name: "UserError", message: expect.stringMatching(reason) }),
  );
});

test("where the metric is not defined, nothing is comparable, not even the best", () => {
  const none = { ...model(0.5, 1), orphans: [] };
  const recallOrphan = metrics.find((m) => m.id === "recall_orphan")!;
  for (const verdict of compareToBest(recallOrphan, [[none], [none]], 0, { seed: 1, resamples: 20 })) {
    expect(verdict).toMatchObject({ comparable: false, tied: false, reason: expect.stringContaining("recall_orphan") });
  }
});
