/** Fitted machines as plain data, and what they predict. */
import type { Matrix } from "../../core/dataset.ts";
import type { Openblas } from "../../engines/openblas.ts";
import { type Basis, createBasis } from "./basis.ts";
import { couple, LEAST_PAIR } from "./coupling.ts";
import { restProbabilities } from "./rest.ts";

/** Machines of one class against the rest: basis · coefficients + intercepts, then a sigmoid each, then shares of their sum. */
export interface RestModel {
  readonly kind: "rest";
  readonly basis: Basis;
  /** [outputs × functions]; one output for two classes */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  readonly slopes: Float64Array;
  readonly shifts: Float64Array;
}

/** RBF machines of each pair of classes, as in pairs.ts, with the support vectors only. */
export interface PairModel {
  readonly kind: "pairs";
  readonly gamma: number;
  readonly means: Float64Array;
  /** [vectors × columns] less the means, ordered by class */
  readonly vectors: Float32Array;
  /** [classes] vectors of each */
  readonly counts: Int32Array;
  /** [vectors × classes] */
  readonly alphas: Float32Array;
  /** [classes × classes] each */
  readonly rho: Float64Array;
  readonly slopes: Float64Array;
  readonly shifts: Float64Array;
}

const BLOCK = 256;

export function predictRest(blas: Openblas, model: RestModel, x: Matrix): Float32Array {
  const { basis, coefficients: b, intercepts } = model;
  const outputs = intercepts.length;
  const values = createBasis(blas, basis);
  const z = new Float64Array(x.rows * outputs);
  for (let from = 0; from < x.rows; from += BLOCK) {
    const to = Math.min(x.rows, from + BLOCK);
    const c = z.subarray(from * outputs, to * outputs);
    const k = b.length / outputs;
    blas.dgemm({ m: to - from, n: outputs, k, a: values(x, from, to), b, c, transposeB: true });
    for (let at = 0; at < c.length; at++) c[at]! += intercepts[at % outputs]!;
  }
  return restProbabilities(z, model);
}

export function predictPairs(blas: Openblas, model: PairModel, x: Matrix): Float32Array {
  const { slopes, shifts, counts } = model;
  const classes = counts.length;
  const proba = new Float32Array(x.rows * classes);
  const r = new Float64Array(classes * classes);
  pairDecisions(blas, model, x, (row, z) => {
    for (let i = 0; i < r.length; i++) {
      const p = 1 / (1 + Math.exp(slopes[i]! * z[i]! + shifts[i]!));
      r[i] = Math.min(Math.max(p, LEAST_PAIR), 1 - LEAST_PAIR);
    }
    if (classes > 2) couple(r, classes, proba, row * classes);
    else proba.set([r[1]!, 1 - r[1]!], row * 2);
  });
  return proba;
}

/** Calls back with the decision values of each row: [classes × classes], of (i, j) positive for i. */
export function pairDecisions(
  blas: Openblas,
  model: PairModel,
  x: Matrix,
  each: (row: number, z: Float64Array) => void,
): void {
  const { gamma, means, counts, alphas, rho } = model;
  const classes = counts.length;
  const cols = means.length;
  let at = 0;
  const parts = Array.from(counts, (count) => {
    const [from, to] = [at, at + count];
    at = to;
    const vectors = model.vectors.subarray(from * cols, to * cols);
    const b = Float64Array.from(alphas.subarray(from * classes, to * classes));
    return { count, values: createBasis(blas, { kind: "rbf", means, gamma, vectors }), b };
  });
  const z = new Float64Array(classes * classes);
  for (let from = 0; from < x.rows; from += BLOCK) {
    const to = Math.min(x.rows, from + BLOCK);
    // Of each class of support vectors: what it says for itself against each other class, [rows × classes].
    const sums = parts.map(({ count, values, b }) => {
      const c = new Float64Array((to - from) * classes);
      if (count > 0) blas.dgemm({ m: to - from, n: classes, k: count, a: values(x, from, to), b, c });
      return c;
    });
    for (let row = from; row < to; row++) {
      const start = (row - from) * classes;
      for (let i = 0; i < classes; i++) {
        for (let j = 0; j < classes; j++) {
          z[i * classes + j] = sums[i]![start + j]! - sums[j]![start + i]! - rho[i * classes + j]!;
        }
      }
      each(row, z);
    }
  }
}
