/** Probabilities of classes from probabilities of pairs. */

/** Probabilities of pairs are kept so far from 0 and 1, as in libsvm. */
export const LEAST_PAIR = 1e-7;

/**
 * Class probabilities p that minimise Σ over pairs of (r(j, i) p(i) − r(i, j) p(j))², Σ p = 1: the second method of Wu, Lin and
 * Weng, "Probability estimates for multi-class classification by pairwise coupling" (2004), which libsvm iterates. Here it is
 * solved: with Q as there, (Q + 1 1ᵀ) z = 1 is positive definite and p = z / Σ z.
 * @param r [classes × classes] probability of i given i or j; the diagonal is not read
 * @param out gets the probabilities from `at` on
 */
export function couple(r: Float64Array, classes: number, out: Float32Array, at: number): void {
  const a = new Float64Array(classes * classes);
  for (let i = 0; i < classes; i++) {
    let squares = 0;
    for (let j = 0; j < classes; j++) {
      if (j === i) continue;
      const other = r[j * classes + i]!;
      squares += other * other;
      a[i * classes + j] = 1 - other * r[i * classes + j]!;
    }
    a[i * classes + i] = 1 + squares;
  }
  const z = solve(a, classes);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    z[k] = Math.max(0, z[k]!);
    sum += z[k]!;
  }
  for (let k = 0; k < classes; k++) out[at + k] = z[k]! / sum;
}

/** Solves a z = 1 for a positive definite matrix by Cholesky's factors, which replace it. */
function solve(a: Float64Array, n: number): Float64Array {
  const z = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!;
    }
    let rest = 1;
    for (let k = 0; k < i; k++) rest -= a[i * n + k]! * z[k]!;
    z[i] = rest / a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) z[i]! -= a[k * n + i]! * z[k]!;
    z[i]! /= a[i * n + i]!;
  }
  return z;
}
