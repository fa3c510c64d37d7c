import type { LabelledMatrix } from "../core/family.ts";
import { createRng } from "../core/rng.ts";
import type { Resample } from "../core/trial.ts";

/**
 * Training rows with more of the rare classes: all rows as they are, then, class by class, rows drawn with replacement until
 * the class has as many as the largest, as imbalanced-learn's RandomOverSampler. A class without a row gets none.
 * @param train without weights
 */
export function resampledRows(
  kind: Resample,
  train: LabelledMatrix,
  classes: number,
  seed: number,
): Pick<LabelledMatrix, "x" | "y"> {
  if (kind === "none") return train;
  const rows = oversampled(train.y, classes, seed);
  const { cols, data } = train.x;
  const drawn = new Float32Array(rows.length * cols);
  rows.forEach((row, i) => {
    drawn.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { x: { ...train.x, rows: rows.length, data: drawn }, y: rows.map((row) => train.y[row]!) };
}

/** Row numbers: 0 … rows - 1, then the extra draws. */
function oversampled(y: Int32Array, classes: number, seed: number): Int32Array {
  const byClass = Array.from({ length: classes }, (): number[] => []);
  y.forEach((code, row) => {
    byClass[code]!.push(row);
  });
  const most = Math.max(...byClass.map((rows) => rows.length));
  // Another sequence than those of intervals (seed) and of a forest's trees (seed × 1,000,003 + tree).
  const rng = createRng(seed * 1_000_003 - 1);
  const extra = byClass.flatMap((rows) =>
    rows.length === 0 ? [] : Array.from({ length: most - rows.length }, () => rows[rng.int(rows.length)]!),
  );
  return Int32Array.from([...y.keys(), ...extra]);
}
