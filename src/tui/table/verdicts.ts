import type { Board, Standing } from "../../app.ts";
import { bestValue } from "../../board/best.ts";
import { spreadOf } from "../../board/groups.ts";
import { sortRows } from "../../board/sort.ts";
import { Attr } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import type { TableModel } from "./model.ts";

/** What is known of runs beside their values. */
export interface Verdicts {
  /** NaN where no value is known to be better than another. */
  best(column: string): number;
  /** How a line stands to the best one by the metric that ranks; undefined while it is not known. */
  standing(name: string): Standing;
  /** Finds out how lines stand, where that may have changed; in the background. */
  look(): void;
  close(): void;
}

/** Lines that are compared with the best one. */
const COMPARED = 60;
/** Milliseconds without changes before lines are compared, and of rest after it as a multiple of what it took. */
const CALM = 1000;
const REST = 4;
const FIT = "metrics.fit_seconds";

/**
 * @param onStanding called when it is known how lines stand
 * @param onFault told why it cannot be known
 */
export function createVerdicts(
  board: Board,
  model: TableModel,
  onStanding: () => void,
  onFault: (error: unknown) => void,
): Verdicts {
  const { table, directions } = board;
  const stopped = new AbortController();
  let standing: ReadonlyMap<string, Standing> = new Map();
  let compared = "";
  let timer: NodeJS.Timeout | undefined;
  let busy = false;

  /** The best lines by the metric that ranks, best first: names and run ids. */
  function leaders(rank: string): { names: string[]; runs: string[][] } {
    const { rows } = model;
    const finished = rows.order.filter((row) => textAt(table, Attr.status, row) === "FINISHED");
    const sorted = sortRows(table, finished, [{ id: rank, descending: directions.get(rank) === "greater" }]);
    if (rows.groups.length === 0) {
      const names = [...sorted.subarray(0, COMPARED)].map((row) => table.runId(row));
      return { names, runs: names.map((id) => [id]) };
    }
    const sign = directions.get(rank) === "greater" ? -1 : 1;
    const mean = (id: string, group: (typeof rows.groups)[number]): number => spreadOf(table, id, group.rows).mean;
    // Of equal ones the quicker to train, as on a leaderboard.
    const groups = rows.groups
      .map((group) => ({ group, value: mean(rank, group), seconds: mean(FIT, group) || 0 }))
      .filter(({ value }) => !Number.isNaN(value))
      .sort((a, b) => sign * (a.value - b.value) || a.seconds - b.seconds)
      .slice(0, COMPARED)
      .map(({ group }) => group);
    const isDone = (row: number): boolean => textAt(table, Attr.status, row) === "FINISHED";
    return {
      names: groups.map(({ key }) => key),
      runs: groups.map((group) => [...group.rows.filter(isDone)].map((row) => table.runId(row))),
    };
  }

  async function compare(): Promise<void> {
    const rank = board.rank();
    if (rank === undefined || stopped.signal.aborted) return;
    const { names, runs } = leaders(rank);
    const key = `${rank} ${runs.join(";")}`;
    if (key === compared) return;
    compared = key;
    busy = true;
    const begin = performance.now();
    try {
      const found = await board.standings(runs, rank, stopped.signal);
      standing = new Map(names.map((name, i) => [name, found[i]]));
      if (!stopped.signal.aborted) onStanding();
    } catch (error) {
      if (!stopped.signal.aborted) onFault(error);
    } finally {
      timer = setTimeout(
        () => {
          busy = false;
          look();
        },
        REST * (performance.now() - begin),
      );
    }
  }

  function look(): void {
    if (busy || stopped.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(() => void compare(), CALM);
  }

  return {
    best: (id) => bestValue(table, id, model.rows, directions),
    standing: (name) => standing.get(name),
    look,
    close() {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}
