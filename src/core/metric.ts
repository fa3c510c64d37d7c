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
  /** Whether the board shows a bootstrap interval beside it. */
  readonly headline: boolean;
  bind(scored: Scored): BoundMetric;
}
