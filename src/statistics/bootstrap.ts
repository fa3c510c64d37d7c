import type { Metric, Scored } from "../core/metric.ts";
import { createResampler, percentileInterval } from "./_resample.ts";

export interface BootstrapOptions {
  /** Default: 1000 */
  readonly resamples?: number;
  /** Default: 0.95 */
  readonly level?: number;
  readonly seed: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile bootstrap intervals (Efron 1979) of all metrics from the same draws, by metric id.
 *
 * Rows are drawn with replacement; with `groups` ([rows] patient or publication) whole groups are, since rows of one
 * patient are not independent. Draws in which a metric is undefined are left out; with more than 5 % of them, or fewer
 * than two rows or groups, the interval is NaN.
 *
 * Percentile and not BCa: in simulations with 80 and 300 rows both covered the true value in 93–96 % for all headline
 * metrics but one, and BCa needs an evaluation a row more. The one is ECE, which sampling noise pushes up: it was covered
 * in 57 and 78 % (BCa: 78 and 84 %), so read its interval as too high. A perfect score (accuracy 1) gets an interval
 * without width: no draw of only right answers holds a wrong one.
 */
export function bootstrapIntervals(
  scored: Scored,
  metrics: readonly Metric[],
  options: BootstrapOptions & { readonly groups?: Int32Array },
): Record<string, Interval> {
  const { resamples = 1000, level = 0.95, seed, groups } = options;
  const sampler = createResampler([scored.rows], groups && [groups], seed);
  const bound = metrics.map((metric) => metric.bind(scored));
  const draws = metrics.map(() => new Float64Array(resamples).fill(Number.NaN));
  for (let b = 0; b < resamples && sampler.units > 1; b++) {
    const [counts] = sampler.draw();
    for (const [m, evaluate] of bound.entries()) draws[m][b] = evaluate(counts);
  }
  return Object.fromEntries(
    metrics.map(({ id }, m) => [id, { value: bound[m](), ...percentileInterval(draws[m], level) }]),
  );
}
