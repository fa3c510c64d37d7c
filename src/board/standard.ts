import { textAt } from "../core/board/run-table.ts";
import { Attr, type RunTable } from "../core/board.ts";
import { Tag } from "../core/trial.ts";
import type { Directions } from "./types.ts";
import { type BoardView, CONFIGURATION, EMPTY_VIEW } from "./view.ts";

/** The parts of a view that say what a line is and which comes first. */
export type Arrangement = Pick<BoardView, "sort" | "groupBy" | "nesting" | "answers">;

const NEWEST: Arrangement = {
  sort: EMPTY_VIEW.sort,
  groupBy: EMPTY_VIEW.groupBy,
  nesting: EMPTY_VIEW.nesting,
  answers: EMPTY_VIEW.answers,
};
const FIT = "metrics.fit_seconds";

/**
 * How runs are arranged where nobody said otherwise. Of one experiment as its leaderboard: a line a configuration, best first, of
 * equal ones the quicker to train. Of several, whose metrics are not to be compared, and of runs that are not ours: newest first.
 * @param rank column of the metric that ranks
 */
export function standardArrangement(table: RunTable, rank: string | undefined, directions: Directions): Arrangement {
  const config = table.column(`tags.${Tag.configKey}`);
  if (rank === undefined || config?.kind !== "text") return NEWEST;
  const experiments = new Set<string | undefined>();
  let known = false;
  for (let row = 0; row < table.rows; row++) {
    if (textAt(table, Attr.lifecycle, row) !== "active") continue;
    experiments.add(textAt(table, Attr.experiment, row));
    known ||= config.codes[row]! >= 0;
    if (experiments.size > 1) return NEWEST;
  }
  if (!known) return NEWEST;
  return {
    sort: [
      { id: rank, descending: directions.get(rank) === "greater" },
      ...(table.column(FIT) ? [{ id: FIT, descending: false }] : []),
    ],
    groupBy: [CONFIGURATION],
    nesting: "flat",
    answers: "current",
  };
}

/** The next of: configurations (where these are known), single runs, sweeps. */
export function nextArrangement(view: BoardView, standard: Arrangement): Partial<Arrangement> {
  if (view.groupBy.length > 0) return { groupBy: [], nesting: "flat", answers: "all" };
  if (view.nesting === "flat") return { nesting: "fold" };
  return standard.groupBy.length > 0 ? standard : { nesting: "flat" };
}
