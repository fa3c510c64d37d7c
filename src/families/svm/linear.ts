/** Linear support vector machines, one class against the rest, all classes at once by matrix products. */
import type { LabelledMatrix } from "../../core/family.ts";
import type { Openblas } from "../../engines/openblas.ts";
import { type Evaluation, minimise } from "../_lbfgs.ts";
import { columnMoments } from "../linear/columns.ts";

export interface LinearProblem {
  readonly blas: Openblas;
  readonly train: LabelledMatrix;
  readonly classes: number;
  readonly C: number;
  /** Stops when no class's gradient is larger than this share of its gradient at zero. */
  readonly tol: number;
  readonly maxIterations: number;
  pace(): Promise<void>;
}

/** Decision values are x · coefficients + intercepts; of two classes there is one, positive for class 1. */
export interface LinearMachines {
  /** [outputs × columns] */
  readonly coefficients: Float64Array;
  /** [outputs] */
  readonly intercepts: Float64Array;
}

/** Rows at a time, so that decision values stay in the processor's cache. */
const BLOCK = 2048;
/** Up to so many cells the products are made in double precision, which costs little there. */
const DOUBLE_CELLS = 1 << 20;

/**
 * Returns a function that minimises |w|² / 2 + C Σ weight · max(0, 1 − y z)² for each class, the intercept penalised with the
 * coefficients, as LIBLINEAR and scikit-learn's LinearSVC do (squared hinge; Fan et al., "LIBLINEAR", 2008). All classes share
 * the products of one L-BFGS, which is faster than a coordinate descent a class: the matrix is read once for all of them.
 * Rows of `heldOut` do not count; `start` is where it begins.
 */
export function createLinearTrainer(problem: LinearProblem) {
  const { blas, train, classes, C, tol, maxIterations, pace } = problem;
  const { rows, cols } = train.x;
  const outputs = classes === 2 ? 1 : classes;
  const wide = cols + 1;
  const total = train.weights?.reduce((a, b) => a + b, 0) ?? rows;
  const penalty = 1 / (C * total);
  const { means, variances } = columnMoments(train, true);
  // Coordinates as in logistic.ts: centred columns, scaled by their curvature, the intercept last.
  const scales = Float64Array.from({ length: wide }, (_, j) =>
    j === cols ? Math.SQRT2 : Math.sqrt(2 * variances[j]! + penalty),
  );
  const weights = new Float32Array(rows);
  const double = train.x.data.length <= DOUBLE_CELLS;
  const Real = double ? Float64Array : Float32Array;
  const data = double ? Float64Array.from(train.x.data) : train.x.data;
  const gemm = (double ? blas.dgemm : blas.sgemm) as (product: object) => void;
  const coefficients = new Real(outputs * cols);
  const product = new Real(outputs * cols);
  const block = new Real(Math.min(rows, BLOCK) * outputs);
  const first = new Float64Array(outputs);

  const decode = (point: Float64Array): LinearMachines => {
    const exact = new Float64Array(outputs * cols);
    const intercepts = new Float64Array(outputs);
    for (let k = 0; k < outputs; k++) {
      let intercept = point[k * wide + cols]! / scales[cols]!;
      for (let j = 0; j < cols; j++) {
        const value = point[k * wide + j]! / scales[j]!;
        exact[k * cols + j] = value;
        intercept -= value * means[j]!;
      }
      intercepts[k] = intercept;
    }
    return { coefficients: exact, intercepts };
  };

  const evaluate = (point: Float64Array, gradient: Float64Array): Evaluation => {
    const { coefficients: exact, intercepts } = decode(point);
    coefficients.set(exact);
    const sums = new Float64Array(outputs);
    let value = 0;
    for (let from = 0; from < rows; from += BLOCK) {
      const to = Math.min(rows, from + BLOCK);
      const [m, a] = [to - from, data.subarray(from * cols, to * cols)];
      const z = block.subarray(0, m * outputs);
      gemm({ m, n: outputs, k: cols, a, b: coefficients, c: z, transposeB: true });
      value += squaredHinge(z, intercepts, train.y.subarray(from, to), weights.subarray(from, to), sums);
      gemm({ m: outputs, n: cols, k: m, a: z, b: a, c: product, transposeA: true, beta: from && 1 });
    }
    value /= total;
    let slope = 0;
    for (let k = 0; k < outputs; k++) {
      const [intercept, sum] = [intercepts[k]!, sums[k]! / total + penalty * intercepts[k]!];
      value += (penalty / 2) * intercept ** 2;
      let most = Math.abs(sum);
      for (let j = 0; j < cols; j++) {
        const w = exact[k * cols + j]!;
        value += (penalty / 2) * w * w;
        const raw = product[k * cols + j]! / total + penalty * w;
        most = Math.max(most, Math.abs(raw));
        gradient[k * wide + j] = (raw - means[j]! * sum) / scales[j]!;
      }
      gradient[k * wide + cols] = sum / scales[cols]!;
      first[k] ||= most;
      slope = Math.max(slope, most / first[k]!);
    }
    return { value, slope };
  };

  weights.set(train.weights ?? weights.map(() => 1));
  evaluate(new Float64Array(outputs * wide), new Float64Array(outputs * wide)); // the gradient at zero

  return async (heldOut?: Uint8Array, start?: Float64Array) => {
    weights.forEach((_, i) => {
      weights[i] = heldOut?.[i] ? 0 : (train.weights?.[i] ?? 1);
    });
    const from = start ?? new Float64Array(outputs * wide);
    const { x, reason } = await minimise({ start: from, evaluate, tolerance: tol, maxIterations, pace });
    return { machines: decode(x), point: x, converged: reason !== "iterations" };
  };
}

/**
 * Sum of weighted squared hinge losses of [rows × outputs] products without intercepts; replaces them by derivatives and adds
 * those to `sums`, [outputs].
 */
function squaredHinge(
  z: Float32Array | Float64Array,
  intercepts: Float64Array,
  y: Int32Array,
  weights: Float32Array,
  sums: Float64Array,
): number {
  const outputs = intercepts.length;
  let loss = 0;
  for (let i = 0; i < y.length; i++) {
    const weight = weights[i]!;
    const at = i * outputs;
    const own = outputs === 1 ? y[i]! - 1 : y[i]!; // -1: on the negative side of all
    const missing = own < 0 ? 0 : Math.max(0, 1 - z[at + own]! - intercepts[own]!);
    // As if it were negative for all; its own class is set right afterwards.
    let squares = 0;
    for (let k = 0; k < outputs; k++) {
      const over = Math.max(0, 1 + z[at + k]! + intercepts[k]!);
      squares += over * over;
      const slope = 2 * weight * over;
      z[at + k] = slope;
      sums[k]! += slope;
    }
    if (own >= 0) {
      const wrong = z[at + own]!;
      squares += missing * missing - (weight > 0 ? (wrong / (2 * weight)) ** 2 : 0);
      z[at + own] = -2 * weight * missing;
      sums[own]! += z[at + own]! - wrong;
    }
    loss += weight * squares;
  }
  return loss;
}

/**
 * Writes decision values of rows into `out`, [rows × outputs].
 * @param wanted the rows that are written; all when absent
 */
export function linearDecisions(
  blas: Openblas,
  data: Float32Array,
  { coefficients, intercepts }: LinearMachines,
  out: Float32Array,
  wanted?: (row: number) => boolean,
): void {
  const outputs = intercepts.length;
  const cols = coefficients.length / outputs;
  const rows = data.length / cols;
  const b = Float32Array.from(coefficients);
  const z = new Float32Array(Math.min(rows, BLOCK) * outputs);
  for (let from = 0; from < rows; from += BLOCK) {
    const m = Math.min(BLOCK, rows - from);
    const a = data.subarray(from * cols, (from + m) * cols);
    blas.sgemm({ m, n: outputs, k: cols, a, b, c: z.subarray(0, m * outputs), transposeB: true });
    for (let i = 0; i < m; i++) {
      if (wanted && !wanted(from + i)) continue;
      for (let k = 0; k < outputs; k++) out[(from + i) * outputs + k] = z[i * outputs + k]! + intercepts[k]!;
    }
  }
}
