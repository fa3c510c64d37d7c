import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { metrics } from "../../src/metrics/index.ts";
import { type MetricCase, scoredOf, simulate } from "../support/metrics.ts";

const cases: MetricCase[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/metrics/reference.json"), "utf8"),
);

describe.each(cases)("$name", (problem) => {
  const scored = scoredOf(problem);
  const counts = problem.counts === null ? undefined : Uint16Array.from(problem.counts);

  test.each(metrics)("$id is scikit-learn's", (metric) => {
    const value = metric.bind(scored)(counts);
    expect(Object.keys(problem.expected)).toContain(metric.id);
    const expected = problem.expected[metric.id];
    if (expected === null) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(expected, 9);
  });
});

test("the headline metrics are the ones that a board shows", () => {
  expect(
    metrics
      .filter((m) => m.headline)
      .map((m) => m.id)
      .sort(),
  ).toEqual([
    "accuracy",
    "balanced_accuracy",
    "ece",
    "f1_macro",
    "log_loss",
    "mse",
    "recall_macro",
    "recall_orphan",
    "roc_auc_ovr",
  ]);
});

test("recall of orphan classes is not defined where there are none", () => {
  const scored = { ...simulate({ rows: 30, classes: 4, skill: 1, seed: 1 }), orphans: [] };
  expect(metrics.find((m) => m.id === "recall_orphan")?.bind(scored)()).toBeNaN();
});

test("mse is the multi-class Brier score divided by the classes", () => {
  const scored = simulate({ rows: 50, classes: 5, skill: 0.5, seed: 2 });
  const value = (id: string) => metrics.find((m) => m.id === id)?.bind(scored)() ?? Number.NaN;
  expect(value("mse") * 5).toBeCloseTo(value("brier"), 12);
});

test("a diverged model's NaN probabilities are refused with the row", () => {
  const scored = simulate({ rows: 10, classes: 3, skill: 1, seed: 3 });
  scored.proba[7] = Number.NaN;
  expect(() => metrics.find((m) => m.id === "accuracy")?.bind(scored)).toThrow(
    expect.objectContaining({ message: expect.stringContaining("not numbers"), where: "prediction of row 3 of 10" }),
  );
});
