import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { parseFilter, parseOrder } from "../../src/core/filter/filter.ts";

test.each([
  ["metrics.a > 0.5", { entity: "metric", key: "a", comparator: ">", value: 0.5 }],
  ["metric.a>=-1e-3", { entity: "metric", key: "a", comparator: ">=", value: -0.001 }],
  ["metrics.a.b != .5", { entity: "metric", key: "a.b", comparator: "!=", value: 0.5 }],
  ["metrics.1st = 0", { entity: "metric", key: "1st", comparator: "=", value: 0 }],
  ["params.`x y` = 'a'", { entity: "param", key: "x y", comparator: "=", value: "a" }],
  ['`parameters`."x.y" = "it\'s"', { entity: "param", key: "x.y", comparator: "=", value: "it's" }],
  ["parameter.año like '%x_'", { entity: "param", key: "año", comparator: "LIKE", value: "%x_" }],
  ["tags.mlflow.runName ilike ''", { entity: "tag", key: "mlflow.runName", comparator: "ILIKE", value: "" }],
  ["tag.a is null", { entity: "tag", key: "a", comparator: "IS NULL", value: null }],
  ["params.a IS  NOT\nNULL", { entity: "param", key: "a", comparator: "IS NOT NULL", value: null }],
  ["run_id NOT IN ('a','b')", { entity: "attribute", key: "run_id", comparator: "NOT IN", value: ["a", "b"] }],
  ["attr.Created < 5", { entity: "attribute", key: "start_time", comparator: "<", value: 5 }],
  ["run.`Run name` = 'x'", { entity: "attribute", key: "run_name", comparator: "=", value: "x" }],
  ["dataset.context in ('train')", { entity: "dataset", key: "context", comparator: "IN", value: ["train"] }],
])("%s is read as MLflow reads it", (text, clause) => {
  expect(parseFilter(text)).toEqual([clause]);
});

test("clauses are joined by AND; an empty filter has none", () => {
  expect(parseFilter("metrics.a > 1 and params.and = 'or' AND status = 'FAILED'").map((c) => c.key)).toEqual([
    "a",
    "and",
    "status",
  ]);
  expect(parseFilter(" \n ")).toEqual([]);
});

test.each([
  ["metrcs.loss > 1", 1, "metrics.loss"],
  ["parms.`a b` = 'x'", 1, "params.`a b`"],
  ["statsu = 'FAILED'", 1, "status"],
  ["attributes.starttime > 1", 1, "start_time"],
  ["val_f1 > 0.5", 1, "metrics.val_f1"],
  ["dataset.nmae = 'x'", 1, "datasets.name"],
  ["metrics.val-f1 > 1", 12, "backticks"],
  ["params.`a = 'x'", 8, "Close"],
  ["metrics.a > '1'", 13, "a number"],
  ["metrics.a > 1x", 13, "metrics.val_f1_macro > 0.9"],
  ["params.a = 5", 12, "quotes"],
  ["params.a = `x`", 12, "quotes"],
  ["params.a = 'it''s'", 16, "other kind of quotes"],
  ["params.a = 'x", 12, "Close"],
  ["params.a > 'x'", 10, "LIKE"],
  ["params.a IN ('x')", 10, "LIKE"],
  ["metrics.a IS NULL", 11, ">="],
  ["metrics.a == 1", 11, "single ="],
  ["metrics.a <> 1", 11, "!="],
  ["metrics.a => 1", 11, "comparator"],
  ["metrics.a > 1 OR metrics.b > 1", 15, "one search"],
  ["metrics.a > 1 metrics.b > 1", 15, "AND"],
  ["metrics.a > 1 AND", 18, "a field"],
  ["AND metrics.a > 1", 1, "a field"],
  ["(metrics.a > 1)", 1, "a field"],
  ["NOT metrics.a > 1", 1, "a field"],
  ["run_id IN ()", 12, "quotes"],
  ["run_id IN ('a' 'b')", 16, "comma"],
  ["run_id IN 'a'", 11, "parentheses"],
  ["tags.a IS NOT 'x'", 15, "NULL"],
  ["metrics.a > 1; DROP TABLE runs", 14, "metrics.val_f1_macro"],
])("the fault of %s is shown at character %i", (text, at, advice) => {
  const error = faultOf(() => parseFilter(text));
  expect(error.where).toBe(`filter "${text}", character ${at}`);
  expect(error.fix.join(" ")).toContain(advice);
});

test("an order is a field and a direction", () => {
  expect(parseOrder(["metrics.`val f1` desc", "start_time", 'params."a.b" ASC'])).toEqual([
    { entity: "metric", key: "val f1", descending: true },
    { entity: "attribute", key: "start_time", descending: false },
    { entity: "param", key: "a.b", descending: false },
  ]);
});

test.each([
  [[""], 1],
  [["metrics.a DESC NULLS"], 16],
  [["metrics.a, metrics.b"], 10],
  [["metrics.val-f1"], 12],
  [["duration"], 1],
  [["datasets.name"], 1],
  [["metrics.a", "metric.a DESC"], 1],
])("the order %j is refused at character %i", (texts, at) => {
  expect(faultOf(() => parseOrder(texts)).where).toMatch(new RegExp(`^order .*, character ${at}$`));
});

function faultOf(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
