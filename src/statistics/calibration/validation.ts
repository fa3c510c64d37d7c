/** What validation patients with their diseases say of a model's probabilities: counts in bins, small enough to travel with the model. */
import type { Scored } from "../../core/metric.ts";
import { rightRows, topLabels } from "../../core/scored.ts";
import type { ValidationSummary } from "../../core/serving/serving.ts";
import { wilson } from "../wilson.ts";

/** Bins of the probability of the answer. */
const CONFIDENCE_BINS = 1000;
/** Log-odds further out count as these. */
const FAR = 8;
/** Patients that an interval rests on, at least. */
const LEAST_ROWS = 30;
/** How far, in log-odds, a probability may be to be similar. */
const SIMILAR = 1;

/**
 * Counts of validation predictions; of rankings only what is said of the first disease.
 * @param width of the bins by class, in log-odds
 */
export function summariseValidation(scored: Scored, width = 0.25): ValidationSummary {
  const { y, proba, rows } = scored;
  const confidence = scored.ranks?.newPatient.first ?? topLabels(scored).confidence;
  const correct = rightRows(scored);
  const answers = { rows: new Uint32Array(CONFIDENCE_BINS), right: new Uint32Array(CONFIDENCE_BINS) };
  confidence.forEach((p, row) => {
    const bin = Math.min(CONFIDENCE_BINS - 1, Math.floor(p * CONFIDENCE_BINS));
    answers.rows[bin]!++;
    answers.right[bin]! += correct[row]!;
  });
  const classes = scored.ranks ? 0 : scored.classes.length;
  const bins = Math.round((2 * FAR) / width);
  const byClass = { bins, rows: new Uint32Array(classes * bins), positives: new Uint32Array(classes * bins) };
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < classes; k++) {
      const at = k * bins + binOf(proba[row * classes + k]!, bins);
      byClass.rows[at]!++;
      if (y[row] === k) byClass.positives[at]!++;
    }
  }
  return { answers, byClass };
}

/** [0, bins) */
function binOf(p: number, bins: number): number {
  const place = ((logOdds(p) + FAR) / (2 * FAR)) * bins;
  return Math.min(bins - 1, Math.max(0, Math.floor(place)));
}

const logOdds = (p: number): number => Math.min(FAR, Math.max(-FAR, Math.log(p / (1 - p))));

/**
 * 95 % interval (Wilson) of the share of validation patients with the class among those who were given a similar probability of it:
 * the nearest bins that hold enough of them, no further away than 1 in log-odds.
 * @returns null where there are too few
 */
export function intervalOf(
  { byClass: { bins, rows, positives } }: ValidationSummary,
  classCode: number,
  probability: number,
): readonly [low: number, high: number] | null {
  if (rows.length === 0 || !(probability >= 0 && probability <= 1)) return null;
  const width = (2 * FAR) / bins;
  const middle = binOf(probability, bins);
  let [n, hits] = [0, 0];
  for (let reach = 0; reach === 0 || reach * width <= SIMILAR; reach++) {
    for (const bin of new Set([middle - reach, middle + reach])) {
      if (bin < 0 || bin >= bins) continue;
      n += rows[classCode * bins + bin]!;
      hits += positives[classCode * bins + bin]!;
    }
    if (n < LEAST_ROWS) continue;
    const { low, high } = wilson(hits / n, n);
    return [low, high];
  }
  return null;
}
