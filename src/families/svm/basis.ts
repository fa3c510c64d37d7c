/** What machines multiply their coefficients with: the columns themselves, or functions of them. */
import type { Matrix } from "../../core/dataset.ts";
import type { Openblas } from "../../engines/openblas.ts";

/**
 * Functions of a row, from which `means` were taken:
 * - columns: the columns
 * - rbf: exp(−gamma |x − v|²) for each of `vectors`, [functions × columns]
 * - cosine: cos(x · d + phase) for each of `vectors`
 */
export type Basis =
  | { readonly kind: "columns" }
  | {
      readonly kind: "rbf";
      readonly means: Float64Array;
      readonly vectors: Float32Array;
      readonly gamma: number;
    }
  | {
      readonly kind: "cosine";
      readonly means: Float64Array;
      readonly vectors: Float32Array;
      readonly phases: Float64Array;
    };

/**
 * Values of the functions for rows `from` … `to` of a matrix: [rows × functions]. In doubles: rounded distances would move
 * probabilities.
 */
export function createBasis(blas: Openblas, basis: Basis): (x: Matrix, from: number, to: number) => Float64Array {
  if (basis.kind === "columns") {
    return ({ data, cols }, from, to) => Float64Array.from(data.subarray(from * cols, to * cols));
  }
  const { means, vectors } = basis;
  const cols = means.length;
  const b = Float64Array.from(vectors);
  const n = b.length / cols;
  const lengths = squares(b, cols);
  return ({ data }, from, to) => {
    const m = to - from;
    const a = new Float64Array(m * cols);
    for (let at = 0; at < a.length; at++) a[at] = data[from * cols + at]! - means[at % cols]!;
    const c = new Float64Array(m * n);
    blas.dgemm({ m, n, k: cols, a, b, c, transposeB: true });
    if (basis.kind === "cosine") {
      for (let at = 0; at < c.length; at++) c[at] = Math.cos(c[at]! + basis.phases[at % n]!);
      return c;
    }
    const own = squares(a, cols);
    for (let i = 0, at = 0; i < m; i++) {
      for (let j = 0; j < n; j++, at++) {
        c[at] = Math.exp(Math.min(0, basis.gamma * (2 * c[at]! - own[i]! - lengths[j]!)));
      }
    }
    return c;
  };
}

function squares(x: Float64Array, cols: number): Float64Array {
  const sums = new Float64Array(x.length / cols);
  x.forEach((value, at) => {
    sums[Math.floor(at / cols)]! += value * value;
  });
  return sums;
}
