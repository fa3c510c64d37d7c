import { chiSquareTail, fisherExact } from "./_tails.ts";
import { sumOf } from "./psi.ts";

export interface ChiSquare {
  readonly statistic: number;
  readonly df: number;
  /** 1 where fewer than two cells are left. */
  readonly pValue: number;
  /** Cells that were added up to one, since too few were expected in them. */
  readonly pooled: number;
}

/** Patients to be expected in a cell for the χ² distribution to hold (Cochran 1954). */
const EXPECTED = 5;

/**
 * χ² test of homogeneity: two samples over the same levels. Levels in which fewer than 5 patients are expected on either side are
 * added up to one; where that one is still too small, it joins the smallest other. Without pooling it is scipy's
 * `chi2_contingency(…, correction=False)`.
 */
export function chiSquare(reference: ArrayLike<number>, current: ArrayLike<number>): ChiSquare {
  const [n, m] = [sumOf(reference), sumOf(current)];
  if (n === 0 || m === 0) return { statistic: Number.NaN, df: 0, pValue: Number.NaN, pooled: 0 };
  const smaller = Math.min(n, m) / (n + m);
  const cells = Array.from(reference, (a, i): Cell => ({ a, b: current[i] }))
    .filter(({ a, b }) => a + b > 0)
    .sort((x, y) => x.a + x.b - y.a - y.b);
  const isSmall = ({ a, b }: Cell): boolean => (a + b) * smaller < EXPECTED;
  const small = cells.filter(isSmall);
  const kept = cells.slice(small.length);
  const pool = small.reduce((sum, { a, b }) => ({ a: sum.a + a, b: sum.b + b }), { a: 0, b: 0 });
  let pooled = small.length;
  if (small.length > 0) {
    const least = kept.shift();
    if (least === undefined || !isSmall(pool)) {
      if (least !== undefined) kept.push(least);
      kept.push(pool);
    } else {
      kept.push({ a: pool.a + least.a, b: pool.b + least.b });
      pooled++;
    }
  }
  const share = n / (n + m);
  let statistic = 0;
  for (const { a, b } of kept) {
    const expected = (a + b) * share;
    statistic += (a - expected) ** 2 / expected + (a - expected) ** 2 / (a + b - expected);
  }
  const df = kept.length - 1;
  return { statistic, df, pValue: df < 1 ? 1 : chiSquareTail(statistic, df), pooled: pooled > 1 ? pooled : 0 };
}

interface Cell {
  readonly a: number;
  readonly b: number;
}

/**
 * Whether two shares differ: the pooled z-test (scipy's `chi2_contingency` of the 2 × 2 table without correction), or Fisher's exact
 * test where fewer than 5 patients are expected in a cell.
 * @param a of n patients
 * @param b of m patients
 * @returns two-sided p-value; NaN without patients
 */
export function twoProportions(a: number, n: number, b: number, m: number): number {
  if (n === 0 || m === 0) return Number.NaN;
  const share = (a + b) / (n + m);
  if (share === 0 || share === 1) return 1;
  if (Math.min(n, m) * Math.min(share, 1 - share) < EXPECTED) {
    // The rarer side first: the test goes through its patients.
    return share <= 0.5 ? fisherExact(a, n - a, b, m - b) : fisherExact(n - a, a, m - b, b);
  }
  const z2 = (a / n - b / m) ** 2 / (share * (1 - share) * (1 / n + 1 / m));
  return chiSquareTail(z2, 1);
}
