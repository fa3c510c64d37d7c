import { expect, test } from "vitest";
import type { TrackingStore } from "../../src/core/store.ts";
import type { Trial, TrialResult } from "../../src/core/trial.ts";
import type { SweepEvent } from "../../src/experiments/events.ts";
import { createProfiler, profileMetrics } from "../../src/experiments/lanes/profile.ts";

const finished = (family: string, seconds: number): SweepEvent => ({
  type: "finished",
  trial: { family } as Trial,
  runId: "r",
  result: {
    timing: { fit: seconds, score: 0.5, report: 0.25 },
    cpu: { fit: 2 * seconds, score: 0.5, report: 0.125 },
  } as TrialResult,
});
const prepared = (seconds: number): SweepEvent => ({
  ...{ type: "prepared", name: "standard", seed: 1, features: 3 },
  ...{ seconds, cpu: seconds / 2 },
});

test("adds up phases and families, the dearest family first, and the CPU of all processes", () => {
  const profiler = createProfiler({ wall: 1, cpu: 0.5 });
  for (const event of [prepared(2), prepared(4), finished("logistic", 1), finished("gbm", 5), finished("gbm", 3)])
    profiler.event(event);
  profiler.event({ type: "failed", trial: { family: "svm" } as Trial, runId: "f", reason: "x" });
  const profile = profiler.profile(2, { wall: 20_000, cpu: 4000 });
  expect(profile.phases).toEqual({
    load: { wall: 1, cpu: 0.5 },
    prepare: { wall: 6, cpu: 3 },
    fit: { wall: 9, cpu: 18 },
    score: { wall: 1.5, cpu: 1.5 },
    report: { wall: 0.75, cpu: 0.375 },
    log: { wall: 0, cpu: 0 },
  });
  expect(profile.families.map((f) => [f.family, f.trials, f.fit])).toEqual([
    ["gbm", 2, { wall: 8, cpu: 16 }],
    ["logistic", 1, { wall: 1, cpu: 2 }],
  ]);
  expect(profile.total).toEqual({ wall: 20, cpu: 4 + 3 + 18 + 1.5 + 0.375 });
  const metrics = Object.fromEntries(profileMetrics(profile, 7).map(({ key, value }) => [key, value]));
  expect(metrics).toMatchObject({ profile_fit_seconds: 9, profile_fit_cpu_seconds: 18, profile_total_seconds: 20 });
});

test("a timed store gives what the store gives, and its calls are counted", async () => {
  const profiler = createProfiler({ wall: 0, cpu: 0 });
  const spin = (): void => {
    for (const end = performance.now() + 5; performance.now() < end; );
  };
  const getRun = async (id: string) => {
    spin();
    return { id };
  };
  const store = { uri: "x", getRun, close: spin } as unknown as TrackingStore;
  const timed = profiler.timed(store);
  expect(timed.uri).toBe("x");
  expect(await timed.getRun("r")).toEqual({ id: "r" });
  timed.close();
  expect(profiler.profile(1).phases.log.wall).toBeGreaterThanOrEqual(0.01);
});
