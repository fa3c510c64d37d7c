import { expect, test } from "vitest";
import type { Trial } from "../../src/core/trial.ts";
import { createCosts } from "../../src/experiments/lanes/cost.ts";
import { takeFrom } from "../../src/experiments/schedule.ts";

const shape = { rows: 14_000, columns: 140, classes: 41 };
const trial = (family: string, params: Trial["params"] = {}): Trial =>
  ({ family, params, name: `${family} ${JSON.stringify(params)}` }) as Trial;

test("more trees, rounds, epochs or rows are expected to take longer", () => {
  const costs = createCosts(shape);
  for (const [family, param] of [
    ["random-forest", "n_estimators"],
    ["xgboost", "n_estimators"],
    ["gbm", "n_estimators"],
    ["mlp", "epochs"],
    ["transformer", "epochs"],
    ["a family of tomorrow", "n_estimators"],
  ] as const)
    expect(costs.of(trial(family, { [param]: 300 }))).toBeGreaterThan(costs.of(trial(family, { [param]: 30 })));
  const wider = createCosts({ ...shape, rows: 100_000 });
  for (const family of ["logistic", "svm", "random-forest", "gbm", "mlp", "transformer", "knn"])
    expect(wider.of(trial(family)), family).toBeGreaterThan(costs.of(trial(family)));
  const share = (max_features: number | string) => costs.of(trial("random-forest", { max_features }));
  expect(share(0.3)).toBeGreaterThan(share("sqrt"));
});

test("what finished trials took corrects what is expected, of their family and of those without one yet", () => {
  const costs = createCosts(shape);
  const [svm, gbm, mlp] = [costs.of(trial("svm")), costs.of(trial("gbm")), costs.of(trial("mlp"))];
  costs.measured(trial("svm"), 3 * svm);
  expect(costs.of(trial("svm"))).toBeCloseTo(3 * svm, 9);
  expect(costs.of(trial("gbm"))).toBeCloseTo(3 * gbm, 9);
  costs.measured(trial("gbm"), gbm / 2);
  expect(costs.of(trial("gbm"))).toBeCloseTo(gbm / 2, 9);
  expect(costs.of(trial("svm"))).toBeCloseTo(3 * svm, 9);
  expect(costs.of(trial("mlp"))).toBeCloseTo((mlp * (3 * svm + gbm / 2)) / (svm + gbm), 9);
});

test("of the items that are ready the dearest goes first, then of those whose preparation nobody makes", () => {
  const states = { a: "absent", m: "making", r: "ready" } as const;
  const queue = ["a9", "r1", "m7", "r3", "a2", "r3 too", "a8"];
  const readiness = (item: string) => states[item[0] as keyof typeof states];
  const cost = (item: string): number => Number(item[1]);
  const order = Array.from({ length: 7 }, () => takeFrom(queue, readiness, cost));
  expect(order).toEqual(["r3", "r3 too", "r1", "a9", "a8", "a2", undefined]);
});
