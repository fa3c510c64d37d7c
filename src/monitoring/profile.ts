import type { Scored } from "../core/metric.ts";
import { type ClassFigures, FEWEST, type ValidationProfile } from "../core/monitoring/profile.ts";
import { topLabels } from "../core/scored.ts";
import { precision, recall, tallyOf } from "../metrics/_tally.ts";
import { profileLevels, profileNumbers } from "../statistics/drift/profile.ts";

/** Names of the features that answers are counted as. */
export const PREDICTED = "predicted class";
export const CONFIDENCE = "probability of the answer";

/**
 * What a model's answers for validation patients looked like.
 * @param metrics what its run says of them
 */
export function profileValidation(scored: Scored, metrics: ValidationProfile["metrics"]): ValidationProfile {
  const { rows, ranks, classes } = scored;
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  if (ranks !== undefined) {
    const first = Float64Array.from(ranks.newPatient.first);
    return { rows, predicted: null, confidence: numbers(first), meanProbability: null, metrics, classes: [] };
  }
  const { predicted, confidence } = topLabels(scored);
  const column = { kind: "categorical", name: PREDICTED, levels: classes, codes: predicted } as const;
  return {
    rows,
    predicted: profileLevels(column, all),
    confidence: numbers(confidence),
    meanProbability: Object.fromEntries(meanProbabilities(scored).map((mean, c) => [classes[c], mean])),
    metrics,
    classes: classFigures(scored).filter((figures) => figures.rows >= FEWEST),
  };
}

const numbers = (values: Float64Array): ValidationProfile["confidence"] => profileNumbers(CONFIDENCE, values);

function meanProbabilities({ rows, classes, proba }: Scored): number[] {
  const k = classes.length;
  const sums = new Array<number>(k).fill(0);
  for (let at = 0; at < rows * k; at++) sums[at % k] += proba[at];
  return sums.map((sum) => sum / rows);
}

/** Recall and precision of the classes that occur. */
export function classFigures(scored: Scored): ClassFigures[] {
  const tally = tallyOf(scored);
  return scored.classes
    .map((name, c) => ({
      name,
      rows: tally.support[c],
      recall: recall(tally, c),
      precision: tally.predicted[c] === 0 ? null : precision(tally, c),
    }))
    .filter(({ rows }) => rows > 0);
}
