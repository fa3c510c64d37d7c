import { UserError } from "../core/errors.ts";
import type { Metric, Scored } from "../core/metric.ts";
import { createResampler, percentileInterval } from "./_resample.ts";
import { patientsDiffer } from "./_same.ts";
import type { BootstrapOptions } from "./bootstrap.ts";

/** How a model stands against another on the same patients. */
export interface Verdict {
  /** Metric of the model minus that of the reference, mean over the repeats. */
  readonly difference: number;
  /** Bootstrap interval of the difference. */
  readonly low: number;
  readonly high: number;
  /** Two-sided bootstrap p-value of "no difference". */
  readonly pValue: number;
  /** The interval includes 0: these patients cannot tell the two apart. Never true where comparable is false. */
  readonly tied: boolean;
  readonly comparable: boolean;
  /** Why not comparable. */
  readonly reason?: string;
}

export interface PairedOptions extends BootstrapOptions {
  /**
   * By repeat, [rows] patient (or group) of each row; equal codes in two repeats are the same patient. Needed where the
   * repeats have different splits of the same patients; otherwise row i of each repeat is drawn alike.
   */
  readonly groups?: readonly Int32Array[];
}

/**
 * Compares candidates to the best one by a paired bootstrap: each draw of patients is the same for all candidates, and the
 * differences of the metric, averaged over the repeats (one Scored each), make a percentile interval.
 *
 * What `tied` means: if these models met a new sample of such patients, the order of the two might well turn. It does not
 * mean equally good: few patients tie everything. It does not look at chance in training beyond the repeats given. The best
 * was picked for being best on these very patients (winner's curse), so its lead is flattered and of many equal models
 * more than 1 − level are called different; the mark is not corrected for that or for the number of comparisons. It is a
 * reading aid for a board, not a test to publish.
 *
 * @param candidates by candidate, by repeat; repeat r of all candidates has the same patients in the same order
 * @param best index of the candidate that the others are compared with; its own verdict is tied with difference 0
 */
export function compareToBest(
  metric: Metric,
  candidates: readonly (readonly Scored[])[],
  best: number,
  options: PairedOptions,
): readonly Verdict[] {
  const pairs = candidates.map((_, c) => [best, c] as const);
  return comparePairs(metric, candidates, pairs, options);
}

/**
 * Compares pairs of candidates as compareToBest does (difference = second − first). Each candidate's metric is worked out once a
 * draw, however many pairs it is in.
 * @param candidates by candidate, by repeat; a pair of which one is not of the first pair's first candidate's patients is not comparable
 * @param pairs indices of candidates
 */
export function comparePairs(
  metric: Metric,
  candidates: readonly (readonly Scored[])[],
  pairs: readonly (readonly [a: number, b: number])[],
  options: PairedOptions,
): readonly Verdict[] {
  const { resamples = 1000, level = 0.95, seed, groups } = options;
  if (pairs.length === 0) return [];
  const reference = candidates[pairs[0][0]];
  const reasons = candidates.map((candidate) => repeatsDiffer(reference, candidate));
  const bound = candidates.map((candidate, c) =>
    reasons[c] === undefined ? candidate.map((scored) => metric.bind(scored)) : [],
  );
  const sampler = createResampler(
    reference.map((scored) => scored.rows),
    groups,
    seed,
  );
  const draws = candidates.map(() => new Float64Array(resamples).fill(Number.NaN));
  for (let b = 0; b < resamples && sampler.units > 1; b++) {
    const counts = sampler.draw();
    for (const [c, mean] of meansOf(bound, counts).entries()) draws[c][b] = mean;
  }
  const values = meansOf(bound);
  return pairs.map(([a, b]): Verdict => {
    const reason = reasons[a] ?? reasons[b];
    if (reason !== undefined) return incomparable(reason);
    const difference = values[b] - values[a];
    if (Number.isNaN(difference)) return incomparable(`${metric.id} is not defined on these patients`);
    if (a === b) return { difference, low: 0, high: 0, pValue: 1, tied: true, comparable: true };
    const differences = draws[b].map((value, draw) => value - draws[a][draw]);
    const { low, high } = percentileInterval(differences, level);
    if (Number.isNaN(low)) return incomparable(`${metric.id} is not defined on too many draws of these patients`);
    return { difference, low, high, pValue: twoSided(differences), tied: low <= 0 && high >= 0, comparable: true };
  });
}

/**
 * Compares model b with model a (difference = b − a), by repeat, as compareToBest does.
 * @throws UserError when they are not of the same patients
 */
export function pairedBootstrap(
  metric: Metric,
  a: readonly Scored[],
  b: readonly Scored[],
  options: PairedOptions,
): Verdict {
  const reason = repeatsDiffer(a, b);
  if (reason !== undefined) throw new UserError(reason, { fix: "Compare runs of one split of one dataset." });
  return compareToBest(metric, [a, b], 0, options)[1];
}

function repeatsDiffer(a: readonly Scored[], b: readonly Scored[]): string | undefined {
  if (a.length !== b.length) return `not the same repeats: ${a.length} against ${b.length}`;
  if (a.length === 0) return "no repeats";
  for (const [r, scored] of a.entries()) {
    const reason = patientsDiffer(scored, b[r]);
    if (reason !== undefined) return a.length === 1 ? reason : `${reason} (repeat ${r + 1})`;
  }
  return undefined;
}

function incomparable(reason: string): Verdict {
  const { NaN: nan } = Number;
  return { difference: nan, low: nan, high: nan, pValue: nan, tied: false, comparable: false, reason };
}

/** By candidate, the mean over its repeats; NaN without any. */
function meansOf(
  candidates: readonly (readonly ReturnType<Metric["bind"]>[])[],
  counts?: readonly Uint16Array[],
): readonly number[] {
  return candidates.map((repeats) => {
    let sum = 0;
    for (const [r, evaluate] of repeats.entries()) sum += evaluate(counts?.[r]);
    return sum / repeats.length;
  });
}

/** Twice the smaller tail at 0; a draw is added to it, since no finite number of draws proves p = 0. */
function twoSided(draws: Float64Array): number {
  let below = 0;
  let above = 0;
  let n = 0;
  for (const d of draws) {
    if (Number.isNaN(d)) continue;
    n++;
    if (d <= 0) below++;
    if (d >= 0) above++;
  }
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (n + 1));
}
