import type { Scored } from "../core/metric.ts";
import { confidenceBin, rightRows, topLabels } from "../core/scored.ts";

/** Predictions whose confidence is in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  /** Mean probability of the predicted class; NaN when empty. */
  readonly confidence: number;
  /** Share of right predictions; NaN when empty. */
  readonly accuracy: number;
}

/**
 * Confidence against accuracy of the predicted class, or of the first disease of a ranking for a new patient, in equal-width
 * bins: the bins of the ECE.
 */
export function reliability(scored: Scored, bins = 15): readonly ReliabilityBin[] {
  const confidence = scored.ranks?.newPatient.first ?? topLabels(scored).confidence;
  const correct = rightRows(scored);
  const rows = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const hits = new Float64Array(bins);
  for (const [i, p] of confidence.entries()) {
    const bin = confidenceBin(p, bins);
    rows[bin]++;
    sums[bin] += p;
    hits[bin] += correct[i];
  }
  return Array.from(rows, (n, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    rows: n,
    confidence: sums[bin] / n,
    accuracy: hits[bin] / n,
  }));
}
