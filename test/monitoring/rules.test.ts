import { expect, test } from "vitest";
import { parseMonitor } from "../../src/app/monitor/file.ts";
import type { MonitorReport } from "../../src/core/monitoring/monitor.ts";
import type { PredictionRecord } from "../../src/core/serving/serving.ts";
import { makeReport } from "../../src/monitoring/report.ts";
import { createWindow } from "../../src/monitoring/window.ts";
import { CLASSES, type Clinic, clinic, NOON, profileOf, recordsOf, type Shift } from "./_world.ts";

const profile = profileOf(1, 2000);

interface Asked {
  readonly rows?: number;
  readonly shift?: Shift;
  /** Share of the patients whose outcome is known. */
  readonly known?: number;
  readonly change?: (record: PredictionRecord, i: number) => PredictionRecord;
  readonly outcomeOf?: (one: Clinic["patients"][number]) => string;
  readonly before?: Clinic;
}

async function judged(yaml: string, asked: Asked = {}): Promise<MonitorReport> {
  const {
    rows = 400,
    shift,
    known = 1,
    change = (record) => record,
    outcomeOf = ({ truth }) => CLASSES[truth],
  } = asked;
  const now = clinic(77, rows, shift);
  const window = createWindow(profile);
  for (const [i, record] of recordsOf(now).entries())
    window.add(change(record, i), i < known * rows ? outcomeOf(now.patients[i]) : undefined);
  const before = asked.before && createWindow(profile);
  for (const record of asked.before ? recordsOf(asked.before) : []) before!.add(record, undefined);
  return makeReport({
    about: { address: "models:/skin", name: "skin", version: "1", runId: profile.runId, made: NOON },
    ...{ profile, window, asked: "7d", others: 0, unreadable: 0, resamples: 200 },
    before: before?.counts() ?? null,
    monitor: await parseMonitor("m.yaml", `min_n: 50\nrules:\n${yaml}`),
  });
}

test.each([
  ["- feature-drift", {}, "pass"],
  ["- feature-drift", { shift: { lab: 1 } }, "fail"],
  ["- feature-drift: { share_of_features: 0.2 }", { shift: { lab: 1 } }, "pass"],
  ["- feature-drift: { columns: [site, age] }", { shift: { lab: 1 } }, "pass"],
  ["- feature-drift: { statistic: ks, max: 0.3 }", { shift: { lab: 1 } }, "fail"],
  ["- feature-drift", { rows: 20, shift: { lab: 3 } }, "inconclusive"],
  ["- feature-drift", { rows: 0 }, "inconclusive"],
  ["- missing-rate", {}, "pass"],
  ["- missing-rate", { shift: { missing: 0.3 } }, "fail"],
  ["- missing-rate: { max_increase: 0.4 }", { shift: { missing: 0.3 } }, "pass"],
  ["- prediction-drift", {}, "pass"],
  ["- prediction-drift", { shift: { rare: 0.6 } }, "fail"],
  ["- abstention-rate: { max: 0.1 }", {}, "pass"],
  ["- performance: { metric: accuracy, min: 0.8 }", {}, "pass"],
  ["- performance: { metric: accuracy, min: 0.8 }", { shift: { right: 0.6 } }, "fail"],
  ["- performance: { metric: accuracy, min: 0.8 }", { shift: { right: 0.76 }, rows: 60 }, "inconclusive"],
  ["- performance: { metric: accuracy, min: 0.8 }", { known: 0 }, "inconclusive"],
  ["- performance: { metric: accuracy, min: 0.8 }", { known: 0.1 }, "inconclusive"],
  ["- performance: { metric: accuracy, min: 0.8, min_coverage: 0.5 }", { known: 0.3 }, "inconclusive"],
  ["- performance: { metric: accuracy, min: 0.8, min_coverage: 0.2 }", { known: 0.3 }, "pass"],
  ["- performance: { metric: f1_macro, max_drop: 0.1 }", {}, "pass"],
  ["- performance: { metric: f1_macro, max_drop: 0.1 }", { shift: { right: 0.5 } }, "fail"],
  ["- performance: { metric: brier, max_drop: 0.1 }", { shift: { right: 0.5 } }, "fail"],
  ["- performance: { metric: roc_auc_ovr, max_drop: 0.1 }", {}, "inconclusive"],
  ["- calibration: { ece_max: 0.1 }", {}, "pass"],
  ["- calibration: { ece_max: 0.1 }", { shift: { right: 0.5 } }, "fail"],
  ["- orphan-recall: { min: 0.6 }", {}, "pass"],
  ["- orphan-recall: { min: 0.6 }", { shift: { right: 0.2 } }, "fail"],
  ["- orphan-recall: { min: 0.6 }", { shift: { rare: 0 } }, "inconclusive"],
  ["- subgroup: { column: site, min: 0.7 }", {}, "pass"],
  ["- subgroup: { column: age, bands: [50], min: 0.95 }", {}, "fail"],
  ["- subgroup: { column: smoker, max_gap: 0.15 }", {}, "pass"],
  ["- subgroup: { column: site, min: 0.7, min_n: 300 }", {}, "inconclusive"],
  ["- subgroup: { column: nowhere, min: 0.7 }", {}, "inconclusive"],
] as [string, Asked, string][])("%s over %j is %s", async (yaml, asked, verdict) => {
  const { verdict: found, rules } = await judged(yaml, asked);
  expect(found, JSON.stringify(rules)).toBe(verdict);
  for (const { message } of rules) expect(message).toMatch(/\.$/);
});

test("a subgroup that is worse than the others is named with how much worse", async () => {
  const blind = (record: PredictionRecord): PredictionRecord =>
    record.features.site === "west" ? { ...record, probabilities: { A: 0.1, B: 0.2, C: 0.7 } } : record;
  const { rules } = await judged("- subgroup: { column: site, metric: accuracy, max_gap: 0.2 }", { change: blind });
  expect(rules.filter(({ verdict }) => verdict === "fail")).toMatchObject([
    {
      rule: "subgroup site accuracy gap ≤ 0.2, west",
      topic: "performance",
      message: expect.stringContaining("worse by"),
    },
  ]);
});

test("abstentions beyond the limit fail where it is no chance", async () => {
  const every = (n: number) => (record: PredictionRecord, i: number) => ({ ...record, abstained: i % n === 0 });
  expect((await judged("- abstention-rate: { max: 0.1 }", { change: every(4) })).verdict).toBe("fail");
  expect((await judged("- abstention-rate: { max: 0.1 }", { change: every(9) })).verdict).toBe("inconclusive");
});

test("outcomes that the model does not know are counted, and are in no figure", async () => {
  const report = await judged("- performance: { metric: accuracy, min: 0.8 }", {
    outcomeOf: ({ truth }) => (truth === 2 ? "D" : CLASSES[truth]),
  });
  const { known, outside } = report.labels;
  expect(known).toBe(400);
  expect(outside).toBeGreaterThan(40);
  expect(report.performance!.classes.reduce((sum, { rows }) => sum + rows, 0)).toBe(400 - outside);
});

test("the window before can be the baseline: what has been so for long is no change", async () => {
  const shift = { lab: 1 };
  const before = clinic(5, 400, shift);
  expect((await judged("- feature-drift", { shift, before })).verdict).toBe("pass");
  expect((await judged("- feature-drift", { before })).verdict).toBe("fail");
  const none = await judged("- feature-drift", { before: clinic(5, 0) });
  expect(none).toMatchObject({ verdict: "inconclusive", baseline: { kind: "window", patients: 0 } });
});

test("rows of one patient are one unit", async () => {
  const same = (record: PredictionRecord, i: number) => ({ ...record, patient: `h${i % 40}` });
  const { rules } = await judged("- performance: { metric: accuracy, min: 0.8 }", { change: same });
  expect(rules).toMatchObject([{ verdict: "inconclusive", n: 40, message: expect.stringContaining("40 patients") }]);
});

test.each([
  ["rules:\n  - feature-drif", 'unknown rule "feature-drif"', "m.yaml:2", 'Did you mean "feature-drift"?'],
  ["rules:\n  - feature-drift: { maxx: 1 }", 'unknown key "maxx"', "m.yaml:2", 'Did you mean "max"?'],
  ["rules:\n  - performance: { metric: f1_macro }", "needs min or max or max_drop", "m.yaml:2", ""],
  ["windw: 7d\nrules: [missing-rate]", 'unknown key "windw"', "m.yaml:1", 'Did you mean "window"?'],
  ["window: 7 days\nrules: [missing-rate]", "window", "m.yaml:1", ""],
  ["rules: []", "a monitor without a rule", "m.yaml:1", ""],
])("%j is refused with its place", async (text, message, where, fix) => {
  const error = await parseMonitor("m.yaml", text).catch((e) => e);
  expect(error).toMatchObject({ name: "UserError", exitCode: 2, message: expect.stringContaining(message), where });
  expect(error.fix.join(" ")).toContain(fix);
});

test("a column that the model does not have is refused with the line of the rule", async () => {
  const error = await judged("- missing-rate\n- feature-drift: { columns: [sit] }").catch((e) => e);
  expect(error).toMatchObject({ message: 'feature-drift: the model has no feature "sit"', where: "m.yaml:4" });
});
