import type { Scored } from "../core/metric.ts";

/** Below this a probability counts as this: float32 does not tell it from 0. */
const FLOOR = 1e-7;
const ITERATIONS = 100;

export interface Slope {
  readonly value: number;
  /** Robust standard error. */
  readonly se: number;
}

/**
 * Calibration slope b of a multi-class model: the maximum likelihood of log P(y = j) / P(y = r) = a_j + b · log(p_j / p_r), a
 * multinomial logistic recalibration (Van Hoorde et al., Stat Med 2014;33:2585) with one slope for all classes. With two classes
 * it is Cox's calibration slope (Biometrika 1958;45:562). 1 is right; below 1 the probabilities are too extreme (overfitting),
 * above 1 too timid. It does not depend on which class is r. Classes that do not occur take no part, and probabilities of the
 * others are taken relative to each other.
 *
 * The standard error is the sandwich over units (Huber 1967), so that rows of one patient do not count as many.
 * @returns undefined where no finite slope exists: a single class occurs, or the predictions separate the classes
 */
export function calibrationSlope(scored: Scored, units: Int32Array): Slope | undefined {
  const { rows, y, proba } = scored;
  const present = [...new Set(y)].sort((a, b) => a - b);
  const m = present.length;
  if (m < 2) return undefined;
  const position = new Map(present.map((c, j) => [c, j]));
  // [rows × m] log probabilities, less their mean so that a common shift is 0
  const x = new Float64Array(rows * m);
  for (let i = 0; i < rows; i++) {
    let mean = 0;
    for (let j = 0; j < m; j++) {
      x[i * m + j] = Math.log(Math.max(FLOOR, proba[i * scored.classes.length + present[j]]));
      mean += x[i * m + j] / m;
    }
    for (let j = 0; j < m; j++) x[i * m + j] -= mean;
  }
  const truth = y.map((c) => position.get(c)!);
  const fitted = newton({ x, truth, rows, m });
  if (fitted === undefined) return undefined;
  const se = sandwich({ x, truth, rows, m }, fitted, units);
  return Number.isFinite(se) ? { value: fitted.theta[m - 1], se } : undefined;
}

interface Problem {
  readonly x: Float64Array;
  readonly truth: Int32Array;
  readonly rows: number;
  /** Classes; parameters are the m − 1 intercepts (the first class's is 0), then the slope. */
  readonly m: number;
}

interface Fit {
  readonly theta: Float64Array;
  /** Lower triangle of the Cholesky factor of the information. */
  readonly factor: Float64Array;
}

/** [m] probabilities of a row at theta, into `q`; returns log-likelihood of the row. */
function rowOf({ x, truth, m }: Problem, theta: Float64Array, i: number, q: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < m; j++) {
    q[j] = (j === 0 ? 0 : theta[j - 1]) + theta[m - 1] * x[i * m + j];
    if (q[j] > top) top = q[j];
  }
  const own = q[truth[i]];
  let sum = 0;
  for (let j = 0; j < m; j++) {
    q[j] = Math.exp(q[j] - top);
    sum += q[j];
  }
  for (let j = 0; j < m; j++) q[j] /= sum;
  return own - top - Math.log(sum);
}

/** Gradient of a row's log-likelihood, added to `g`. */
function addScore({ x, truth, m }: Problem, i: number, q: Float64Array, g: Float64Array): void {
  for (let j = 1; j < m; j++) g[j - 1] += (truth[i] === j ? 1 : 0) - q[j];
  let mean = 0;
  for (let j = 0; j < m; j++) mean += q[j] * x[i * m + j];
  g[m - 1] += x[i * m + truth[i]] - mean;
}

function newton(problem: Problem): Fit | undefined {
  const { x, rows, m } = problem;
  let theta = new Float64Array(m);
  theta[m - 1] = 1;
  const q = new Float64Array(m);
  const likelihood = (at: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += rowOf(problem, at, i, q);
    return sum;
  };
  let current = likelihood(theta);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const gradient = new Float64Array(m);
    const information = new Float64Array(m * m);
    for (let i = 0; i < rows; i++) {
      rowOf(problem, theta, i, q);
      addScore(problem, i, q, gradient);
      addInformation(x.subarray(i * m, (i + 1) * m), q, information);
    }
    const factor = cholesky(information, m);
    if (factor === undefined) return undefined;
    const step = solve(factor, gradient, m);
    const decrement = gradient.reduce((sum, g, j) => sum + g * step[j], 0);
    // Separated classes push the slope away without end while the likelihood nears 0.
    if (Math.abs(theta[m - 1]) > 1e3 || current > -1e-6 * rows) return undefined;
    if (decrement < 1e-12) return { theta, factor };
    let scale = 1;
    for (;;) {
      const next = theta.map((t, j) => t + scale * step[j]);
      const value = likelihood(next);
      if (value >= current - 1e-12 * Math.abs(current)) {
        theta = next;
        current = value;
        break;
      }
      scale /= 2;
      if (scale < 1e-10) return { theta, factor };
    }
  }
  return undefined;
}

/** Information of a row: the covariance of (one-hot without the first class, x of the class) under q. */
function addInformation(x: Float64Array, q: Float64Array, into: Float64Array): void {
  const m = q.length;
  let mean = 0;
  for (let j = 0; j < m; j++) mean += q[j] * x[j];
  let variance = 0;
  for (let j = 0; j < m; j++) variance += q[j] * (x[j] - mean) ** 2;
  for (let a = 1; a < m; a++) {
    const row = (a - 1) * m;
    for (let b = 1; b <= a; b++) into[row + b - 1] += (a === b ? q[a] : 0) - q[a] * q[b];
    into[(m - 1) * m + a - 1] += q[a] * (x[a] - mean);
  }
  into[m * m - 1] += variance;
}

/** Standard error of the slope: the last entry of H⁻¹ (Σ over units s sᵀ) H⁻¹, times units / (units − 1). */
function sandwich(problem: Problem, { theta, factor }: Fit, units: Int32Array): number {
  const { rows, m } = problem;
  const last = new Float64Array(m);
  last[m - 1] = 1;
  const weights = solve(factor, last, m);
  const influence = new Map<number, number>();
  const q = new Float64Array(m);
  for (let i = 0; i < rows; i++) {
    const score = new Float64Array(m);
    rowOf(problem, theta, i, q);
    addScore(problem, i, q, score);
    const own = score.reduce((sum, s, j) => sum + s * weights[j], 0);
    influence.set(units[i], (influence.get(units[i]) ?? 0) + own);
  }
  const n = influence.size;
  let sum = 0;
  for (const value of influence.values()) sum += value ** 2;
  return Math.sqrt((sum * n) / (n - 1));
}

/** Lower triangle of a symmetric matrix given by its lower triangle; undefined when it is not positive definite. */
function cholesky(a: Float64Array, m: number): Float64Array | undefined {
  const l = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * m + j];
      for (let k = 0; k < j; k++) sum -= l[i * m + k] * l[j * m + k];
      if (i === j) {
        if (!(sum > 1e-14 * Math.max(1, a[i * m + i]))) return undefined;
        l[i * m + i] = Math.sqrt(sum);
      } else {
        l[i * m + j] = sum / l[j * m + j];
      }
    }
  }
  return l;
}

/** Solves L Lᵀ x = b. */
function solve(l: Float64Array, b: Float64Array, m: number): Float64Array {
  const x = b.slice();
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i * m + k] * x[k];
    x[i] /= l[i * m + i];
  }
  for (let i = m - 1; i >= 0; i--) {
    for (let k = i + 1; k < m; k++) x[i] -= l[k * m + i] * x[k];
    x[i] /= l[i * m + i];
  }
  return x;
}
