/** Isotonic regression of "has the class" on a model's probability of it, by pooling adjacent violators. */

/** A piecewise-linear curve: strictly ascending x, y between 0 and 1 that never falls; level beyond its ends. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Probabilities (single precision) that are less apart are one, as in scikit-learn's IsotonicRegression. */
const RESOLUTION = 1e-6;

/**
 * The curve that fits best in squares, as scikit-learn's IsotonicRegression(out_of_bounds="clip").
 * @param p [rows] probabilities in single precision
 * @param has [rows] 1 where the row has the class
 */
export function isotonicCurve(p: Float32Array, has: ArrayLike<number>): Curve {
  const { x, y, weights } = distinct(p, has);
  const fitted = pooled(y, weights);
  // Points within a level stretch say nothing.
  const kept = [...x.keys()].filter(
    (i) => i === 0 || i === x.length - 1 || fitted[i] !== fitted[i - 1] || fitted[i] !== fitted[i + 1],
  );
  return { x: Float64Array.from(kept, (i) => x[i]!), y: Float64Array.from(kept, (i) => fitted[i]!) };
}

/** Ascending distinct probabilities with the share of rows that have the class, and how many rows there are. */
function distinct(p: Float32Array, has: ArrayLike<number>) {
  // Floats that are not negative order as their bits do: a plain sort of numbers, with the label in the last bit.
  const bits = new Uint32Array(Float32Array.from(p, (value) => Math.max(0, value)).buffer);
  const keys = Float64Array.from(bits, (value, i) => value * 2 + has[i]!).sort();
  const value = new Float32Array(1);
  const pattern = new Uint32Array(value.buffer);
  const x: number[] = [];
  const sums: number[] = [];
  const weights: number[] = [];
  for (const key of keys) {
    const label = key % 2;
    pattern[0] = (key - label) / 2;
    const last = x.length - 1;
    if (last >= 0 && value[0]! - x[last]! < RESOLUTION) {
      sums[last]! += label;
      weights[last]!++;
    } else {
      x.push(value[0]!);
      sums.push(label);
      weights.push(1);
    }
  }
  return { x, y: sums.map((sum, i) => sum / weights[i]!), weights };
}

/** Weighted means of blocks, such that they ascend. */
function pooled(y: readonly number[], weights: readonly number[]): Float64Array {
  const ends = new Int32Array(y.length);
  const means = new Float64Array(y.length);
  const totals = new Float64Array(y.length);
  let blocks = 0;
  for (let i = 0; i < y.length; i++) {
    let [mean, total] = [y[i]!, weights[i]!];
    while (blocks > 0 && means[blocks - 1]! >= mean) {
      blocks--;
      const sum = total + totals[blocks]!;
      mean = (mean * total + means[blocks]! * totals[blocks]!) / sum;
      total = sum;
    }
    means[blocks] = mean;
    totals[blocks] = total;
    ends[blocks++] = i + 1;
  }
  const fitted = new Float64Array(y.length);
  for (let b = 0, i = 0; b < blocks; b++) for (; i < ends[b]!; i++) fitted[i] = means[b]!;
  return fitted;
}

/** The curve's height at x. */
export function heightAt({ x, y }: Curve, at: number): number {
  if (at <= x[0]!) return y[0]!;
  let [from, to] = [0, x.length - 1];
  if (at >= x[to]!) return y[to]!;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (x[middle]! <= at) from = middle;
    else to = middle;
  }
  return y[from]! + ((at - x[from]!) / (x[to]! - x[from]!)) * (y[to]! - y[from]!);
}
