import { CODE_VERSION } from "../../core/build.ts";
import { UserError } from "../../core/errors.ts";
import type { FittedModel } from "../../core/family.ts";
import { writeNpy } from "../../core/formats/npy.ts";
import type { Scored } from "../../core/metric.ts";
import type { CurvePoint, MetricValue, Trial, TrialResult } from "../../core/trial.ts";
import { metrics } from "../../metrics/index.ts";
import { bootstrapIntervals } from "../../statistics/bootstrap.ts";
import { fitPost, type PostRequest } from "../../statistics/calibration/fit.ts";
import { encodeSummary, SUMMARY_FILE } from "../explain/summary.ts";
import { writeFiles } from "../files.ts";
import { saveModel } from "../model.ts";
import { type Moment, moment, timesOf } from "./moment.ts";
import type { Prepared } from "./prepare.ts";

/** What the reports room makes of a finished trial: files by name. It arrives as an argument. */
export type TrialReports = (input: {
  readonly scored: Scored;
  readonly curve: readonly CurvePoint[];
  readonly rounds?: number;
  readonly importances?: { readonly kind: string; readonly names: readonly string[]; readonly values: Float64Array };
  readonly charts: boolean;
}) => Promise<Readonly<Record<string, string | Uint8Array>>>;

/** How a trial is scored and where it is kept. */
export interface Finish {
  readonly trial: Trial;
  readonly orphans: readonly number[];
  readonly bootstrap: { readonly resamples: number; readonly level: number };
  readonly charts: boolean;
  /** Folder that gets the artifacts. */
  readonly outDir: string;
}

export interface FittedTrial {
  readonly model: FittedModel;
  /** [validation rows × classes] by models that have not learned from the rows. */
  readonly proba: Float32Array;
  readonly validation: Pick<Prepared["validation"], "y" | "rows" | "units">;
  /** Target, classes, preparation and example of the model that is saved. */
  readonly facts: Pick<Prepared, "target" | "classes" | "preparation" | "example">;
  /** How common the classes are, for what follows the model. */
  readonly shares: Pick<PostRequest, "learned" | "target" | "widen">;
  /** [features] */
  readonly names: readonly string[];
  /** [features] of the training rows, where the model is trained on them */
  readonly means?: Float32Array;
  readonly curve: readonly CurvePoint[];
  readonly notices: readonly string[];
  /** Before and after the fit. */
  readonly times: readonly [start: Moment, fitted: Moment];
  /** Further artifacts by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Calibrates a fitted model, scores it on validation, and writes its artifacts. */
export async function finishTrial(finish: Finish, made: FittedTrial, reports: TrialReports): Promise<TrialResult> {
  const { trial } = finish;
  const { model, proba, validation, facts, curve } = made;
  const { classes } = facts;
  checkProbabilities(proba);
  const post = fitPost({ calibrate: trial.calibrate, classes, ...made.shares }, { ...validation, proba }, trial.seed);
  const scored: Scored = {
    rows: validation.y.length,
    classes,
    y: validation.y,
    proba: post.proba,
    orphans: finish.orphans,
  };
  const values = score(scored, finish, trial.seed, validation.units);
  const scoredAt = moment();
  const { family, params } = trial;
  const { target, example, preparation } = facts;
  const card = { family, params, target, classes, rounds: model.rounds, codeVersion: CODE_VERSION, example };
  writeFiles(finish.outDir, {
    ...prefixed("model", saveModel(card, preparation, model, post.steps)),
    [SUMMARY_FILE]: encodeSummary(scored, made.means),
    "predictions/validation.npy": writeNpy(scored.proba, [scored.rows, classes.length]),
    "predictions/validation_y.npy": writeNpy(scored.y, [scored.rows]),
    "predictions/validation_rows.npy": writeNpy(validation.rows, [scored.rows]),
    "predictions/validation_units.npy": writeNpy(validation.units, [scored.rows]),
    ...made.files,
    ...(await reports({
      scored,
      curve,
      rounds: model.rounds,
      importances: model.importances && { ...model.importances, names: made.names },
      charts: finish.charts,
    })),
  });
  const [start, fitted] = made.times;
  return {
    metrics: values,
    curve,
    rounds: model.rounds,
    ...timesOf(start, fitted, scoredAt),
    features: made.names.length,
    notices: [...made.notices, ...(model.notices ?? []), ...post.notices],
  };
}

function score(scored: Scored, { bootstrap }: Finish, seed: number, units: Int32Array): Record<string, MetricValue> {
  const headline = metrics.filter((m) => m.headline);
  const intervals = bootstrapIntervals(scored, headline, { ...bootstrap, seed, groups: units });
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

function prefixed<T>(folder: string, files: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));
}
