import { bridgeTail } from "./_bridge.ts";
import { kolmogorovTail } from "./_tails.ts";
import { sumOf } from "./psi.ts";

export interface KolmogorovSmirnov {
  /** The greatest distance of the two distribution functions, 0 … 1. */
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Two-sample Kolmogorov–Smirnov test.
 *
 * p-value by the limit distribution with Stephens' (1970) correction for small samples, of n·m/(n + m) patients: within 0.025 of scipy's
 * exact and asymptotic ones, below 0.1 within 0.012 (the fixture has samples of 20 to 1000). With ties it is too great, never too
 * small.
 */
export function ksTwoSample(a: Float64Array, b: Float64Array): KolmogorovSmirnov {
  const [x, y] = [a.toSorted(), b.toSorted()];
  let [i, j, most] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i], y[j]);
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    most = Math.max(most, Math.abs(i / x.length - j / y.length));
  }
  return { statistic: most, pValue: ksPValue(most, x.length, y.length) };
}

/**
 * The same where only counts by bin are known of the samples: the distribution functions are compared at the bins' edges alone. The
 * p-value is that of the greatest of these distances (`bridgeTail`), so that neither bins nor ties make it too great.
 */
export function ksBinned(reference: ArrayLike<number>, current: ArrayLike<number>): KolmogorovSmirnov {
  const [n, m] = [sumOf(reference), sumOf(current)];
  if (n === 0 || m === 0) return { statistic: Number.NaN, pValue: Number.NaN };
  const times: number[] = [];
  let [below, under, most] = [0, 0, 0];
  for (let i = 0; i < reference.length - 1; i++) {
    below += reference[i];
    under += current[i];
    times.push((below + under) / (n + m));
    most = Math.max(most, Math.abs(below / n - under / m));
  }
  return { statistic: most, pValue: bridgeTail(times, most * Math.sqrt((n * m) / (n + m))) };
}

function ksPValue(statistic: number, n: number, m: number): number {
  if (n === 0 || m === 0) return Number.NaN;
  const root = Math.sqrt((n * m) / (n + m));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * statistic);
}
