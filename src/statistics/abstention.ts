/** When a model should rather say nothing: accuracy against coverage of its surest answers. */
import type { ValidationSummary } from "../core/serving/serving.ts";
import { wilson } from "./wilson.ts";

/** Answers at or above a probability. */
export interface CoveragePoint {
  /** Least probability of the answer. */
  readonly threshold: number;
  /** Share of the patients who get one. */
  readonly coverage: number;
  /** Share of these answers that are right, with its 95 % interval (Wilson). */
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  /** Validation patients who get one. */
  readonly rows: number;
}

/** Answers that a threshold rests on, at least. */
const LEAST_ROWS = 20;

/** Accuracy of the answers at or above each probability that occurred, the lowest first: the risk-coverage curve. */
export function riskCoverage({ answers: { rows, right } }: ValidationSummary): readonly CoveragePoint[] {
  const all = rows.reduce((a, b) => a + b, 0);
  const points: CoveragePoint[] = [];
  let [n, hits] = [0, 0];
  for (let bin = rows.length - 1; bin >= 0; bin--) {
    if (rows[bin] === 0) continue;
    n += rows[bin]!;
    hits += right[bin]!;
    points.push({
      threshold: bin / rows.length,
      coverage: n / all,
      accuracy: hits / n,
      ...wilson(hits / n, n),
      rows: n,
    });
  }
  return points.reverse();
}

/**
 * The lowest probability at or above which answers were as accurate on validation as is asked.
 * @param accuracy in 0–1
 * @returns null where no threshold reaches it with 20 patients or more
 */
export function suggestThreshold(summary: ValidationSummary, accuracy: number): CoveragePoint | null {
  return riskCoverage(summary).find((point) => point.accuracy >= accuracy && point.rows >= LEAST_ROWS) ?? null;
}
