import { describe, expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { bridgeTail } from "../../src/statistics/drift/_bridge.ts";
import { chiSquareTail, kolmogorovTail } from "../../src/statistics/drift/_tails.ts";
import { chiSquare, twoProportions } from "../../src/statistics/drift/chi-square.ts";
import { benjaminiHochberg, simes } from "../../src/statistics/drift/correction.ts";
import { ksBinned, ksTwoSample } from "../../src/statistics/drift/ks.ts";
import { psi } from "../../src/statistics/drift/psi.ts";
import { driftFixture } from "./_drift.ts";

const fixture = driftFixture();

describe("as scipy", () => {
  test("upper tails of χ² and of Kolmogorov's distribution", () => {
    for (const [x, df, p] of fixture.tails.chi2) expect(Math.abs(chiSquareTail(x, df) / p - 1)).toBeLessThan(1e-10);
    for (const [x, p] of fixture.tails.kolmogorov) expect(kolmogorovTail(x)).toBeCloseTo(p, 10);
  });

  test("χ² of two samples over the same levels, where no cell is pooled", () => {
    const whole = fixture.chi2.filter(({ least }) => least >= 5);
    expect(whole.length).toBeGreaterThan(3);
    for (const { a, b, statistic, p } of whole) {
      const ours = chiSquare(a, b);
      expect(ours).toMatchObject({ df: a.length - 1, pooled: 0 });
      expect(ours.statistic).toBeCloseTo(statistic, 8);
      expect(Math.abs(ours.pValue / p - 1)).toBeLessThan(1e-8);
    }
  });

  test("PSI as the sum of both divergences, an empty bin being half a patient", () => {
    for (const { a, b, psi: expected } of [...fixture.chi2, ...fixture.psi])
      expect(psi(a, b).value).toBeCloseTo(expected, 10);
  });

  test("two shares: the z-test, Fisher's exact one where few are expected", () => {
    for (const { a, n, b, m, p } of fixture.proportions)
      expect(Math.abs(twoProportions(a, n, b, m) / p - 1), `${a}/${n} ${b}/${m}`).toBeLessThan(1e-7);
  });

  test("Benjamini and Hochberg's correction", () => {
    for (const { p, adjusted } of fixture.bh)
      for (const [i, value] of benjaminiHochberg(p).entries()) expect(value).toBeCloseTo(adjusted[i], 12);
  });

  test("the two-sample Kolmogorov–Smirnov test, p within 0.025 of its, within 0.012 where it is small", () => {
    for (const { a, b, statistic, asymp, exact } of fixture.ks) {
      const ours = ksTwoSample(Float64Array.from(a), Float64Array.from(b));
      expect(ours.statistic).toBeCloseTo(statistic, 10);
      for (const p of [asymp, exact]) expect(Math.abs(ours.pValue - p)).toBeLessThan(p < 0.1 ? 0.012 : 0.025);
    }
  });
});

test("the distance of binned samples is that of the samples at most, and its p-value says how often chance gives more", () => {
  const rng = createRng(21);
  for (const bins of [4, 14]) {
    const draw = (n: number): number[] => {
      const counts = new Array<number>(bins).fill(0);
      for (let i = 0; i < n; i++) counts[rng.int(bins)]++;
      return counts;
    };
    const found = Array.from({ length: 1000 }, () => ksBinned(draw(900), draw(400)).pValue);
    for (const level of [0.05, 0.3]) {
      const rate = found.filter((p) => p < level).length / found.length;
      // Three standard deviations.
      expect(Math.abs(rate - level), `${bins} bins`).toBeLessThan(3 * Math.sqrt((level * (1 - level)) / found.length));
    }
  }
  const edges = [-1, -0.3, 0.3, 1];
  const binned = (values: readonly number[]): number[] =>
    [...edges, Number.POSITIVE_INFINITY].map(
      (edge, i) => values.filter((v) => v <= edge && (i === 0 || v > edges[i - 1])).length,
    );
  for (const { a, b, statistic } of fixture.ks)
    expect(ksBinned(binned(a), binned(b)).statistic).toBeLessThanOrEqual(statistic);
});

test("a bridge that is looked at often enough leaves a band as often as Kolmogorov's distribution says", () => {
  const often = Array.from({ length: 400 }, (_, i) => (i + 1) / 401);
  for (const c of [0.6, 1, 1.36, 2]) {
    const all = kolmogorovTail(c);
    expect(bridgeTail(often, c)).toBeLessThanOrEqual(all);
    expect(bridgeTail(often, c) / all).toBeGreaterThan(0.75);
  }
  // At one time it is a normal of variance t(1 − t).
  expect(bridgeTail([0.5], 0.98)).toBeCloseTo(0.05, 3);
  expect(bridgeTail([], 1)).toBe(1);
  expect(bridgeTail([0.5], 0)).toBe(1);
});

test("levels with few patients are pooled, and the pool joins the smallest level while it is small itself", () => {
  expect(chiSquare([50, 50, 1, 2], [50, 50, 2, 1])).toMatchObject({ df: 1, pooled: 3 });
  expect(chiSquare([50, 50, 4, 4, 4], [50, 50, 4, 4, 4])).toMatchObject({ df: 2, pooled: 3, pValue: 1 });
  expect(chiSquare([3, 0], [0, 3])).toMatchObject({ df: 0, pValue: 1 });
  expect(chiSquare([], []).pValue).toBeNaN();
});

test("PSI without change is its noise on average: excess is near 0, value is not", () => {
  const rng = createRng(11);
  const draw = (n: number): number[] => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < n; i++) counts[rng.int(10)]++;
    return counts;
  };
  const found = Array.from({ length: 400 }, () => psi(draw(200), draw(100)));
  const mean = found.reduce((sum, { value }) => sum + value, 0) / found.length;
  expect(Math.abs(mean / found[0].noise - 1)).toBeLessThan(0.1);
  const above = (key: "value" | "excess"): number => found.filter((each) => each[key] > 0.2).length / found.length;
  expect(above("excess")).toBeLessThan(0.03);
  expect(above("value")).toBeGreaterThan(0.1);
});

test("tests that could not be made stay out of a correction", () => {
  expect(benjaminiHochberg([0.01, Number.NaN, 0.04])).toEqual([0.02, Number.NaN, 0.04]);
  expect(simes([0.3, 0.01, Number.NaN])).toBeCloseTo(0.02);
  expect(simes([Number.NaN])).toBeNaN();
  expect(twoProportions(0, 0, 1, 2)).toBeNaN();
  expect(twoProportions(0, 10, 0, 20)).toBe(1);
});
