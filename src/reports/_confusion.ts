import type { Scored } from "../core/metric.ts";
import { topLabels } from "../core/scored.ts";

export interface ConfusionCell {
  readonly truth: number;
  readonly predicted: number;
  readonly count: number;
  /** Of the rows of the true class. */
  readonly share: number;
}

/** More classes than these cannot be read in one picture. */
const LARGEST = 60;

/**
 * Occupied cells of the confusion matrix. With more than 60 classes the 59 with the most errors keep their own row and
 * column and the others are pooled into a last one; `pooled` is how many.
 */
export function confusion(scored: Scored): {
  readonly names: readonly string[];
  readonly cells: readonly ConfusionCell[];
  readonly pooled: number;
} {
  const { predicted } = topLabels(scored);
  const { classes, y } = scored;
  const errors = new Float64Array(classes.length);
  for (const [i, p] of predicted.entries()) {
    if (p === y[i]) continue;
    errors[p]++;
    errors[y[i]]++;
  }
  const pooled = classes.length > LARGEST ? classes.length - LARGEST + 1 : 0;
  const kept = classes.map((_, c) => c);
  if (pooled > 0) kept.sort((a, b) => errors[b] - errors[a] || a - b).splice(LARGEST - 1);
  kept.sort((a, b) => a - b);
  const size = kept.length + (pooled > 0 ? 1 : 0);
  const place = new Int32Array(classes.length).fill(size - 1);
  for (const [at, c] of kept.entries()) place[c] = at;

  const counts = new Float64Array(size * size);
  const support = new Float64Array(size);
  for (const [i, p] of predicted.entries()) {
    counts[place[y[i]] * size + place[p]]++;
    support[place[y[i]]]++;
  }
  const cells: ConfusionCell[] = [];
  for (const [at, count] of counts.entries()) {
    const truth = Math.floor(at / size);
    if (count > 0) cells.push({ truth, predicted: at % size, count, share: count / support[truth] });
  }
  const names = kept.map((c) => classes[c]);
  return { names: pooled > 0 ? [...names, `(${pooled} other classes)`] : names, cells, pooled };
}
