import type { Metric, Scored } from "../core/metric.ts";
import { topLabels } from "../core/scored.ts";

/** What the metrics of predicted classes are made of, each [classes]. */
export interface Tally {
  /** Rows of the class that are predicted as it. */
  readonly hits: Float64Array;
  /** Rows of the class. */
  readonly support: Float64Array;
  /** Rows predicted as the class. */
  readonly predicted: Float64Array;
  /** Sum of the counts. */
  readonly total: number;
}

/** The occupied cells of the confusion matrix. */
interface Cells {
  /** [rows] the cell that a row falls into */
  readonly ofRow: Int32Array;
  /** Row and column of each cell. */
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
}

/** Kept by predictions: all metrics of one set share them. */
const known = new WeakMap<Scored, Cells>();

function cellsOf(scored: Scored): Cells {
  const cached = known.get(scored);
  if (cached !== undefined) return cached;
  const labels = topLabels(scored).predicted;
  const k = scored.classes.length;
  const numbers = new Map<number, number>();
  const ofRow = Int32Array.from(labels, (label, i) => {
    const key = scored.y[i] * k + label;
    const cell = numbers.get(key) ?? numbers.size;
    numbers.set(key, cell);
    return cell;
  });
  const keys = [...numbers.keys()];
  const cells = {
    ofRow,
    truth: Int32Array.from(keys, (key) => Math.floor(key / k)),
    predicted: Int32Array.from(keys, (key) => key % k),
  };
  known.set(scored, cells);
  return cells;
}

type Tallier = (counts?: Uint16Array, draw?: object) => Tally;

/** Kept by predictions: what is tallied for one metric serves the others in the same draw. */
const talliers = new WeakMap<Scored, Tallier>();

/** A function that tallies a sample; its result is overwritten by the next call. */
function tallierOf(scored: Scored): Tallier {
  const kept = talliers.get(scored);
  if (kept !== undefined) return kept;
  const { ofRow, truth, predicted } = cellsOf(scored);
  const k = scored.classes.length;
  const once = new Uint16Array(scored.rows).fill(1);
  const weight = new Int32Array(truth.length);
  const tally = { hits: new Float64Array(k), support: new Float64Array(k), predicted: new Float64Array(k), total: 0 };
  let last: object | undefined;
  const tallier: Tallier = (counts = once, draw) => {
    if (draw !== undefined && draw === last) return tally;
    last = draw;
    weight.fill(0);
    for (let i = 0; i < ofRow.length; i++) weight[ofRow[i]] += counts[i];
    tally.hits.fill(0);
    tally.support.fill(0);
    tally.predicted.fill(0);
    tally.total = 0;
    for (let c = 0; c < weight.length; c++) {
      const w = weight[c];
      tally.total += w;
      tally.support[truth[c]] += w;
      tally.predicted[predicted[c]] += w;
      if (truth[c] === predicted[c]) tally.hits[truth[c]] += w;
    }
    return tally;
  };
  talliers.set(scored, tallier);
  return tallier;
}

/** The tally of all rows. */
export function tallyOf(scored: Scored): Tally {
  const { hits, support, predicted, total } = tallierOf(scored)();
  return { hits: hits.slice(), support: support.slice(), predicted: predicted.slice(), total };
}

/** A metric that is a function of the tally. NaN for an empty sample. */
export function tallyMetric(
  about: Omit<Metric, "bind" | "greaterIsBetter">,
  compute: (tally: Tally, scored: Scored) => number,
): Metric {
  return {
    ...about,
    greaterIsBetter: true,
    bind(scored) {
      const tallier = tallierOf(scored);
      return (counts, draw) => {
        const tally = tallier(counts, draw);
        return tally.total === 0 ? Number.NaN : compute(tally, scored);
      };
    },
  };
}

/** Mean of a value over the classes that occur, in the truth or in the predictions (scikit-learn's default labels). */
export function macro(tally: Tally, value: (tally: Tally, c: number) => number): number {
  let sum = 0;
  let classes = 0;
  for (let c = 0; c < tally.support.length; c++) {
    if (tally.support[c] + tally.predicted[c] === 0) continue;
    sum += value(tally, c);
    classes++;
  }
  return sum / classes;
}

/** Mean of a value over the classes, weighted by their rows. */
export function weighted(tally: Tally, value: (tally: Tally, c: number) => number): number {
  let sum = 0;
  for (let c = 0; c < tally.support.length; c++) {
    if (tally.support[c] > 0) sum += tally.support[c] * value(tally, c);
  }
  return sum / tally.total;
}

/** Share of the rows predicted as the class that are of it; 0 when none is predicted. */
export const precision = (t: Tally, c: number): number => (t.predicted[c] > 0 ? t.hits[c] / t.predicted[c] : 0);

/** Share of the rows of the class that are predicted as it; 0 when it has no rows. */
export const recall = (t: Tally, c: number): number => (t.support[c] > 0 ? t.hits[c] / t.support[c] : 0);

/** Harmonic mean of precision and recall; 0 when both are. */
export const f1 = (t: Tally, c: number): number => (2 * t.hits[c]) / (t.predicted[c] + t.support[c]);
