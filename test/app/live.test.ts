import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTeller, type LiveNews, parseLive } from "../../src/app/live/events.ts";
import { createTail } from "../../src/app/live/tail.ts";
import type { Trial } from "../../src/core/trial.ts";
import type { SweepEvent } from "../../src/experiments/events.ts";

const TRIAL: Trial = {
  ...{ key: "k", configKey: "c", pointKey: "p", name: "xgboost", family: "xgboost", params: { secret: 1 } },
  ...{ preparation: { name: "default", steps: [] }, classWeight: "none", resample: "none" },
  ...{ calibrate: "none", prior: "none", seed: 1 },
};

test("lines are read once each, whole, from a file that may come later", () => {
  const folder = mkdtempSync(join(tmpdir(), "disease-tail-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "events");
  const tail = createTail(file);
  expect(tail.lines()).toEqual([]);
  appendFileSync(file, "one\ntwo\nhalf of ñ: ");
  expect(tail.lines()).toEqual(["one", "two"]);
  const [first, ...rest] = Buffer.from("ñ\n");
  appendFileSync(file, Buffer.from([first!]));
  expect(tail.lines()).toEqual([]);
  appendFileSync(file, Buffer.from(rest));
  appendFileSync(file, `${"x".repeat(200_000)}\n`);
  expect(tail.lines()).toEqual(["half of ñ: ñ", "x".repeat(200_000)]);
  rmSync(file);
  expect(tail.lines()).toEqual([]);
  tail.close();
});

test("a file that another reader removes is read to its end", () => {
  const folder = mkdtempSync(join(tmpdir(), "disease-tail-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log");
  appendFileSync(file, "slow: 3 finished\n");
  const tail = createTail(file);
  rmSync(file);
  expect(tail.lines()).toEqual(["slow: 3 finished"]);
  tail.close();
});

test("what is told of a trial is what is seen of it, and metrics that are not defined come back as such", () => {
  const tell = createTeller(() => 0);
  const event: SweepEvent = {
    ...{ type: "finished", trial: TRIAL, runId: "r" },
    result: {
      metrics: { f1_macro: { value: 0.5, low: 0.4, high: 0.6 }, recall_orphan: { value: Number.NaN } },
      curve: [{ round: 1, train: 1, validation: 1 }],
      timing: { fit: 2, score: 0, report: 0 },
      cpu: { fit: 2, score: 0, report: 0 },
      notices: ["few patients"],
    },
  };
  const told = tell(event);
  expect(told).toHaveLength(1);
  const text = JSON.stringify({ at: 0, ...told[0] });
  expect(text).not.toContain("secret");
  expect(text).not.toContain("curve");
  expect(parseLive(text)).toEqual({
    ...{ at: 0, type: "finished", runId: "r" },
    trial: { key: "k", configKey: "c", name: "xgboost", family: "xgboost", seed: 1 },
    result: {
      metrics: { f1_macro: { value: 0.5, low: 0.4, high: 0.6 }, recall_orphan: { value: Number.NaN } },
      timing: { fit: 2 },
      notices: ["few patients"],
    },
  });
  expect(parseLive(text.slice(0, 40))).toBeUndefined();
});

test("a long trial tells fewer points of its curve as time goes by, and what pruning saved follows from their rounds", () => {
  let now = 0;
  const tell = createTeller(() => now);
  tell({ type: "started", trial: TRIAL, runId: "r", stop: () => {} });
  const told: number[] = [];
  const hour = 3_600_000;
  for (let round = 1; now < hour; round++) {
    now = round * 100;
    if (tell({ type: "round", trial: TRIAL, point: { round, train: 1, validation: 1 } }).length > 0) told.push(now);
  }
  expect(told.slice(0, 3)).toEqual([200, 400, 600]);
  expect(told.length).toBeGreaterThan(1000);
  expect(told.length).toBeLessThan(2500);
  const whole: SweepEvent = {
    ...{ type: "finished", trial: { ...TRIAL, key: "other" }, runId: "o" },
    result: {
      ...{ metrics: {}, notices: [], timing: { fit: 1, score: 0, report: 0 }, cpu: { fit: 1, score: 0, report: 0 } },
      curve: [{ round: 72_000, train: 1, validation: 1 }],
    },
  };
  tell(whole);
  const pruned = tell({ type: "pruned", trial: TRIAL, runId: "r", reason: "rung 1", spared: 0 });
  expect(pruned.at(-1)).toEqual({ type: "saved", rounds: 36_000, seconds: 3600 } satisfies LiveNews);
});
