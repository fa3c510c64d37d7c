import { readFile } from "node:fs/promises";
import { UserError } from "../../core/errors.ts";
import type { LabelledMatrix } from "../../core/family.ts";
import { unpack } from "../../core/formats/container.ts";
import type { Knowledge } from "../../core/knowledge.ts";
import type { ClassWeight, CurvePoint, RoundEvent, TrialResult } from "../../core/trial.ts";
import { classShares } from "../../families/_shared.ts";
import { families } from "../../families/index.ts";
import { targetShares } from "../../statistics/calibration/prior.ts";
import { columnMeans } from "../explain/summary.ts";
import { narrowed, widening, widenShares } from "./classes.ts";
import { type Finish, finishTrial, type TrialReports } from "./finish.ts";
import { knowledgeAt } from "./knowledge.ts";
import { moment } from "./moment.ts";
import type { KnowledgeFiles, Prepared } from "./prepare.ts";
import { resampledRows } from "./resample.ts";

export interface TrialPayload extends Finish {
  readonly preparedFile: string;
  readonly threads: number;
  /** Files that the family may ask for. */
  readonly files?: KnowledgeFiles;
  /** Whether classes may have no row in train. */
  readonly unseen?: boolean;
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
  knowledge?: Knowledge,
): Promise<TrialResult> {
  const { trial } = payload;
  const { validation, classes, groupNames = [] } = prepared;
  const resampled = await resampledRows(trial.resample, prepared.train, classes, trial.seed);
  const { train } = resampled;
  const family = await families[trial.family]!();
  const curve: CurvePoint[] = [];
  let told = 0;
  const start = moment();
  const lacking = payload.unseen ? narrowed(train.y, classes.length) : undefined;
  // To a family that learns from rows alone, classes without one do not exist.
  const narrow = family.knowsClasses ? undefined : lacking;
  const weights = lacking
    ? classWeights(
        trial.classWeight,
        lacking.placesOf(train.y),
        lacking.codes.map((code) => classes[code]!),
      )
    : classWeights(trial.classWeight, train.y, classes);
  const part = (rows: LabelledMatrix): LabelledMatrix => (narrow ? narrow.rowsOf(rows) : rows);
  const model = await family.fit({
    train: part({ x: train.x, y: train.y, weights }),
    validation: part(validation),
    classes: narrow?.codes.length ?? classes.length,
    params: trial.params,
    seed: trial.seed,
    threads: payload.threads,
    signal: context.signal,
    ...(knowledge && {
      world: {
        knowledge: knowledgeAt(knowledge, payload.files ?? {}),
        classNames: classes,
        groupNames,
        groups: prepared.train.groups ?? new Int32Array(train.y.length).fill(-1),
      },
    }),
    onRound(round, losses) {
      const point = { round, ...losses };
      curve.push(point);
      if (context.emit({ ...point, earlier: curve.slice(told, -1) })) told = curve.length;
    },
  });
  try {
    const fitted = moment();
    const widen = widening(model, classes.length, train.y.length, narrow);
    const natural = widenShares(classShares(prepared.train, classes.length), widen);
    return await finishTrial(
      payload,
      {
        model,
        proba: model.predictProba(validation.x),
        validation,
        facts: prepared,
        shares: {
          learned: widenShares(classShares({ ...train, weights }, classes.length), widen),
          widen,
          target: targetShares(trial.prior, classes, natural),
        },
        names: train.x.names,
        means: columnMeans(prepared.train.x),
        curve,
        notices: [...resampled.notices, ...(narrow ? [lackingNotice(narrow.codes, classes)] : [])],
        times: [start, fitted],
      },
      reports,
    );
  } finally {
    model.dispose();
  }
}

const lackingNotice = (codes: readonly number[], classes: readonly string[]): string =>
  `${classes.length - codes.length} of ${classes.length} classes have no training row, so it never predicts them (each gets the share of half a patient)`;

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
