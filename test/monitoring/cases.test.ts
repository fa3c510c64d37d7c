import { expect, test } from "vitest";
import type { PatientCase } from "../../src/core/cases.ts";
import type { Ranks, Scored } from "../../src/core/metric.ts";
import { isCertain } from "../../src/core/monitoring/monitor.ts";
import type { MonitoringProfile } from "../../src/core/monitoring/profile.ts";
import { createRng } from "../../src/core/rng.ts";
import type { PredictionRecord } from "../../src/core/serving/serving.ts";
import { caseDataset } from "../../src/lake/phenopackets/dataset.ts";
import { validationMetrics } from "../../src/monitoring/performance.ts";
import { profileValidation } from "../../src/monitoring/profile.ts";
import { makeReport } from "../../src/monitoring/report.ts";
import { createWindow } from "../../src/monitoring/window.ts";
import { profileTraining } from "../../src/statistics/drift/profile.ts";

/** Made-up cases: each has each of twelve terms with a chance of its own. @param factor of the first term's chance */
function cases(seed: number, count: number, factor = 1): PatientCase[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => ({
    ...{ name: `c${i}`, source: `c${i}.json`, id: `c${i}`, excluded: [], onset: undefined, publication: undefined },
    present: Array.from({ length: 12 }, (_, t) => ({ id: `HP:${t}`, label: "" })).filter(
      (_, t) => rng.next() < (0.2 + t / 30) * (t === 0 ? factor : 1),
    ),
    sex: rng.int(2) === 0 ? ("female" as const) : ("male" as const),
    age: 1 + rng.int(40),
    diagnoses: [{ id: `OMIM:${i % 7}`, label: "" }],
  }));
}

/** Ranks as a method gives them that is right at once in `share` of the cases. */
function ranksOf(rows: number, share: number): Ranks {
  const rng = createRng(3);
  const places = {
    rank: Float32Array.from({ length: rows }, () => (rng.next() < share ? 1 : 4)),
    groupRank: new Float32Array(rows).fill(1),
    answer: new Float32Array(rows).fill(0.5),
    first: Float32Array.from({ length: rows }, () => 0.3 + 0.6 * rng.next()),
    none: new Float32Array(rows),
  };
  return {
    ...{ newPatient: places, allAnnotations: places, trained: new Int32Array(rows) },
    publications: Int32Array.from({ length: rows }, (_, i) => i),
  };
}

function profile(): MonitoringProfile {
  const dataset = caseDataset(cases(1, 600), "cases.zip");
  const ranks = ranksOf(300, 0.6);
  const scored: Scored = {
    ...{ rows: 300, classes: [], y: new Int32Array(300), proba: new Float32Array(), orphans: [], ranks },
  };
  const metrics = validationMetrics(scored, ranks.publications, { resamples: 200, level: 0.95, seed: 1 });
  return {
    ...{ format: 1, runId: "b", input: "cases", classes: [], orphans: [] },
    training: profileTraining(dataset, { train: Int32Array.from({ length: 600 }, (_, i) => i) }, "cases"),
    validation: profileValidation(scored, metrics),
  };
}

/** @param first share of the cases whose disease stands first; the others' is third, each tenth's is not listed */
function reportOf(list: readonly PatientCase[], first: number) {
  const window = createWindow(profile());
  const rng = createRng(9);
  for (const [i, one] of list.entries()) {
    const p = 0.3 + 0.6 * rng.next();
    const own = one.diagnoses[0].id;
    const listed = i % 10 === 0 ? ["X:1", "X:2"] : rng.next() < first ? [own, "X:1"] : ["X:1", "X:2", own];
    const record: PredictionRecord = {
      ...{ id: `p${i}`, time: i, request: "r", role: "answer", patient: null, abstained: false },
      model: { name: "rare", version: "1", hash: "h" },
      features: { present: one.present.map(({ id }) => id), excluded: [], sex: one.sex, age: one.age ?? null },
      probabilities: Object.fromEntries(listed.map((id, place) => [id, p / 2 ** place])),
    };
    window.add(record, own);
  }
  return makeReport({
    about: { address: "models:/rare", name: "rare", version: "1", runId: "b", made: 0 },
    ...{
      profile: profile(),
      window,
      before: null,
      asked: "7d",
      others: 0,
      unreadable: 0,
      monitor: null,
      resamples: 200,
    },
  });
}

test("cases like those of training have no great and certain drift in terms, their number, sex, age or the first disease's probability", () => {
  const { features, answers } = reportOf(cases(2, 300), 0.6);
  expect(features.map(({ feature }) => feature)).toEqual([
    "present",
    "present (number)",
    "excluded",
    "excluded (number)",
    "sex",
    "age",
  ]);
  expect(features.filter((f) => isCertain(f) && f.psi! > 0.1)).toEqual([]);
  expect(answers).toMatchObject({ predicted: null, probabilities: null });
  expect(answers!.confidence.adjusted).toBeGreaterThan(0.05);
});

test("a term that comes far more often is found, and named first", () => {
  const present = reportOf(cases(3, 300, 4), 0.6).features[0];
  expect(present.adjusted).toBeLessThan(1e-6);
  expect(present.changes[0]).toMatchObject({ label: "HP:0" });
  expect(present.changes[0].current).toBeGreaterThan(0.6);
});

test("a place is that in the log; a disease that is not in it counts as not listed", () => {
  const { performance, labels } = reportOf(cases(4, 300), 0.6);
  expect(labels.known).toBe(300);
  const value = (metric: string): number => performance!.figures.find((f) => f.metric === metric)!.value!;
  expect(value("top3")).toBeCloseTo(0.9, 5);
  expect(value("top10")).toBeCloseTo(0.9, 5);
  expect(Math.abs(value("top1") - 0.54)).toBeLessThan(0.08);
  expect(performance!.figures.find((f) => f.metric === "top1")!.drop).toMatchObject({ value: expect.any(Number) });
});
