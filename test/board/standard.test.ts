import { describe, expect, test } from "vitest";
import { currentRows, olderAnswers } from "../../src/board/current.ts";
import { computeRows } from "../../src/board/rows.ts";
import { nextArrangement, standardArrangement } from "../../src/board/standard.ts";
import { CONFIGURATION, EMPTY_VIEW } from "../../src/board/view.ts";
import { type Cells, fill, names, tableOf } from "./support.ts";

const RANK = "metrics.val_f1_macro";
const GREATER = new Map([[RANK, "greater" as const]]);

/** A trial; all in one experiment on one data set unless it says otherwise. */
const trial = (key: string, start: number, more: Cells = {}): Cells => ({
  "tags.disease.trial_key": key,
  "tags.disease.config_key": key,
  "tags.disease.point_key": key,
  "tags.disease.data_hash": "d1",
  "attributes.experiment": "skin",
  "attributes.start_time": start,
  ...more,
});
const kept = (runs: Readonly<Record<string, Cells>>): string[] => {
  const table = tableOf(runs);
  const current = currentRows(table);
  return names(table, Int32Array.from(current.keys().filter((row) => current[row] === 1)));
};

describe("of what leaderboards are", () => {
  test("of a trial that ran twice the newer run, but a finished one before one that failed later", () => {
    expect(kept({ a1: trial("a", 1), a2: trial("a", 2) })).toEqual(["a2"]);
    expect(kept({ a1: trial("a", 1), a2: trial("a", 2, { "attributes.status": "FAILED" }) })).toEqual(["a1"]);
  });

  test("of a point that a newer program answered again the newer answers, all repeats", () => {
    const at = (point: string): Cells => ({ "tags.disease.point_key": point });
    const config = (key: string): Cells => ({ ...at("p"), "tags.disease.config_key": key });
    expect(
      kept({
        old1: trial("t1", 1, config("old")),
        old2: trial("t2", 2, config("old")),
        new1: trial("t3", 3, config("new")),
        new2: trial("t4", 4, config("new")),
      }),
    ).toEqual(["new1", "new2"]);
  });

  test("only trials on the newest data, experiment by experiment; runs that are no trials stay, and deleted ones, which a view hides", () => {
    const data = (hash: string, experiment = "skin"): Cells => ({
      "tags.disease.data_hash": hash,
      "attributes.experiment": experiment,
    });
    const runs = {
      a: trial("a", 1, data("d1")),
      b: trial("b", 2, data("d2")),
      c: trial("c", 3, data("d1", "heart")),
      sweep: { "attributes.experiment": "skin" },
      deleted: trial("e", 9, { "attributes.lifecycle": "deleted" }),
    };
    expect(kept(runs)).toEqual(["b", "c", "sweep", "deleted"]);
    expect(olderAnswers(tableOf(runs))).toBe(1);
  });

  test("are found anew when a run takes the place of another", () => {
    const table = tableOf({ a1: trial("a", 1), b: trial("b", 2) });
    const view = { ...EMPTY_VIEW, answers: "current" as const };
    const before = computeRows(table, view);
    expect(names(table, before.order)).toEqual(["b", "a1"]);
    fill(table, { a2: trial("a", 3) });
    expect(names(table, computeRows(table, view, { previous: before }).order)).toEqual(["a2", "b"]);
  });
});

describe("where nobody said how", () => {
  test("one experiment is its leaderboard: a line a configuration, best first, then the quicker one", () => {
    const table = tableOf({ a: trial("a", 1, { [RANK]: 0.5, "metrics.fit_seconds": 1 }) });
    expect(standardArrangement(table, RANK, GREATER)).toEqual({
      sort: [
        { id: RANK, descending: true },
        { id: "metrics.fit_seconds", descending: false },
      ],
      groupBy: [CONFIGURATION],
      nesting: "flat",
      answers: "current",
    });
    expect(standardArrangement(table, "metrics.val_mse", new Map()).sort[0]).toEqual({
      id: "metrics.val_mse",
      descending: false,
    });
  });

  test("several experiments, runs without configurations, and runs that nothing ranks are newest first", () => {
    const newest = { sort: [], groupBy: [], nesting: "flat", answers: "all" };
    const two = tableOf({ a: trial("a", 1), b: trial("b", 2, { "attributes.experiment": "heart" }) });
    expect(standardArrangement(two, RANK, GREATER)).toEqual(newest);
    expect(standardArrangement(tableOf({ a: { [RANK]: 1 } }), RANK, GREATER)).toEqual(newest);
    expect(standardArrangement(tableOf({ a: trial("a", 1) }), undefined, GREATER)).toEqual(newest);
  });

  test("configurations, single runs and sweeps follow each other round", () => {
    const standard = standardArrangement(tableOf({ a: trial("a", 1) }), RANK, GREATER);
    const board = { ...EMPTY_VIEW, ...standard };
    const single = { ...board, ...nextArrangement(board, standard) };
    expect(single).toMatchObject({ groupBy: [], nesting: "flat", answers: "all", sort: board.sort });
    const sweeps = { ...single, ...nextArrangement(single, standard) };
    expect(sweeps).toMatchObject({ groupBy: [], nesting: "fold" });
    expect({ ...sweeps, ...nextArrangement(sweeps, standard) }).toEqual(board);
  });
});
