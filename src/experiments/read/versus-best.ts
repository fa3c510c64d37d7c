import { UserError } from "../../core/errors.ts";
import type { Metric } from "../../core/metric.ts";
import type { TrackingStore } from "../../core/store.ts";
import { compareToBest, type Verdict } from "../../statistics/paired.ts";
import { metricById } from "./metric-by-id.ts";
import { type Predictions, readPredictions } from "./predictions.ts";

/**
 * How rows stand to the first of them, by a paired bootstrap on the same validation patients.
 * @param rows by row, by repeat; the first is the best. Rows of other splits have other patients, and are not comparable.
 */
export function versusBest(
  metric: Metric,
  rows: readonly (readonly Predictions[])[],
  resamples: number,
): readonly Verdict[] {
  const splits = (list: readonly Predictions[]): string => list.map((p) => p.splitHash).join();
  const candidates = rows.map((list) => (splits(list) === splits(rows[0]!) ? list.map((p) => p.scored) : []));
  return compareToBest(metric, candidates, 0, { resamples, seed: 1, groups: rows[0]!.map((p) => p.units) });
}

/** How a line of the board stands to the first: "other" when it is told apart, undefined when that cannot be tested. */
export type Standing = "best" | "tied" | "other" | undefined;

/** What the job "standing" of a worker is given. */
export interface StandingPayload {
  /** The embedded store's folder; not looked at where there is a server. */
  readonly folder: string;
  readonly server?: string;
  readonly lines: readonly (readonly string[])[];
  /** A metric's id. */
  readonly metric: string;
}

/**
 * The same for lines of a board, best first, each with its run ids. Runs without predictions are not comparable; the repeats
 * of a line are put in order, so that they meet the same patients.
 * @param metric a metric's id
 */
export async function standings(
  store: TrackingStore,
  lines: readonly (readonly string[])[],
  metric: string,
  resamples = 1000,
): Promise<readonly Standing[]> {
  const rows = await Promise.all(lines.map((runs) => predictionsOf(store, runs)));
  if (rows[0] === undefined || rows[0].length === 0) return lines.map(() => undefined);
  const verdicts = versusBest(metricById(metric), rows, resamples);
  return verdicts.map(({ comparable, tied }, i) =>
    i === 0 ? "best" : comparable ? (tied ? "tied" : "other") : undefined,
  );
}

async function predictionsOf(store: TrackingStore, runs: readonly string[]): Promise<readonly Predictions[]> {
  try {
    const read = await Promise.all(runs.map((runId) => readPredictions(store, runId)));
    // As a leaderboard has them, so that the same patients are drawn.
    return read.sort((a, b) => a.repeat[0] - b.repeat[0] || a.repeat[1] - b.repeat[1]);
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
