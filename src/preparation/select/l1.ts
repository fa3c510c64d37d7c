/** Columns that a multinomial logistic regression with an L1 penalty has a use for. */
import { setImmediate } from "node:timers/promises";
import { loadOpenblas, type Openblas } from "../../engines/openblas.ts";

/** Stops when no weight has changed by more than this share of the largest. */
const TOLERANCE = 1e-5;
/** Some 15 s on 20,000 × 140 and 41 classes, where it is reached: with a large C, which leaves nothing out. */
const MOST_ROUNDS = 500;

export interface L1Problem {
  /** [cols] of [rows], finite */
  readonly values: readonly Float64Array[];
  /** [rows] */
  readonly y: Int32Array;
  readonly classes: number;
  /** Inverse strength, as scikit-learn's LogisticRegression: C · Σ log loss + Σ |weight|, intercepts free. */
  readonly C: number;
  readonly signal: AbortSignal;
}

/**
 * The largest weight of each column over the classes, columns at mean 0 and variance 1; 0 where it has none. By FISTA (Beck and
 * Teboulle 2009) that starts anew where the momentum points uphill (O'Donoghue and Candès 2015).
 * @returns [cols]
 * @throws signal.reason when aborted
 */
export async function l1Weights({ values, y, classes, C, signal }: L1Problem): Promise<Float64Array> {
  const blas = await loadOpenblas();
  blas.setThreads(1); // more would round differently from machine to machine
  const [rows, cols] = [y.length, values.length];
  const x = standardized(values, rows);
  const penalty = 1 / (C * rows);
  const step = 1 / Math.max(0.5, 0.5 * largestEigenvalue(blas, x, rows, cols));
  const width = classes;
  const [residuals, gradient] = [new Float64Array(rows * width), new Float64Array(cols * width)];
  let weights = new Float64Array(cols * width);
  let ahead = weights.slice();
  const biases = new Float64Array(width);
  const biasesAhead = new Float64Array(width);
  let momentum = 1;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (round % 10 === 0) await setImmediate();
    signal.throwIfAborted();
    blas.dgemm({ m: rows, n: width, k: cols, a: x, b: ahead, c: residuals, transposeA: true });
    toResiduals(residuals, biasesAhead, y, width);
    blas.dgemm({ m: cols, n: width, k: rows, a: x, b: residuals, c: gradient, alpha: 1 / rows });
    const next = new Float64Array(weights.length);
    let [uphill, change, largest] = [0, 0, 0];
    for (let i = 0; i < next.length; i++) {
      const moved = ahead[i] - step * gradient[i];
      next[i] = Math.sign(moved) * Math.max(0, Math.abs(moved) - step * penalty);
      uphill += (ahead[i] - next[i]) * (next[i] - weights[i]);
      change = Math.max(change, Math.abs(next[i] - weights[i]));
      largest = Math.max(largest, Math.abs(next[i]));
    }
    if (uphill > 0) momentum = 1;
    const faster = (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
    const push = (momentum - 1) / faster;
    momentum = faster;
    ahead = next.map((weight, i) => weight + push * (weight - weights[i]));
    weights = next;
    for (let k = 0; k < width; k++) {
      let slope = 0;
      for (let row = 0; row < rows; row++) slope += residuals[row * width + k];
      const moved = biasesAhead[k] - (step * slope) / rows;
      change = Math.max(change, Math.abs(moved - biases[k]));
      biasesAhead[k] = moved + push * (moved - biases[k]);
      biases[k] = moved;
    }
    if (change <= TOLERANCE * Math.max(largest, 0.01)) break;
  }
  return Float64Array.from({ length: cols }, (_, j) =>
    weights.subarray(j * width, (j + 1) * width).reduce((most, weight) => Math.max(most, Math.abs(weight)), 0),
  );
}

/** [cols × rows] columns at mean 0 and variance 1; one that does not vary is 0. */
function standardized(values: readonly Float64Array[], rows: number): Float64Array {
  const x = new Float64Array(values.length * rows);
  values.forEach((column, j) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / rows;
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
    if (!(deviation > 1e-12 * Math.abs(mean))) return;
    for (let row = 0; row < rows; row++) x[j * rows + row] = (column[row] - mean) / deviation;
  });
  return x;
}

/** Of the columns' correlations, by power iteration, and a tenth more: it comes from below. @param x [cols × rows] */
function largestEigenvalue(blas: Openblas, x: Float64Array, rows: number, cols: number): number {
  let unit = Float64Array.from({ length: cols }, (_, j) => 1 + (j % 7) / 7);
  const along = new Float64Array(rows);
  const next = new Float64Array(cols);
  let value = 0;
  for (let round = 0; round < 20; round++) {
    const length = Math.sqrt(next.reduce((sum, part) => sum + part * part, 0)) || 1;
    if (round > 0) unit = next.map((part) => part / length);
    blas.dgemm({ m: rows, n: 1, k: cols, a: x, b: unit, c: along, transposeA: true });
    blas.dgemm({ m: cols, n: 1, k: rows, a: x, b: along, c: next, alpha: 1 / rows });
    value = Math.sqrt(
      next.reduce((sum, part) => sum + part * part, 0) / unit.reduce((sum, part) => sum + part * part, 0),
    );
  }
  return value * 1.1;
}

/** Turns scores [rows × width] into probabilities minus 1 at the row's own class. */
function toResiduals(scores: Float64Array, biases: Float64Array, y: Int32Array, width: number): void {
  for (let row = 0, from = 0; row < y.length; row++, from += width) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < width; k++) {
      scores[from + k] += biases[k];
      if (scores[from + k] > most) most = scores[from + k];
    }
    let total = 0;
    for (let k = 0; k < width; k++) {
      const part = Math.exp(scores[from + k] - most);
      scores[from + k] = part;
      total += part;
    }
    for (let k = 0; k < width; k++) scores[from + k] /= total;
    scores[from + y[row]] -= 1;
  }
}
