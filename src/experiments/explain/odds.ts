import type { Contributions } from "../../core/family.ts";
import type { Explained } from "../../core/serving/serving.ts";

/** Pieces of the way from the background to the row. */
const PIECES = 32;

/**
 * What columns add to one class, in log-odds where the outputs are margins. With several classes the log-odds are no sum of margins:
 * along the straight way from the background to the row, each step counts as much as its class has of the others' odds there
 * (Aumann-Shapley). Base and values add up to the row's exactly.
 * @returns base, and [columns] values
 */
export function contributionsTo(
  { unit, base, values }: Contributions,
  classCode: number,
): { readonly unit: Explained["unit"]; readonly base: number; readonly values: Float64Array } {
  const outputs = base.length;
  const cols = values.length / outputs;
  const of = (k: number): Float64Array => values.subarray(k * cols, (k + 1) * cols);
  if (unit === "probability") return { unit, base: base[classCode]!, values: of(classCode).slice() };
  if (outputs === 1) {
    const sign = classCode === 1 ? 1 : -1;
    return { unit: "log-odds", base: sign * base[0]!, values: of(0).map((value) => sign * value) };
  }
  const others = Array.from(base.keys()).filter((k) => k !== classCode);
  const from = Float64Array.from(others, (k) => base[k]!);
  const way = Float64Array.from(others, (k) => of(k).reduce((a, b) => a + b, 0));
  const shares = meanShares(from, way);
  const result = of(classCode).slice();
  others.forEach((k, i) => {
    of(k).forEach((value, j) => {
      result[j]! -= shares[i]! * value;
    });
  });
  return { unit: "log-odds", base: base[classCode]! - softmax(from).logSum, values: result };
}

/**
 * [n] mean softmax of margins on the way from `from` to `from + way`, such that Σ share · way is how much their log-sum-exp grows. That
 * function is convex: on each piece its growth lies between what the shares of the two ends say.
 */
function meanShares(from: Float64Array, way: Float64Array): Float64Array {
  const mean = new Float64Array(from.length);
  const along = (shares: Float64Array): number => shares.reduce((sum, share, k) => sum + share * way[k]!, 0) / PIECES;
  let before = softmax(from);
  for (let piece = 1; piece <= PIECES; piece++) {
    const after = softmax(from.map((margin, k) => margin + (piece / PIECES) * way[k]!));
    const [low, high] = [along(before.shares), along(after.shares)];
    const grown = after.logSum - before.logSum;
    const part = high > low ? Math.min(1, Math.max(0, (grown - low) / (high - low))) : 0.5;
    for (let k = 0; k < mean.length; k++)
      mean[k]! += ((1 - part) * before.shares[k]! + part * after.shares[k]!) / PIECES;
    before = after;
  }
  return mean;
}

/** Shares of margins, and the logarithm of the sum of their exponentials. */
function softmax(margins: Float64Array): { readonly shares: Float64Array; readonly logSum: number } {
  const most = margins.reduce((a, b) => Math.max(a, b));
  const odds = margins.map((margin) => Math.exp(margin - most));
  const sum = odds.reduce((a, b) => a + b);
  return { shares: odds.map((odd) => odd / sum), logSum: most + Math.log(sum) };
}
