import type { GateOutcome } from "../../core/gate.ts";
import type { TrackingStore } from "../../core/store.ts";
import { runDiff } from "../../experiments/read/browse.ts";
import { leaderboard } from "../../experiments/read/leaderboard.ts";
import type { GateReportExtra } from "../../reports/gate.ts";

/** Rows of the leaderboard in a report. */
const SHOWN = 10;

/**
 * What a report of a promotion says beside the gate's verdicts: the leaderboard of the run's experiment, the difference to the
 * champion, and what became of it.
 */
export async function promotionReport(
  store: TrackingStore,
  outcome: GateOutcome & { readonly championProblem?: string | null },
  act: string,
): Promise<GateReportExtra> {
  const { info } = await store.getRun(outcome.runId);
  const experiment = (await store.listExperiments("all")).find((e) => e.experimentId === info.experimentId);
  const board = experiment && (await leaderboard(store, { experiment: experiment.name }));
  const { championRunId, championProblem } = outcome;
  const diff = championRunId === null ? [] : (await runDiff(store, championRunId, outcome.runId, false)).rows;
  return {
    candidate: info.runName,
    act,
    championProblem,
    leaderboard: board && {
      metric: board.rankMetric,
      rows: board.rows.slice(0, SHOWN).map((row) => ({
        rank: row.rank,
        name: row.name,
        value: row.metrics[board.rankMetric]?.mean ?? null,
        sd: row.metrics[board.rankMetric]?.sd ?? null,
        tied: row.tied,
      })),
    },
    diff: diff.map(({ part, key, a, b }) => ({ key: `${part} ${key}`, champion: a, candidate: b })),
  };
}
