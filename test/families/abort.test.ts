import { expect, test } from "vitest";
import { families } from "../../src/families/index.ts";
import { contextFor } from "../contracts/family.contract.ts";

test.each([
  ["random-forest", { n_estimators: 100_000 }],
  ["extra-trees", { n_estimators: 100_000 }],
  ["xgboost", { n_estimators: 100_000, early_stopping_rounds: 0 }],
  ["gbm", { n_estimators: 100_000, early_stopping_rounds: 0 }],
])("%s stops in the middle of a long fit when a timer aborts it", async (id, params) => {
  const family = await families[id]!();
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  const change = { signal: controller.signal, params: family.params.parse(params) };
  await expect(family.fit(contextFor(family, change))).rejects.toBe(reason);
});

test("logistic stops in the middle of a long fit when a timer aborts it", async () => {
  const family = await families.logistic!();
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  const change = { signal: controller.signal, params: family.params.parse({ C: 1e6, tol: 1e-12 }) };
  const context = contextFor(family, change, { rows: 3000, cols: 80, classes: 30 });
  await expect(family.fit(context)).rejects.toBe(reason);
});
