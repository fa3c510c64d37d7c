import { ExitCode, UserError } from "./errors.ts";
import type { Scored } from "./metric.ts";

/** The most probable class of each row. */
export interface TopLabels {
  /** [rows] class codes; the lowest code where probabilities tie, as numpy's argmax */
  readonly predicted: Int32Array;
  /** [rows] probability of the predicted class */
  readonly confidence: Float64Array;
  /** [rows] 1 where the predicted class is the true one */
  readonly correct: Uint8Array;
}

/** Predictions are never changed, so what follows from them is worked out once for all metrics and reports. */
const known = new WeakMap<Scored, TopLabels>();

/** @throws UserError when a probability is NaN: the model has diverged */
export function topLabels(scored: Scored): TopLabels {
  const cached = known.get(scored);
  if (cached !== undefined) return cached;
  const { rows, y, proba } = scored;
  const k = scored.classes.length;
  const predicted = new Int32Array(rows);
  const confidence = new Float64Array(rows);
  const correct = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    let best = 0;
    let top = proba[i * k];
    let sum = top;
    for (let c = 1; c < k; c++) {
      const p = proba[i * k + c];
      sum += p;
      if (p > top) {
        top = p;
        best = c;
      }
    }
    if (Number.isNaN(sum)) {
      throw new UserError("the model's probabilities are not numbers", {
        exitCode: ExitCode.trialsFailed,
        where: `prediction of row ${i + 1} of ${rows}`,
        fix: "Train it again with a smaller learning rate or stronger regularisation.",
      });
    }
    predicted[i] = best;
    confidence[i] = top;
    correct[i] = best === y[i] ? 1 : 0;
  }
  const labels = { predicted, confidence, correct };
  known.set(scored, labels);
  return labels;
}

/** [rows] 1 where the answer is right: the most probable class, or the first disease of a ranking for a new patient. */
export function rightRows(scored: Scored): Uint8Array {
  if (scored.ranks === undefined) return topLabels(scored).correct;
  return Uint8Array.from(scored.ranks.newPatient.rank, (rank) => (rank <= 1 ? 1 : 0));
}

/** Number of the equal-width bin (low, high] of [0, 1] that a confidence falls into; 0 belongs to the first. */
export function confidenceBin(confidence: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
}
