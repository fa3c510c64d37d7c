import { expect, test } from "vitest";
import { complete } from "../../src/board/complete.ts";
import { compileFilter, unknownNames } from "../../src/board/filter.ts";
import { compileSearch } from "../../src/board/search.ts";
import { PlacedError } from "../../src/core/filter/tokens.ts";
import { fill, tableOf } from "./support.ts";

const runs = tableOf({
  a1b2: { "metrics.f1": 0.9, "params.family": "xgboost", "tags.site": "Málaga", "attributes.duration": 30 },
  c: { "metrics.f1": Number.NaN, "params.family": "gbm", "attributes.status": "FAILED" },
  d: { "params.family": "GBM 100%", "tags.it's": "x", "attributes.experiment": "derma" },
});
const matching = (text: string): string[] => {
  const passes = compileFilter(text, runs) ?? (() => true);
  return ["a1b2", "c", "d"].filter((id) => passes(runs.rowOf(id)!));
};

test.each([
  ["", ["a1b2", "c", "d"]],
  ["metrics.f1 > 0.5", ["a1b2"]],
  ["metrics.f1 <= 0.9", ["a1b2"]],
  ["metrics.f1 != 0.5", ["a1b2", "c"]], // NaN is another value, a missing one is none
  ["metrics.f1 != 0.9", ["c"]],
  ["metrics.other != 1", []],
  ["params.family = 'gbm'", ["c"]],
  ["params.family != 'gbm'", ["a1b2", "d"]],
  ["params.family LIKE 'gbm%'", ["c"]],
  ["params.family ILIKE 'gbm%'", ["c", "d"]],
  ["params.family LIKE '%0_'", ["d"]],
  ["params.family like 'g.m'", []],
  ["tags.site IS NULL", ["c", "d"]],
  ["tags.site IS NOT NULL", ["a1b2"]],
  ["tags.nobody IS NULL", ["a1b2", "c", "d"]],
  ["status = 'FAILED'", ["c"]],
  ["run_id IN ('a1b2', 'd')", ["a1b2", "d"]],
  ["run_id NOT IN ('a1b2')", ["c", "d"]],
  ["run_name = 'd' and params.family ilike '%100%'", ["d"]],
  ["attributes.duration > 10", ["a1b2"]],
  ["experiment = 'derma' AND lifecycle = 'active'", ["d"]],
])("%s has MLflow's meaning", (text, ids) => {
  expect(matching(text)).toEqual(ids);
});

test("a filter goes on to hold for columns and texts that come later", () => {
  const table = tableOf({ a: {} });
  const passes = compileFilter("params.family = 'svm'", table)!;
  expect(passes(0)).toBe(false);
  fill(table, { a: { "params.family": "mlp" }, b: { "params.family": "svm" } });
  expect([passes(0), passes(1)]).toEqual([false, true]);
});

test.each([
  ["metrics.f1 >", 12, "ends too early"],
  ["metrics.f1 > 'x'", 13, "wrong place"],
  ["durations > 3", 0, "durations"],
  ["params.family = 'a' and datasets.name = 'x'", 24, "does not hold datasets"],
])("%s is refused at the character", (text, at, message) => {
  try {
    compileFilter(text, runs);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(PlacedError);
    expect([(error as PlacedError).at, (error as PlacedError).message]).toEqual([at, expect.stringContaining(message)]);
  }
});

test("a name that no run has is told with the nearest one", () => {
  expect(unknownNames("metrics.f2 > 1 and params.famly = 'x' and status = 'x'", runs)).toEqual([
    { at: 0, id: "metrics.f2", nearest: "metrics.f1" },
    { at: 19, id: "params.famly", nearest: "params.family" },
  ]);
});

test.each([
  ["malaga", ["a1b2"]],
  ["MÁLAGA xgb", ["a1b2"]],
  ["malaga gbm", []],
  ["gbm", ["c", "d"]],
  ["a1b2", ["a1b2"]],
  ["  ", ["a1b2", "c", "d"]],
])("searching %j finds runs by all its words, whatever the case and accents", (text, ids) => {
  const passes = compileSearch(text, runs, ["params.family", "tags.site"]) ?? (() => true);
  expect(["a1b2", "c", "d"].filter((id) => passes(runs.rowOf(id)!))).toEqual(ids);
});

/** The cursor is at |. */
const completed = (marked: string): { texts: string[]; result: string } => {
  const cursor = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to, candidates } = complete(text, cursor, runs);
  return {
    texts: candidates.map((c) => c.text),
    result: candidates.length === 0 ? text : text.slice(0, from) + candidates[0]!.text + text.slice(to),
  };
};

test.each([
  ["|", "metrics.f1"],
  ["f1|", "metrics.f1"],
  ["par|", "params.family"],
  ["fam| = 'x'", "params.family = 'x'"],
  ["dur|", "duration"],
  ["metrics.f1 > 0.5 and sta|", "metrics.f1 > 0.5 and status"],
  ["metrics.f1 > 0.5 |", "metrics.f1 > 0.5 and"],
  ["params.family |", "params.family ="],
  ["params.family li|", "params.family LIKE"],
  ["params.family is |", "params.family is NULL"],
  ["params.family = |", "params.family = 'xgboost'"],
  ["params.family = 'gb|", "params.family = 'gbm'"],
  ["params.family = 'gb|'", "params.family = 'gbm'"],
  ["status = 'FI|", "status = 'FINISHED'"],
  ["run_id in ('a', |", "run_id in ('a', |"],
  ["tags.it|", "tags.`it's`"],
  ["metrics.f1 > |", "metrics.f1 > "],
  ["& |", "& "],
])("%s is completed", (marked, result) => {
  expect(completed(marked).result).toBe(result.replace("|", ""));
});

test("a value is offered with the number of runs that have it, the commonest first", () => {
  expect(complete("status = ", 9, runs).candidates).toEqual([
    { text: "'FINISHED'", note: "2 runs" },
    { text: "'FAILED'", note: "1 run" },
  ]);
});
