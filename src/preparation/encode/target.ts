/** Target encoding: a level becomes what share of its patients has each disease, drawn to the share of all by how few they are. */
import { createRng } from "../../core/rng.ts";

/** Levels of a column by row, and the class. */
export interface LevelRows {
  /** [rows] 0 … groups - 1 */
  readonly codes: Int32Array;
  readonly groups: number;
  /** [rows] */
  readonly y: Int32Array;
  readonly classes: number;
}

/** Of two classes one share says both: that of the second. */
export const targetOutputs = (classes: number): number => (classes <= 2 ? 1 : classes);

/**
 * Smoothed shares, as scikit-learn's TargetEncoder(smooth="auto"): empirical Bayes, the share of all weighing as much as the
 * variance within the level says.
 * @param uses which rows count; all when absent
 * @returns [groups × outputs] and, as one row more, the shares of all: what an unknown level gets
 */
export function targetTable(
  { codes, groups, y, classes }: LevelRows,
  uses?: (row: number) => boolean,
): Float64Array<ArrayBuffer> {
  const outputs = targetOutputs(classes);
  const counts = new Float64Array(groups + 1);
  const table = new Float64Array((groups + 1) * outputs);
  for (let row = 0; row < codes.length; row++) {
    if (uses && !uses(row)) continue;
    counts[codes[row]]++;
    counts[groups]++;
    const output = outputs === 1 ? y[row] - 1 : y[row];
    if (output !== 0 && outputs === 1) continue;
    table[codes[row] * outputs + output]++;
    table[groups * outputs + output]++;
  }
  for (let output = 0; output < outputs; output++) {
    const all = counts[groups] === 0 ? 0 : table[groups * outputs + output] / counts[groups];
    const variance = all * (1 - all);
    for (let group = 0; group < groups; group++) {
      const at = group * outputs + output;
      const share = table[at] / counts[group];
      const weight = (variance * counts[group]) / (variance * counts[group] + share * (1 - share));
      // No patient, or no variance at all.
      table[at] = Number.isNaN(weight) ? all : weight * share + (1 - weight) * all;
    }
    table[groups * outputs + output] = all;
  }
  return table;
}

/**
 * What each training row gets: the shares among the rows of the other folds, so that no row tells its own class.
 * @param folds [rows] fold of each row, 0 … count - 1
 * @returns [outputs] of [rows]
 */
export function outOfFold(rows: LevelRows, folds: Int32Array, count: number): Float64Array[] {
  const outputs = targetOutputs(rows.classes);
  const made = Array.from({ length: outputs }, () => new Float64Array(rows.codes.length));
  for (let fold = 0; fold < count; fold++) {
    const table = targetTable(rows, (row) => folds[row] !== fold);
    for (let row = 0; row < folds.length; row++) {
      if (folds[row] !== fold) continue;
      for (let output = 0; output < outputs; output++) made[output][row] = table[rows.codes[row] * outputs + output];
    }
  }
  return made;
}

/** [rows] a fold for each row, 0 … count - 1: those of a class are dealt out evenly, in an order that the seed decides. */
export function stratifiedFolds(y: Int32Array, classes: number, count: number, seed: number): Int32Array {
  const order = createRng(seed).shuffle(Int32Array.from(y.keys()));
  const next = Int32Array.from({ length: classes }, (_, code) => code % count);
  const folds = new Int32Array(y.length);
  for (const row of order) folds[row] = next[y[row]]++ % count;
  return folds;
}
