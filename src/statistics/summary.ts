/**
 * Mean and sample standard deviation (n − 1) of values over seeds or folds; sd is NaN for fewer than two. A NaN among the
 * values makes both NaN: a mean over some of the repeats would not be comparable with others.
 */
export function meanSd(values: readonly number[]): { mean: number; sd: number; n: number } {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, sd: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1)), n };
}
