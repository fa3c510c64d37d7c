/** Predictions next to the truth. */
export interface Scored {
  readonly rows: number;
  readonly classes: readonly string[];
  /** [rows] class codes */
  readonly y: Int32Array;
  /** [rows × classes] row-major probabilities */
  readonly proba: Float32Array;
  /** Class codes of the orphan (rare) classes; may be empty. */
  readonly orphans: readonly number[];
  /** Where diseases were ranked for cases: what came of it, in place of probabilities by class (`proba` is then empty). */
  readonly ranks?: Ranks;
}

/** Where the true disease came in rankings, by setting. */
export interface Ranks {
  /** (b): what rests on the case's own publication alone does not count, as with a new patient. */
  readonly newPatient: RankedRows;
  /** (a): all annotations count. */
  readonly allAnnotations: RankedRows;
  /** [rows] cases of the disease that were learned from */
  readonly trained: Int32Array;
  /** [rows] publication */
  readonly publications: Int32Array;
}

/** Ids of metrics of setting (a) end so; those of (b), what a new patient gets, are the plain ones. */
export const ALL_ANNOTATIONS = "_all_annotations";

export interface RankedRows {
  /** [rows] place of the true disease from 1, ties against us; Infinity where it is not listed */
  readonly rank: Float32Array;
  /** [rows] the best place of any disease of its group */
  readonly groupRank: Float32Array;
  /** [rows] probability of the answer: of the true disease where it is listed, else of "none of these" */
  readonly answer: Float32Array;
  /** [rows] probability of the first disease */
  readonly first: Float32Array;
  /** [rows] probability of "none of these" */
  readonly none: Float32Array;
}

/**
 * @param counts [rows] multiplicities of the rows; absent: each row once
 * @param draw names the counts: while it stays the same object the counts do too, so that metrics of the same predictions
 *   may share what they add up
 */
export type BoundMetric = (counts?: Uint16Array, draw?: object) => number;

/**
 * One number of a set of predictions, named as scikit-learn names it ("f1_macro", "log_loss", …).
 * `bind` does the work that does not depend on the sample once (sorting, arg max); the function it returns takes
 * bootstrap multiplicities of the rows ([rows] counts; absent: each row once) and is cheap to call often.
 * NaN where the metric is not defined on the sample (AUC of a class that does not occur, …).
 */
export interface Metric {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly greaterIsBetter: boolean;
  /** [lowest, highest] possible value. */
  readonly range: readonly [number, number];
  /** What it is of: probabilities by class (when absent), or `Scored.ranks`. */
  readonly input?: "ranks";
  /** Whether the board shows a bootstrap interval beside it. */
  readonly headline: boolean;
  /** Whether it is the mean of a right or wrong a row: where all rows agree it still has an exact interval. */
  readonly share?: true;
  /** [rows] 1 for those that it rests on, where these are not all. */
  restsOn?(scored: Scored): Uint8Array;
  bind(scored: Scored): BoundMetric;
}
