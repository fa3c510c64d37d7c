import { readFile } from "node:fs/promises";
import { CODE_VERSION } from "../../core/build.ts";
import { unpack } from "../../core/container.ts";
import { UserError } from "../../core/errors.ts";
import type { FittedModel } from "../../core/family.ts";
import type { Scored } from "../../core/metric.ts";
import { writeNpy } from "../../core/npy.ts";
import type { ClassWeight, CurvePoint, MetricValue, RoundEvent, Trial, TrialResult } from "../../core/trial.ts";
import { classShares } from "../../families/_shared.ts";
import { families } from "../../families/index.ts";
import { metrics } from "../../metrics/index.ts";
import { bootstrapIntervals } from "../../statistics/bootstrap.ts";
import { fitPost } from "../../statistics/calibration/fit.ts";
import { targetShares } from "../../statistics/calibration/prior.ts";
import type { ProbaStep } from "../../statistics/calibration/steps.ts";
import { writeFiles } from "../files.ts";
import { saveModel } from "../model.ts";
import type { Prepared } from "./prepare.ts";
import { resampledRows } from "./resample.ts";

export interface TrialPayload {
  readonly trial: Trial;
  readonly preparedFile: string;
  readonly orphans: readonly number[];
  readonly bootstrap: { readonly resamples: number; readonly level: number };
  readonly charts: boolean;
  readonly threads: number;
  /** Folder that gets the artifacts. */
  readonly outDir: string;
}

/** What the reports room makes of a finished trial: files by name. It arrives as an argument. */
export type TrialReports = (input: {
  readonly scored: Scored;
  readonly curve: readonly CurvePoint[];
  readonly rounds?: number;
  readonly importances?: { readonly kind: string; readonly names: readonly string[]; readonly values: Float64Array };
  readonly charts: boolean;
}) => Promise<Readonly<Record<string, string | Uint8Array>>>;

/** Reads prepared files and keeps the last few: trials on the same preparation share its matrices. */
export function createPreparedCache(size = 2): (file: string) => Promise<Prepared> {
  const kept = new Map<string, Prepared>();
  return async (file) => {
    const prepared = kept.get(file) ?? (unpack(await readFile(file)) as Prepared);
    kept.delete(file);
    kept.set(file, prepared);
    for (const oldest of kept.keys()) {
      if (kept.size <= size) break;
      kept.delete(oldest);
    }
    return prepared;
  };
}

/** Fits one trial, scores it on validation, and writes its artifacts. */
export async function runTrial(
  payload: TrialPayload,
  prepared: Prepared,
  reports: TrialReports,
  context: { readonly signal: AbortSignal; emit(event: RoundEvent): boolean },
): Promise<TrialResult> {
  const { trial } = payload;
  const { validation, classes } = prepared;
  const resampled = await resampledRows(trial.resample, prepared.train, classes, trial.seed);
  const { train } = resampled;
  const family = await families[trial.family]!();
  const curve: CurvePoint[] = [];
  let told = 0;
  const times = [performance.now()];
  const weights = classWeights(trial.classWeight, train.y, classes);
  const model = await family.fit({
    train: { ...train, weights },
    validation,
    classes: classes.length,
    params: trial.params,
    seed: trial.seed,
    threads: payload.threads,
    signal: context.signal,
    onRound(round, losses) {
      const point = { round, ...losses };
      curve.push(point);
      if (context.emit({ ...point, earlier: curve.slice(told, -1) })) told = curve.length;
    },
  });
  try {
    times.push(performance.now());
    const proba = model.predictProba(validation.x);
    checkProbabilities(proba);
    const natural = classShares(prepared.train, classes.length);
    const post = fitPost(
      {
        calibrate: trial.calibrate,
        classes,
        learned: classShares({ ...train, weights }, classes.length),
        target: targetShares(trial.prior, classes, natural),
      },
      { ...validation, proba },
      trial.seed,
    );
    const scored: Scored = {
      rows: validation.y.length,
      classes,
      y: validation.y,
      proba: post.proba,
      orphans: payload.orphans,
    };
    const values = score(scored, payload, trial.seed, validation.units);
    times.push(performance.now());
    await writeFiles(payload.outDir, {
      ...prefixed("model", savedModel(trial, prepared, model, post.steps)),
      "predictions/validation.npy": writeNpy(scored.proba, [scored.rows, classes.length]),
      "predictions/validation_y.npy": writeNpy(scored.y, [scored.rows]),
      "predictions/validation_rows.npy": writeNpy(validation.rows, [scored.rows]),
      "predictions/validation_units.npy": writeNpy(validation.units, [scored.rows]),
      ...(await reports({
        scored,
        curve,
        rounds: model.rounds,
        importances: model.importances && { ...model.importances, names: train.x.names },
        charts: payload.charts,
      })),
    });
    times.push(performance.now());
    const [fit, scoring, report] = [0, 1, 2].map((i) => (times[i + 1]! - times[i]!) / 1000) as [number, number, number];
    return {
      metrics: values,
      curve,
      rounds: model.rounds,
      timing: { fit, score: scoring, report },
      features: train.x.cols,
      notices: [...resampled.notices, ...(model.notices ?? []), ...post.notices],
    };
  } finally {
    model.dispose();
  }
}

/**
 * Row weights that give every class the same total: rows / (classes × rows of the class), as scikit-learn's "balanced".
 * @throws UserError when a class has no training row
 */
export function classWeights(kind: ClassWeight, y: Int32Array, classes: readonly string[]): Float32Array | undefined {
  const counts = new Int32Array(classes.length);
  for (const code of y) counts[code]!++;
  const absent = counts.indexOf(0);
  if (absent >= 0) {
    throw new UserError(`no training row of class "${classes[absent]}"`, {
      where: "split",
      fix: "Leave the class out of the data, merge it with another, or stratify the split.",
    });
  }
  if (kind === "none") return undefined;
  return Float32Array.from(y, (code) => y.length / (classes.length * counts[code]!));
}

function score(scored: Scored, payload: TrialPayload, seed: number, units: Int32Array): Record<string, MetricValue> {
  const headline = metrics.filter((m) => m.headline);
  const intervals = bootstrapIntervals(scored, headline, { ...payload.bootstrap, seed, groups: units });
  const values: Record<string, MetricValue> = {};
  for (const metric of metrics) values[metric.id] = intervals[metric.id] ?? { value: metric.bind(scored)() };
  return values;
}

function checkProbabilities(proba: Float32Array): void {
  const bad = proba.findIndex((p) => !Number.isFinite(p));
  if (bad < 0) return;
  throw new UserError(`the model predicts ${proba[bad]} for a validation row`, {
    fix: "It diverged: lower the learning rate, or scale the data.",
  });
}

function savedModel(
  trial: Trial,
  prepared: Prepared,
  model: FittedModel,
  steps: readonly ProbaStep[],
): Record<string, Uint8Array> {
  const { family, params } = trial;
  const { target, classes, example } = prepared;
  return saveModel(
    { family, params, target, classes, rounds: model.rounds, codeVersion: CODE_VERSION, example },
    prepared.preparation,
    model,
    steps,
  );
}

function prefixed<T>(folder: string, files: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));
}
