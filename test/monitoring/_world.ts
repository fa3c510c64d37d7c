import type { Column, Frame } from "../../src/core/dataset.ts";
import type { Scored } from "../../src/core/metric.ts";
import type { MonitoringProfile } from "../../src/core/monitoring/profile.ts";
import { createRng, type Rng } from "../../src/core/rng.ts";
import { rawRowOf } from "../../src/core/serving/input.ts";
import type { PredictionRecord } from "../../src/core/serving/serving.ts";
import { validationMetrics } from "../../src/monitoring/performance.ts";
import { profileValidation } from "../../src/monitoring/profile.ts";
import { profileTraining } from "../../src/statistics/drift/profile.ts";

/** How patients of a made-up clinic differ from those of training. */
export interface Shift {
  /** Standard deviations that `lab` lies higher. */
  readonly lab?: number;
  /** Share of `marker` that is missing; 0.05 in training. */
  readonly missing?: number;
  /** Share of patients with the disease C; 0.2 in training. */
  readonly rare?: number;
  /** Share of right answers; 0.85 in training. */
  readonly right?: number;
  /** Share of site "west"; 0.3 in training. */
  readonly west?: number;
  /** Share of patients with fever; 0.4 in training. */
  readonly fever?: number;
}

export const CLASSES = ["A", "B", "C"];

interface Patient {
  readonly truth: number;
  readonly proba: readonly number[];
}

export interface Clinic {
  readonly frame: Frame;
  readonly patients: readonly Patient[];
}

/** Patients drawn by a seed. */
export function clinic(seed: number, rows: number, shift: Shift = {}): Clinic {
  const rng = createRng(seed);
  const { lab = 0, missing = 0.05, rare = 0.2, right = 0.85, west = 0.3, fever = 0.4 } = shift;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
  const list = Array.from({ length: rows }, () => patientOf(rng, rare, right));
  const numeric = (name: string, value: () => number): Column => ({
    kind: "numeric",
    name,
    values: Float64Array.from({ length: rows }, value),
  });
  const labels = Array.from({ length: rows }, () =>
    [fever, 0.2, 0.1].flatMap((p, code) => (rng.next() < p ? code : [])),
  );
  const offsets = new Uint32Array(rows + 1);
  labels.forEach((own, i) => {
    offsets[i + 1] = offsets[i] + own.length;
  });
  const columns: Column[] = [
    numeric("lab", () => normal() + lab),
    numeric("marker", () => (rng.next() < missing ? Number.NaN : Math.exp(normal()))),
    numeric("grade", () => rng.int(4)),
    numeric("age", () => 20 + rng.int(60)),
    {
      ...{ kind: "categorical", name: "site", levels: ["east", "north", "west"] },
      codes: Int32Array.from({ length: rows }, () => (rng.next() < west ? 2 : rng.int(2))),
    },
    { kind: "boolean", name: "smoker", values: Float64Array.from({ length: rows }, () => rng.int(2)) },
    {
      ...{ kind: "multilabel", name: "symptoms", levels: ["fever", "itch", "rash"], offsets },
      ...{ codes: Int32Array.from(labels.flat()), missing: new Uint8Array(rows) },
    },
  ];
  return { frame: { rows, columns }, patients: list };
}

/** A patient whose answer is right with the share `right`, and as sure as that of training says. */
function patientOf(rng: Rng, rare: number, right: number): Patient {
  const truth = rng.next() < rare ? 2 : rng.int(2);
  const answer = rng.next() < right ? truth : (truth + 1 + rng.int(2)) % 3;
  const sure = 0.7 + 0.3 * rng.next();
  return { truth, proba: CLASSES.map((_, code) => (code === answer ? sure : (1 - sure) / 2)) };
}

const scoredOf = ({ patients }: Clinic): Scored => ({
  rows: patients.length,
  classes: CLASSES,
  y: Int32Array.from(patients, ({ truth }) => truth),
  proba: Float32Array.from(patients.flatMap(({ proba }) => proba)),
  orphans: [2],
});

/** The profile of a model that was trained on one clinic's patients. */
export function profileOf(seed: number, rows: number): MonitoringProfile {
  const { frame, patients } = clinic(seed, rows);
  const validation = scoredOf(clinic(seed + 1_000_000, Math.floor(rows / 2)));
  const units = Int32Array.from({ length: validation.rows }, (_, i) => i);
  const target = { name: "disease", classes: CLASSES, codes: Int32Array.from(patients, ({ truth }) => truth) };
  return {
    ...{ format: 1, runId: "a".repeat(32), input: "table", classes: CLASSES, orphans: ["C"] },
    training: profileTraining({ frame, target }, { train: Int32Array.from({ length: rows }, (_, i) => i) }, "table"),
    validation: profileValidation(
      validation,
      validationMetrics(validation, units, { resamples: 200, level: 0.95, seed: 1 }),
    ),
  };
}

export const NOON = Date.UTC(2026, 10, 24, 12);

/** What the service would have logged of a clinic's patients, a minute apart, the last one at noon. */
export function recordsOf({ frame, patients }: Clinic): PredictionRecord[] {
  return patients.map(({ proba }, row) => ({
    id: `p${row}`,
    time: NOON - 60_000 * (patients.length - 1 - row),
    request: `r${row}`,
    model: { name: "skin", version: "1", hash: "h" },
    role: "answer",
    patient: null,
    features: rawRowOf(frame, row),
    probabilities: Object.fromEntries(CLASSES.map((name, code) => [name, proba[code]])),
    abstained: false,
  }));
}
