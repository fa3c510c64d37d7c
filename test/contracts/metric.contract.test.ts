import { describe, expect, test } from "vitest";
import type { Metric, Scored } from "../../src/core/metric.ts";
import { createRng } from "../../src/core/rng.ts";
import { metrics } from "../../src/metrics/index.ts";
import { perfect, simulate, takeRows } from "../support/metrics.ts";

const samples: readonly (readonly [string, Scored])[] = [
  ["two classes", simulate({ rows: 60, classes: 2, skill: 0.4, seed: 11 })],
  ["seven classes", simulate({ rows: 150, classes: 7, skill: 0.5, seed: 12 })],
  ["more classes than most rows have", simulate({ rows: 60, classes: 40, skill: 0.8, seed: 13 })],
];

function expectSame(a: number, b: number): void {
  if (Number.isNaN(b)) expect(a).toBeNaN();
  else expect(a).toBeCloseTo(b, 10);
}

function expectInRange(metric: Metric, value: number): void {
  if (Number.isNaN(value)) return;
  expect(value).toBeGreaterThanOrEqual(metric.range[0] - 1e-12);
  expect(value).toBeLessThanOrEqual(metric.range[1] + 1e-12);
}

test("ids are unique and in scikit-learn's spelling", () => {
  const ids = metrics.map((m) => m.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9_]*$/);
});

describe.each(metrics)("$id", (metric) => {
  test("says what it is in a sentence", () => {
    expect(metric.title).toMatch(/\S/);
    expect(metric.description).toMatch(/\.$/);
  });

  describe.each(samples)("on %s", (_, scored) => {
    const whole = metric.bind(scored);
    const rng = createRng(5);
    const counts = Uint16Array.from({ length: scored.rows }, () => rng.int(4));

    test("is within its range, on the sample and on any draw of it", () => {
      expectInRange(metric, whole());
      expectInRange(metric, whole(counts));
    });

    test("has its best value for perfect predictions", () => {
      const value = metric.bind(perfect(scored))();
      const best = metric.range[metric.greaterIsBetter ? 1 : 0];
      if (metric.id === "top3_accuracy" && scored.classes.length <= 3) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(best, 12);
    });

    test("with each row counted once equals no counts", () => {
      expectSame(whole(new Uint16Array(scored.rows).fill(1)), whole());
    });

    test("with counts equals the rows written out that often", () => {
      const rows = [...counts].flatMap((n, i) => Array<number>(n).fill(i));
      expectSame(whole(counts), metric.bind(takeRows(scored, rows))());
    });

    test("does not depend on the order of the rows", () => {
      const order = createRng(6).shuffle(Array.from({ length: scored.rows }, (_, i) => i));
      expectSame(metric.bind(takeRows(scored, order))(), whole());
    });

    test("gives the same again after other draws", () => {
      const before = whole();
      whole(counts);
      expect(whole()).toEqual(before);
    });

    test("is not defined for an empty sample", () => {
      expect(whole(new Uint16Array(scored.rows))).toBeNaN();
      expect(metric.bind(takeRows(scored, []))()).toBeNaN();
    });
  });
});
