import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { messageOf, UserError } from "../core/errors.ts";
import type { TrackingStore } from "../core/store.ts";
import { runDiff } from "../experiments/browse.ts";
import type { GateEvaluation } from "../experiments/gate.ts";
import { leaderboard } from "../experiments/leaderboard.ts";
import { type GateReportExtra, gateJunit, gateMarkdown } from "../reports/gate.ts";

export interface ReportFiles {
  /** Paths, from the current folder. */
  readonly junit?: string;
  readonly markdown?: string;
}

const SHOWN = 10;

/**
 * Writes the asked reports of a gate's outcome.
 * @param act what became of it, one sentence
 */
export async function writeGateReports(
  store: TrackingStore,
  outcome: GateEvaluation,
  act: string,
  files: ReportFiles,
): Promise<void> {
  if (files.junit !== undefined) write(files.junit, gateJunit(outcome));
  if (files.markdown !== undefined) write(files.markdown, gateMarkdown(outcome, await extraOf(store, outcome, act)));
}

/** @throws UserError when the file cannot be written */
function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new UserError(`the report cannot be written: ${messageOf(error)}`, { where: path });
  }
}

/** The leaderboard of the run's experiment and the difference to the champion. */
async function extraOf(store: TrackingStore, outcome: GateEvaluation, act: string): Promise<GateReportExtra> {
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
