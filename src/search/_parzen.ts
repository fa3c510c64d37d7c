/** A density over some dimensions of a space from the points seen there: a mixture of one product of kernels a point, and a wide one. */
import type { Rng } from "../core/rng.ts";
import type { ChoiceDimension, Dimension, RangeDimension, SpacePoint } from "../core/search.ts";
import { bounds, fromScale, same, toScale } from "./_space.ts";

/** Weight of the wide kernel, in points. */
const PRIOR = 1;

export interface Parzen {
  /** A point drawn from the density, on these dimensions alone. */
  sample(rng: Rng): SpacePoint;
  logDensity(point: SpacePoint): number;
}

/** One dimension of all kernels; the last kernel is the wide one. */
interface Marginal {
  sample(kernel: number, rng: Rng): unknown;
  /** Adds the log density of a value under each kernel, or its log mass where values are counted, to [kernels] sums. */
  add(value: unknown, sums: Float64Array): void;
}

/**
 * The multivariate estimator of Falkner et al. 2018 (BOHB) in the form of Optuna's `TPESampler(multivariate=True)`: bandwidths
 * 0.2 · n^(-1/(d+4)) of a range, at least 1/min(100, n + 2) of it; choices smoothed by a share of the prior.
 * @param points oldest first; each has a value for every dimension. The newest 25 weigh 1, older ones ever less
 */
export function parzen(dimensions: readonly Dimension[], points: readonly SpacePoint[]): Parzen {
  const weights = normalise([...weightsByAge(points.length), PRIOR]);
  const logWeights = weights.map(Math.log);
  const marginals = dimensions.map((dimension) => {
    const values = points.map((point) => point[dimension.key]);
    return dimension.kind === "choice"
      ? choiceMarginal(dimension, values)
      : rangeMarginal(dimension, values as number[], dimensions.length);
  });
  return {
    sample(rng) {
      const kernel = pick(weights, rng);
      return Object.fromEntries(dimensions.map((d, i) => [d.key, marginals[i]!.sample(kernel, rng)]));
    },
    logDensity(point) {
      const sums = Float64Array.from(logWeights);
      dimensions.forEach((d, i) => {
        marginals[i]!.add(point[d.key], sums);
      });
      return logSumExp(sums);
    },
  };
}

/** Hyperopt's forgetting: the newest 25 count in full, the others from 1/n upward. */
function weightsByAge(n: number): number[] {
  const old = n - 25;
  return Array.from({ length: n }, (_, i) => (i >= old ? 1 : 1 / n + (old < 2 ? 0 : (i * (1 - 1 / n)) / (old - 1))));
}

function choiceMarginal(dimension: ChoiceDimension, values: readonly unknown[]): Marginal {
  const { values: choices } = dimension;
  const kernels = values.length + 1;
  const indexOf = (value: unknown): number => choices.findIndex((choice) => same(choice, value));
  const tables = [...values, undefined].map((value, k) => {
    const table = new Array<number>(choices.length).fill(PRIOR / kernels);
    if (k < values.length) table[indexOf(value)]! += 1;
    return normalise(table);
  });
  const logs = tables.map((table) => table.map(Math.log));
  return {
    sample: (kernel, rng) => choices[pick(tables[kernel]!, rng)],
    add(value, sums) {
      const at = indexOf(value);
      for (let k = 0; k < sums.length; k++) sums[k]! += logs[k]![at]!;
    },
  };
}

function rangeMarginal(range: RangeDimension, values: readonly number[], dimensions: number): Marginal {
  const [low, high] = bounds(range);
  const width = high - low;
  const n = values.length;
  const narrow = Math.max(0.2 * Math.max(n, 1) ** (-1 / (dimensions + 4)), 1 / Math.min(100, n + 2)) * width;
  const centres = [...values.map((v) => toScale(range, v)), (low + high) / 2];
  const sigmas = [...values.map(() => narrow), width];
  const logSigma = sigmas.map(Math.log);
  const logInside = centres.map((mu, k) => Math.log(massBetween((low - mu) / sigmas[k]!, (high - mu) / sigmas[k]!)));
  return {
    sample(kernel, rng) {
      for (;;) {
        const place = centres[kernel]! + sigmas[kernel]! * normal(rng);
        if (place >= low && place <= high) return fromScale(range, place);
      }
    },
    add(value, sums) {
      const x = value as number;
      if (range.step === undefined) {
        const place = toScale(range, x);
        for (let k = 0; k < sums.length; k++) {
          const z = (place - centres[k]!) / sigmas[k]!;
          sums[k]! -= 0.5 * z * z + logSigma[k]! + logInside[k]!;
        }
        return;
      }
      const [from, to] = [toScale(range, x - range.step / 2), toScale(range, x + range.step / 2)];
      for (let k = 0; k < sums.length; k++) {
        const mass = massBetween((from - centres[k]!) / sigmas[k]!, (to - centres[k]!) / sigmas[k]!);
        sums[k]! += Math.log(mass) - logInside[k]!;
      }
    },
  };
}

function normalise(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

function pick(weights: readonly number[], rng: Rng): number {
  let left = rng.next();
  for (let i = 0; i < weights.length - 1; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/** Box and Muller. */
function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
}

/** Of the standard normal between two places; never 0, so that its logarithm stays finite. */
function massBetween(a: number, b: number): number {
  const mass = a > 0 ? upperTail(a) - upperTail(b) : upperTail(-b) - upperTail(-a);
  return Math.max(mass, 1e-300);
}

/** Chebyshev coefficients of log(erfc(z) / t) + z², highest first (Press et al., Numerical Recipes). */
const ERFC = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
];

/** Of the standard normal above a place, to 1.2e-7 of itself. */
function upperTail(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  let exponent = 0;
  for (const coefficient of ERFC) exponent = exponent * t + coefficient;
  const tail = (t * Math.exp(exponent - z * z)) / 2;
  return x >= 0 ? tail : 1 - tail;
}

function logSumExp(values: Float64Array): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) greatest = Math.max(greatest, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - greatest);
  return greatest + Math.log(sum);
}
