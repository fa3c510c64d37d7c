/** Shapley values of any function of columns that are there or not. */
import { createRng } from "../../core/rng.ts";

/** Up to so many columns all subsets are looked at. */
const EXACT = 8;
/** Pairs of an order and its reverse that are drawn above that. */
const PAIRS = 12;
/** Most calls that one explanation may take. */
const MOST_CALLS = 4096;

/** Whether all subsets of so many columns are looked at, so that nothing is left to chance. */
export const isExact = (columns: number): boolean => columns <= EXACT;

/**
 * Shapley values against a reference (Strumbelj & Kononenko 2014): what each column changes when its value takes the place of the
 * reference's, over all orders, or over seeded orders that are drawn with their reverses (antithetic). Either way they add up to
 * value(all) - value(none).
 * @param values of several subsets at once: `subsets[i][j]` 1 where column j has the patient's value
 * @returns [columns]
 */
export function shapleyValues(
  columns: number,
  seed: number,
  values: (subsets: readonly Uint8Array[]) => Float64Array,
): Float64Array {
  return isExact(columns) ? exact(columns, values) : sampled(columns, seed, values);
}

function exact(columns: number, values: (subsets: readonly Uint8Array[]) => Float64Array): Float64Array {
  const all = Array.from({ length: 2 ** columns }, (_, mask) =>
    Uint8Array.from({ length: columns }, (_, j) => (mask >> j) & 1),
  );
  const value = values(all);
  // weight[s]: s! (n - s - 1)! / n!
  const weight = new Float64Array(columns);
  for (let s = 0, w = 1 / columns; s < columns; s++) {
    weight[s] = w;
    w *= (s + 1) / (columns - s - 1);
  }
  const phi = new Float64Array(columns);
  all.forEach((subset, mask) => {
    const size = subset.reduce((a, b) => a + b, 0);
    for (let j = 0; j < columns; j++) {
      if (subset[j] === 0) phi[j]! += weight[size]! * (value[mask | (1 << j)]! - value[mask]!);
    }
  });
  return phi;
}

function sampled(
  columns: number,
  seed: number,
  values: (subsets: readonly Uint8Array[]) => Float64Array,
): Float64Array {
  const rng = createRng(seed);
  const pairs = Math.max(1, Math.min(PAIRS, Math.floor(MOST_CALLS / (2 * (columns + 1)))));
  const order = Array.from({ length: columns }, (_, j) => j);
  const orders = Array.from({ length: pairs }, () => {
    const drawn = rng.shuffle([...order]);
    return [drawn, drawn.toReversed()];
  }).flat();
  const subsets = orders.flatMap((drawn) => {
    const subset = new Uint8Array(columns);
    const grown = drawn.map((j) => {
      subset[j] = 1;
      return subset.slice();
    });
    return [new Uint8Array(columns), ...grown];
  });
  const value = values(subsets);
  const phi = new Float64Array(columns);
  orders.forEach((drawn, o) => {
    const first = o * (columns + 1);
    drawn.forEach((j, i) => {
      phi[j]! += (value[first + i + 1]! - value[first + i]!) / orders.length;
    });
  });
  return phi;
}
