import { readFile } from "node:fs/promises";
import { UserError } from "../../core/errors.ts";
import { unpack } from "../../core/formats/container.ts";
import type { ClassWeight, CurvePoint, RoundEvent, TrialResult } from "../../core/trial.ts";
import { classShares } from "../../families/_shared.ts";
import { families } from "../../families/index.ts";
import { targetShares } from "../../statistics/calibration/prior.ts";
import { type Finish, finishTrial, type TrialReports } from "./finish.ts";
import { moment } from "./moment.ts";
import type { Prepared } from "./prepare.ts";
import { resampledRows } from "./resample.ts";

export interface TrialPayload extends Finish {
  readonly preparedFile: string;
  readonly threads: number;
}

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
  const start = moment();
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
    const fitted = moment();
    const natural = classShares(prepared.train, classes.length);
    return await finishTrial(
      payload,
      {
        model,
        proba: model.predictProba(validation.x),
        validation,
        facts: prepared,
        shares: {
          learned: classShares({ ...train, weights }, classes.length),
          target: targetShares(trial.prior, classes, natural),
        },
        names: train.x.names,
        curve,
        notices: resampled.notices,
        times: [start, fitted],
      },
      reports,
    );
  } finally {
    model.dispose();
  }
}

/** Kept, since engines share what they made of rows and weights among trials with the very same ones. */
const balanced = new WeakMap<Int32Array, Float32Array>();

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
  const weights = balanced.get(y) ?? Float32Array.from(y, (code) => y.length / (classes.length * counts[code]!));
  balanced.set(y, weights);
  return weights;
}
