import { describe, expect, test } from "vitest";
import type { LiveEvent, LiveTrial } from "../../../src/app.ts";
import { drawSweep, layoutOf } from "../../../src/tui/sweep/lines.ts";
import { createSweepModel, type SweepModel } from "../../../src/tui/sweep/model.ts";
import { themeOf } from "../../../src/tui/theme.ts";

const START = 1_000_000;
const trial = (name: string, seed = 1): LiveTrial => ({
  ...{ key: `${name} ${seed}`, configKey: name, name: `${name} · seed ${seed}`, family: name, seed },
});
type News = LiveEvent extends infer E ? (E extends unknown ? Omit<E, "at"> : never) : never;

/** A model that has been told this, a second apart. */
function told(...news: readonly News[]): SweepModel {
  const model = createSweepModel();
  const sweep: News = { type: "sweep", experiment: "skin", rankMetric: "log_loss", greaterIsBetter: false, jobs: 2 };
  [sweep, ...news].forEach((event, i) => {
    model.add({ at: START + 1000 * i, ...event } as LiveEvent);
  });
  return model;
}

const planned = (total: number | null, kept: readonly { trial: LiveTrial; metrics: Record<string, number> }[] = []) =>
  ({ type: "planned", total, reused: kept.length, sweepId: "5eed", kept }) as const;
const started = (t: LiveTrial): News => ({ type: "started", trial: t, runId: `run of ${t.key}` });
const finished = (t: LiveTrial, log_loss: number, fit = 1): News => ({
  ...{ type: "finished", trial: t, runId: `run of ${t.key}` },
  result: { metrics: { log_loss: { value: log_loss } }, timing: { fit }, notices: [] },
});

describe("the leaderboard as it fills", () => {
  test("best first by the rank metric's direction; repeats are one row with mean and sd (n − 1)", () => {
    const rows = told(
      planned(4),
      ...[trial("a"), trial("b"), trial("b", 2)].map(started),
      finished(trial("a"), 0.5),
      finished(trial("b"), 0.1),
      finished(trial("b", 2), 0.3),
    ).rows();
    expect(rows.map(({ rank, name, repeats }) => [rank, name, repeats])).toEqual([
      [1, "b", 2],
      [2, "a", 1],
    ]);
    expect(rows[0]!.metrics.log_loss!.mean).toBeCloseTo(0.2, 12);
    expect(rows[0]!.metrics.log_loss!.sd).toBeCloseTo(Math.SQRT2 * 0.1, 12);
    expect(rows[1]!.metrics.log_loss).toEqual({ mean: 0.5, sd: null });
  });

  test("trials of before are in it, those that failed, were pruned or stopped come last with the reason", () => {
    const model = told(
      planned(5, [{ trial: trial("old"), metrics: { log_loss: 0.2 } }]),
      ...[trial("a"), trial("b"), trial("c"), trial("d")].map(started),
      { type: "failed", trial: trial("a"), runId: "", reason: "out of memory" },
      { type: "pruned", trial: trial("b"), runId: "", reason: "rung 1", spared: 0 },
      { type: "saved", rounds: 70, seconds: 3 },
      { type: "stopped", trial: trial("c"), runId: "", byHand: true },
      finished(trial("d"), Number.NaN),
    );
    expect(model.rows().map(({ rank, name, state, notes }) => [rank, name, state, notes.join()])).toEqual([
      [1, "old", "finished", ""],
      [null, "d", "finished", ""],
      [null, "a", "failed", "out of memory"],
      [null, "b", "pruned", "pruned at rung 1"],
      [null, "c", "stopped", "stopped by hand"],
    ]);
    expect(model.facts).toMatchObject({
      ...{ total: 4, ended: 4, kept: 1, finished: 1, failed: 1, pruned: 1, stopped: 1 },
      saved: { rounds: 70, seconds: 3 },
    });
    expect(model.running).toEqual([]);
  });

  test("a repeat that fails does not hide those that finished", () => {
    const [row] = told(planned(2), finished(trial("a"), 0.5), {
      ...{ type: "failed", trial: trial("a", 2), runId: "", reason: "killed" },
    }).rows();
    expect(row).toMatchObject({ rank: 1, repeats: 1, state: "finished", notes: ["killed"] });
  });

  test("a next round counts anew and keeps the rows", () => {
    const model = told(
      planned(1),
      finished(trial("a"), 0.5),
      { type: "sweep", experiment: "skin", rankMetric: "log_loss", greaterIsBetter: false, jobs: 2 },
      planned(2, [{ trial: trial("a"), metrics: { log_loss: 0.5 } }]),
    );
    expect(model.facts).toMatchObject({ number: 2, total: 1, ended: 0 });
    expect(model.rows()).toHaveLength(1);
    expect(model.rows()[0]!.repeats).toBe(1);
  });
});

test("what is left is told once as many trials have ended as run at once", () => {
  const model = told(planned(6), started(trial("a")), finished(trial("a"), 1));
  expect(model.left(START + 10_000)).toBeUndefined();
  model.add({ at: START + 9000, ...finished(trial("b"), 1) } as LiveEvent);
  expect(model.left(START + 9000)).toBeCloseTo((8 / 2) * 4, 9); // planned a second after the start
  expect(told(planned(null)).left(START + 9000)).toBeUndefined();
});

describe("the picture", () => {
  const curve = (t: LiveTrial): News[] =>
    [1, 2, 3, 4].map((round) => ({
      type: "round",
      trial: t,
      point: { round, train: 1 / round, validation: 2 / round },
    }));
  const model = told(
    planned(20),
    ...[trial("a"), trial("b\x1b[2J")].flatMap((t) => [started(t), ...curve(t)]),
    { type: "failed", trial: trial("c"), runId: "", reason: "no\x1b]0;x\x07 engine" },
    ...Array.from({ length: 12 }, (_, i) => finished(trial(`d${i}`), i / 12)),
  );
  const draw = (columns: number, rows: number, selected = -1, top = 0): string[] =>
    drawSweep({ model, theme: themeOf("dark"), now: START + 60_000, selected, top }, { columns, rows });
  const plain = (row: string): string => row.replaceAll(/\x1b\[[\d;]*m/g, "");

  test.each([
    [50, 7],
    [80, 21],
    [120, 37],
    [300, 97],
  ])("%i × %i: each row fills the width, and nothing but styles is sent", (columns, rows) => {
    const drawn = draw(columns, rows);
    expect(drawn).toHaveLength(rows);
    for (const row of drawn.map(plain)) {
      expect(row).toHaveLength(columns);
      expect(row).not.toMatch(/\p{Cc}/u);
    }
  });

  test("progress, running trials with round and curve, then the leaderboard", () => {
    const drawn = draw(120, 37).map(plain);
    expect(drawn[0]).toMatch(/^ {2}█+.?·+ {2}13\/20 {3}59 s {3}about/);
    expect(drawn[1]).toMatch(/✓ 12 finished {3}✗ 1 failed/);
    expect(drawn[3]).toMatch(/▶ {2}a · seed 1 {2}round 4 {2}validation 0\.5000 {2}train 0\.2500/);
    expect(drawn[4]).toMatch(/^ +2 [\u2800-\u28ff]/u);
    const { board } = layoutOf(model, { columns: 120, rows: 37 });
    expect(drawn[board - 1]).toMatch(/# {2}trial +n +log_loss +fit/);
    expect(drawn[board]).toMatch(/^ {4}1 {2}d0 +1 +0\.000 +1\.0 s/);
    expect(drawn[board + 12]).toMatch(/✗ {2}c +no\\u001b\]0;x\\u0007 engine/);
  });

  test("the selected one is marked, the list scrolls", () => {
    expect(plain(draw(120, 37, 1)[layoutOf(model, { columns: 120, rows: 37 }).running + 6]!)).toMatch(
      /^❯ ▶ {2}b\\u001b/,
    );
    const { board } = layoutOf(model, { columns: 80, rows: 21 });
    expect(plain(draw(80, 21, 5, 3)[board]!)).toMatch(/^❯ {3}4 {2}d3/);
  });
});
