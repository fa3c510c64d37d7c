import type { Scored } from "../core/metric.ts";

/** The weighted mean of one value a row: how metrics that are means of row losses are bound. NaN for an empty sample. */
export function meanOfRows(values: Float64Array): (counts?: Uint16Array) => number {
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      const w = counts === undefined ? 1 : counts[i];
      sum += w * values[i];
      total += w;
    }
    return sum / total;
  };
}

/** [rows] squared distance of the probabilities to the one-hot truth, summed over the classes. */
export function squaredErrors({ rows, classes, y, proba }: Scored): Float64Array {
  const k = classes.length;
  const values = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let c = 0; c < k; c++) sum += (proba[i * k + c] - (y[i] === c ? 1 : 0)) ** 2;
    values[i] = sum;
  }
  return values;
}
