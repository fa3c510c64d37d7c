import { versionsOf } from "../board/facts.ts";
import type { Directions } from "../board/types.ts";
import { Attr, type BoardFeed, type RunTable, type WritableRunTable } from "../core/board/board.ts";
import { createRunTable } from "../core/board/run-table.ts";
import type { Executor } from "../core/executor.ts";
import { Tag, VALIDATION } from "../core/trial.ts";
import { createLocalExecutor } from "../executors/local.ts";
import type { Standing, StandingPayload } from "../experiments/read/versus-best.ts";
import { allMetrics } from "../metrics/_all.ts";
import { openEmbeddedBoard } from "../stores/embedded/board.ts";
import { type BoardActs, openActs } from "./board/acts.ts";
import { type SavedViews, savedViews } from "./board/views.ts";
import type { Project } from "./project.ts";
import { openRunReader, type RunReader } from "./run-detail.ts";
import { workerModule } from "./worker-module.ts";

/** What the board shows, and what it asks. */
export interface Board {
  readonly table: WritableRunTable;
  readonly feed: BoardFeed;
  /** Names that were asked for; none: all experiments. */
  readonly experiments: readonly string[];
  readonly directions: Directions;
  readonly views: SavedViews;
  /** What is beside the table: files of a run, tests of several. */
  readonly reader: RunReader;
  readonly acts: BoardActs;
  /** Column of the metric that the newest sweep ranks by; undefined when no run has one. */
  rank(): string | undefined;
  /**
   * How lines stand to the first, by a paired bootstrap on the same patients, worked out in another process: seconds. Lines
   * beyond the sixtieth are not tested.
   * @param lines best first, each with its run ids
   * @param column of a validation metric
   * @throws signal.reason when it is cancelled; an Error when the process dies
   */
  standings(lines: readonly (readonly string[])[], column: string, signal: AbortSignal): Promise<readonly Standing[]>;
  close(): Promise<void>;
}

/** Lines that are tested: reading more predictions costs more than it tells. */
const TESTED = 60;

/**
 * Opens the runs of a project for the board: those of its server, where it has one, else those of the embedded store, which
 * need not be there yet. Nothing is read before `feed.load`.
 * @param experiments names; all when empty
 */
export async function openBoard(project: Project, experiments: readonly string[] = []): Promise<Board> {
  const { server, mlruns } = project;
  const names = experiments.length > 0 ? experiments : undefined;
  const feed =
    server === undefined
      ? openEmbeddedBoard({ folder: mlruns, experiments: names })
      : (await import("../stores/remote/board.ts")).openRemoteBoard({ uri: server, experiments: names });
  const table = createRunTable();
  const reader = openRunReader(project);
  const acts = openActs(project);
  let executor: Executor | undefined;
  return {
    table,
    feed,
    experiments,
    directions: metricDirections(),
    views: savedViews(project),
    reader,
    acts,
    rank: () => rankColumn(table),

    async standings(lines, column, signal) {
      const metric = column.replace(`metrics.${VALIDATION}`, "");
      if (lines.length === 0 || !allMetrics.some(({ id }) => id === metric)) return lines.map(() => undefined);
      executor ??= createLocalExecutor({ module: workerModule(), jobs: 1, threads: 1, grace: 100 });
      const payload: StandingPayload = { folder: mlruns, server, lines: lines.slice(0, TESTED), metric };
      const found = (await executor.run({ kind: "standing", payload }, { signal })) as readonly Standing[];
      return lines.map((_, i) => found[i]);
    },

    async close() {
      feed.close();
      await Promise.all([executor?.close(), reader.close(), acts.close()]);
    },
  };
}

/** Which way each column is better, as far as we know it. */
export function metricDirections(): Directions {
  const metrics = allMetrics.map(
    ({ id, greaterIsBetter }) =>
      [`metrics.${VALIDATION}${id}`, greaterIsBetter ? ("greater" as const) : ("smaller" as const)] as const,
  );
  const seconds = ["metrics.fit_seconds", "metrics.score_seconds", Attr.duration];
  return new Map([...metrics, ...seconds.map((id) => [id, "smaller" as const] as const)]);
}

const ranking = new WeakMap<RunTable, { readonly versions: string; readonly column: string | undefined }>();

function rankColumn(table: RunTable): string | undefined {
  const ranks = table.column(`tags.${Tag.rankMetric}`);
  const starts = table.column(Attr.start);
  if (ranks?.kind !== "text" || starts?.kind !== "number") return undefined;
  const versions = versionsOf([ranks, starts]);
  const kept = ranking.get(table);
  if (kept?.versions === versions) return kept.column;
  let newest = -1;
  for (let row = 0; row < table.rows; row++) {
    if (ranks.codes[row]! >= 0 && (newest < 0 || starts.values[row]! >= starts.values[newest]!)) newest = row;
  }
  const column = newest < 0 ? undefined : `metrics.${VALIDATION}${ranks.texts[ranks.codes[newest]!]}`;
  ranking.set(table, { versions, column });
  return column;
}
