import type { Scored } from "../core/metric.ts";
import { topLabels } from "../core/scored.ts";

/** The rows of one class against the rest, by falling probability, as far as the class's last row. */
export interface Ranking {
  /** Row numbers. Rows of the class precede the others that tie with them. */
  readonly order: Int32Array;
  /**
   * Steps of three ends into `order`, each from where the step before stopped: other rows ranked above, rows of the
   * class with one probability, other rows with the same probability.
   */
  readonly steps: Int32Array;
}

/** Kept by predictions: ROC and precision-recall share them. */
const known = new WeakMap<Scored, ReadonlyMap<number, Ranking>>();

/**
 * Rankings of the classes that occur in the truth, by class code.
 * @throws UserError when a probability is NaN
 */
export function rankings(scored: Scored): ReadonlyMap<number, Ranking> {
  const cached = known.get(scored);
  if (cached !== undefined) return cached;
  topLabels(scored); // refuses NaN
  const lowest = new Map<number, number>();
  const k = scored.classes.length;
  for (let i = 0; i < scored.rows; i++) {
    const c = scored.y[i];
    lowest.set(c, Math.min(lowest.get(c) ?? Number.POSITIVE_INFINITY, scored.proba[i * k + c]));
  }
  const result = new Map([...lowest].map(([c, least]) => [c, rank(scored, c, least)]));
  known.set(scored, result);
  return result;
}

/** The bits of floats in [0, 2) grow with their values, so that (bits, own class first, row) sorts as one integer. */
const ABOVE_BITS = 0x40000000;

function rank({ rows, classes, y, proba }: Scored, c: number, least: number): Ranking {
  if (rows > 4_000_000) throw new RangeError("rankings are limited to 4 million rows");
  const k = classes.length;
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  let n = 0;
  const keys = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const p = proba[i * k + c];
    if (p < least) continue;
    float[0] = p + 0; // −0 becomes 0
    keys[n++] = (ABOVE_BITS - bits[0]) * 2 * rows + (y[i] === c ? 0 : rows) + i;
  }
  const sorted = keys.subarray(0, n).sort();
  const order = Int32Array.from(sorted, (key) => key % rows);
  const steps: number[] = [];
  for (let at = 0; at < n; ) {
    while (y[order[at]] !== c) at++;
    const p = proba[order[at] * k + c];
    steps.push(at);
    while (at < n && y[order[at]] === c && proba[order[at] * k + c] === p) at++;
    steps.push(at);
    while (at < n && proba[order[at] * k + c] === p) at++;
    steps.push(at);
  }
  return { order, steps: Int32Array.from(steps) };
}

/** What a class's ranking adds up to in a sample. */
export interface RankingSums {
  /** Rows of the class. */
  own: number;
  /** Σ over rows of the class of the other rows above them, ties as half. */
  inversions: number;
  /** Σ over rows of the class of the precision at their rank. */
  precisions: number;
}

/** @param counts [rows] multiplicities of the rows */
export function sumRanking({ order, steps }: Ranking, counts: Uint16Array): RankingSums {
  let own = 0;
  let others = 0;
  let inversions = 0;
  let precisions = 0;
  let at = 0;
  for (let s = 0; s < steps.length; s += 3) {
    for (; at < steps[s]; at++) others += counts[order[at]];
    let here = 0;
    for (; at < steps[s + 1]; at++) here += counts[order[at]];
    let ties = 0;
    for (; at < steps[s + 2]; at++) ties += counts[order[at]];
    if (here > 0) {
      own += here;
      inversions += here * (others + ties / 2);
      precisions += (here * own) / (own + others + ties);
    }
    others += ties;
  }
  return { own, inversions, precisions };
}
