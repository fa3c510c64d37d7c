import type { Run, TrackingStore } from "../../core/store.ts";
import { type CurvePoint, Tag, VALIDATION } from "../../core/trial.ts";

/** What came of a trial, as far as the search needs it. */
export type Outcome =
  | {
      readonly state: "finished";
      /** Validation metrics by id, without prefix. */
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly state: "pruned"; readonly loss: number; readonly rounds: number }
  | { readonly state: "failed" };

export interface Known {
  readonly runId: string;
  readonly outcome: Outcome;
}

/**
 * Trials of an experiment that need not run again, by trial key: those that finished; the newest where one was run again. Of the sweep that is
 * resumed also those that were pruned in it, and those that failed.
 * @param metrics ids of the metrics that are read
 */
export async function knownTrials(
  store: TrackingStore,
  experimentId: string,
  metrics: readonly string[],
  sweepId?: string,
): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  const columns = {
    metrics: [...metrics.map((id) => VALIDATION + id), PRUNED_LOSS, PRUNED_ROUND],
    params: [],
    tags: [Tag.trialKey, Tag.pruned],
  };
  const read = async (filter: string): Promise<void> => {
    let pageToken: string | undefined;
    do {
      const page = await store.searchRuns({
        ...{
          experimentIds: [experimentId],
          filter: `${filter} and tags.\`${Tag.kind}\` = 'trial'`,
          columns,
          pageToken,
        },
        ...{ orderBy: ["attributes.start_time ASC"], maxResults: 10_000 },
      });
      for (const run of page.items) {
        const key = run.tags[Tag.trialKey];
        const outcome = outcomeOf(run);
        if (key && outcome) known.set(key, { runId: run.info.runId, outcome });
      }
      pageToken = page.nextPageToken;
    } while (pageToken);
  };
  if (sweepId !== undefined) await read(`attributes.status != 'FINISHED' and tags.\`${Tag.parent}\` = '${sweepId}'`);
  await read("attributes.status = 'FINISHED'");
  return known;
}

const PRUNED_ROUND = "pruned_round";
const PRUNED_LOSS = "pruned_log_loss";

/** What a pruned run records beside its curve. */
export function prunedMetrics({
  rounds,
  loss,
}: {
  readonly rounds: number;
  readonly loss: number;
}): Record<string, number> {
  return { [PRUNED_ROUND]: rounds, [PRUNED_LOSS]: loss };
}

function outcomeOf({ info, metrics, tags }: Run): Outcome | undefined {
  if (info.status === "FAILED") return { state: "failed" };
  if (info.status === "FINISHED") {
    const values = Object.entries(metrics).filter(([key]) => key.startsWith(VALIDATION));
    return {
      state: "finished",
      metrics: Object.fromEntries(values.map(([key, v]) => [key.slice(VALIDATION.length), v])),
    };
  }
  if (tags[Tag.pruned] === undefined) return undefined;
  return { state: "pruned", loss: metrics[PRUNED_LOSS] ?? Number.NaN, rounds: metrics[PRUNED_ROUND] ?? 0 };
}

/** The recorded learning curve of a run; empty where its family has no rounds. */
export async function curveOf(store: TrackingStore, runId: string): Promise<readonly CurvePoint[]> {
  const points = await store.metricHistory(runId, "curve_val_log_loss");
  return points.map(({ step, value }) => ({ round: step, train: Number.NaN, validation: value }));
}
