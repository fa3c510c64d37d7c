import { expect, test } from "vitest";
import { bestValue } from "../../src/board/best.ts";
import { groupText, spreadOf } from "../../src/board/groups.ts";
import { computeRows } from "../../src/board/rows.ts";
import type { BoardRows } from "../../src/board/types.ts";
import { type BoardView, CONFIGURATION, EMPTY_VIEW } from "../../src/board/view.ts";
import type { RunTable } from "../../src/core/board/board.ts";
import { createRng } from "../../src/core/rng.ts";
import { type Cells, fill, tableOf } from "./support.ts";

const F1 = "metrics.val_f1_macro";
const BEST_FIRST = [{ id: F1, descending: true }];
const view = (part: Partial<BoardView>): BoardView => ({ ...EMPTY_VIEW, sort: BEST_FIRST, ...part });

/** Lines as a person would read them: "xgboost", "  r1". */
function shown(table: RunTable, rows: BoardRows): string[] {
  return [...rows.lines].map((line, i) => {
    const text = line < 0 ? rows.groups[-1 - line]!.label : table.runId(line);
    return "  ".repeat(rows.depths[i]!) + text;
  });
}

const trial = (parent: string, family: string, f1: number | undefined, more: Cells = {}): Cells => ({
  [F1]: f1,
  "params.family": family,
  "tags.mlflow.parentRunId": parent,
  ...more,
});

const SWEEPS = {
  s1: { "attributes.start_time": 1 },
  a: trial("s1", "gbm", 0.8, { "tags.disease.config_key": "k1", "attributes.run_name": "gbm x · seed 1" }),
  b: trial("s1", "gbm", 0.6, { "tags.disease.config_key": "k1", "attributes.run_name": "gbm x · seed 2" }),
  c: trial("s1", "svm", undefined, { "attributes.status": "FAILED" }),
  s2: { "attributes.start_time": 2 },
  d: trial("s2", "svm", 0.9, { "tags.disease.config_key": "k2" }),
  gone: trial("s2", "svm", 0.99, { "attributes.lifecycle": "deleted" }),
  alone: { [F1]: 0.7 },
};

test("the trials are lines of their own, best first, without their sweeps and what was deleted", () => {
  const table = tableOf(SWEEPS);
  expect(shown(table, computeRows(table, view({})))).toEqual(["d", "a", "alone", "b", "c"]);
  expect(shown(table, computeRows(table, view({ lifecycle: "deleted" })))).toEqual(["gone"]);
  expect(shown(table, computeRows(table, view({ filter: "params.family = 'svm'" })))).toEqual(["d", "c"]);
  expect(shown(table, computeRows(table, view({ search: "gbm seed" })))).toEqual(["a", "b"]);
});

test("without a sort the newest run is first", () => {
  const table = tableOf({ old: { "attributes.start_time": 1 }, new: { "attributes.start_time": 9 } });
  expect(shown(table, computeRows(table, EMPTY_VIEW))).toEqual(["new", "old"]);
});

test("sweeps are folded, the one with the best trial first, and open to show their trials", () => {
  const table = tableOf(SWEEPS);
  const fold = view({ nesting: "fold" });
  expect(shown(table, computeRows(table, fold))).toEqual(["s2", "s1", "alone"]);
  const rows = computeRows(table, fold, { opened: new Set(["s1"]) });
  expect(shown(table, rows)).toEqual(["s2", "s1", "  a", "  b", "  c", "alone"]);
  expect([...rows.children.get(table.rowOf("s2")!)!]).toEqual([table.rowOf("d")]);
  const filtered = computeRows(table, { ...fold, filter: "params.family = 'gbm'" }, { opened: new Set(["s1"]) });
  expect(shown(table, filtered)).toEqual(["s1", "  a", "  b"]);
});

test("groups have mean and standard deviation over the runs that finished, and are sorted by them", () => {
  const table = tableOf(SWEEPS);
  const rows = computeRows(table, view({ groupBy: ["params.family"] }), { opened: new Set(["gbm"]) });
  expect(shown(table, rows)).toEqual(["svm", "gbm", "  a", "  b", "–"]);
  const [svm, gbm] = rows.groups;
  expect(spreadOf(table, F1, gbm!.rows)).toEqual({ n: 2, mean: 0.7, sd: expect.closeTo(Math.SQRT1_2 * 0.2, 12) });
  expect([groupText(table, F1, gbm!), groupText(table, F1, svm!)]).toEqual(["0.7000 ± 0.1414", "0.9000"]);
  expect([groupText(table, "n", gbm!), groupText(table, "n", svm!)]).toEqual(["2", "1 of 2"]);
  expect(groupText(table, "params.family", gbm!)).toBe("gbm");
  expect(groupText(table, "attributes.run_name", gbm!)).toBe("2 values");
});

test("repeats over seeds are one line by their configuration; runs without one stay apart", () => {
  const table = tableOf(SWEEPS);
  const rows = computeRows(table, view({ groupBy: [CONFIGURATION] }));
  expect(shown(table, rows)).toEqual(["d", "gbm x", "alone", "c"]);
});

test("two columns make a group of each pair", () => {
  const table = tableOf({
    a: { "params.family": "gbm", "metrics.rounds": 3 },
    b: { "params.family": "gbm", "metrics.rounds": 4 },
    c: { "params.family": "gbm", "metrics.rounds": 3 },
    d: { "params.family": "svm", "metrics.rounds": 3 },
  });
  const rows = computeRows(table, { ...EMPTY_VIEW, groupBy: ["params.family", "metrics.rounds"] });
  expect(rows.groups.map(({ label, rows: { length } }) => [label, length])).toEqual([
    ["gbm · 3", 2],
    ["gbm · 4", 1],
    ["svm · 3", 1],
  ]);
});

test("the best value is among what finished, by the metric's direction, and none where all are alike", () => {
  const table = tableOf({ ...SWEEPS, broken: { [F1]: 2, "attributes.status": "FAILED" } });
  const greater = new Map([[F1, "greater" as const]]);
  const best = (part: Partial<BoardView>, directions = greater): number =>
    bestValue(table, F1, computeRows(table, view(part)), directions as typeof greater);
  expect(best({})).toBe(0.9);
  expect(best({}, new Map([[F1, "smaller" as const]]) as never)).toBe(0.6);
  expect(best({ groupBy: ["params.family"] })).toBe(0.9);
  expect(best({ filter: "params.family = 'svm'" })).toBeNaN();
  expect(best({}, new Map())).toBeNaN();
});

test("going on from the result before gives what a fresh look gives, whatever changes", () => {
  const rng = createRng(3);
  const table = tableOf({ s: {} });
  const change = (): void => {
    const runs: Record<string, Cells> = {};
    for (let k = 0; k < 1 + rng.next() * 5; k++) {
      const id = `r${Math.floor(rng.next() * 400)}`;
      runs[id] = trial(
        rng.next() < 0.3 ? "s" : `r${Math.floor(rng.next() * 20)}`,
        ["gbm", "svm", "mlp"][Math.floor(rng.next() * 3)]!,
        rng.next(),
        {
          "attributes.lifecycle": rng.next() < 0.1 ? "deleted" : "active",
          "params.depth": String(Math.floor(rng.next() * 9)),
        },
      );
    }
    fill(table, runs);
  };
  for (let i = 0; i < 200; i++) change();
  const views = [
    view({}),
    view({ sort: [{ id: "params.family", descending: false }, ...BEST_FIRST], filter: "params.depth != '3'" }),
    view({ search: "g", nesting: "fold" }),
  ];
  const before = views.map((v) => computeRows(table, v));
  for (let i = 0; i < 60; i++) {
    change();
    for (const [v, aView] of views.entries()) {
      before[v] = computeRows(table, aView, { previous: before[v]! });
      expect([...before[v]!.order]).toEqual([...computeRows(table, aView).order]);
    }
  }
});
