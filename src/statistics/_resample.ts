import { createRng } from "../core/rng.ts";

/** Draws of rows with replacement, as multiplicities. */
export interface Resampler {
  /** Distinct things drawn: rows, or groups of rows. */
  readonly units: number;
  /** Counts of each list's rows in the next draw; the arrays are overwritten by the next call. */
  draw(): readonly Uint16Array[];
}

/**
 * Draws units with replacement, as many as there are. A row is drawn as often as its unit, in every list alike.
 * @param rows number of rows of each list
 * @param groups unit of each row of each list; absent: row i of every list is unit i
 */
export function createResampler(
  rows: readonly number[],
  groups: readonly Int32Array[] | undefined,
  seed: number,
): Resampler {
  const rng = createRng(seed);
  if (groups === undefined) {
    const units = Math.max(0, ...rows);
    const counts = new Uint16Array(units);
    const lists = rows.map((n) => counts.subarray(0, n));
    return {
      units,
      draw() {
        counts.fill(0);
        for (let i = 0; i < units; i++) counts[rng.int(units)]++;
        return lists;
      },
    };
  }
  if (groups.length !== rows.length || groups.some((g, r) => g.length !== rows[r])) {
    throw new RangeError("groups must give one unit a row");
  }
  const numbers = new Map<number, number>();
  const unitOf = groups.map((codes) =>
    codes.map((code) => {
      const number = numbers.get(code) ?? numbers.size;
      numbers.set(code, number);
      return number;
    }),
  );
  const units = numbers.size;
  const drawn = new Uint16Array(units);
  const lists = rows.map((n) => new Uint16Array(n));
  return {
    units,
    draw() {
      drawn.fill(0);
      for (let i = 0; i < units; i++) drawn[rng.int(units)]++;
      for (const [r, counts] of lists.entries()) {
        const unit = unitOf[r];
        for (let i = 0; i < counts.length; i++) counts[i] = drawn[unit[i]];
      }
      return lists;
    },
  };
}

/** Share of draws in which a metric may be undefined before its interval is. */
const UNDEFINED_SHARE = 0.05;

/**
 * The middle `level` of the values (linear between order statistics, as numpy's quantile). Undefined values are left
 * out; with more than 5 % of them, or none at all, the interval is NaN.
 */
export function percentileInterval(values: Float64Array, level: number): { low: number; high: number } {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort();
  if (sorted.length === 0 || sorted.length < (1 - UNDEFINED_SHARE) * values.length) {
    return { low: Number.NaN, high: Number.NaN };
  }
  const quantile = (p: number): number => {
    const at = p * (sorted.length - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  };
  return { low: quantile((1 - level) / 2), high: quantile((1 + level) / 2) };
}
