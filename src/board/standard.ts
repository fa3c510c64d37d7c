import { Attr, type RunTable } from "../core/board/board.ts";
import { Tag } from "../core/trial.ts";
import { firstDirection } from "./edit.ts";
import { versionsOf } from "./facts.ts";
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
  if (rank === undefined || !isOneOfOurs(table)) return NEWEST;
  return {
    sort: [firstDirection(rank, directions), ...(table.column(FIT) ? [{ id: FIT, descending: false }] : [])],
    groupBy: [CONFIGURATION],
    nesting: "flat",
    answers: "current",
  };
}

const known = new WeakMap<RunTable, { readonly versions: string; readonly value: boolean }>();

/** Whether the active runs are of one experiment, and configurations are known of some. */
function isOneOfOurs(table: RunTable): boolean {
  const [config, lifecycle, experiment] = [`tags.${Tag.configKey}`, Attr.lifecycle, Attr.experiment].map((id) =>
    table.column(id),
  );
  if (config?.kind !== "text" || lifecycle?.kind !== "text" || experiment?.kind !== "text") return false;
  const versions = versionsOf([config, lifecycle, experiment]);
  const kept = known.get(table);
  if (kept?.versions === versions) return kept.value;
  const active = lifecycle.texts.indexOf("active");
  let one: number | undefined;
  let isKnown = false;
  let value = true;
  for (let row = 0; row < table.rows && value; row++) {
    if (lifecycle.codes[row] !== active) continue;
    one ??= experiment.codes[row]!;
    value = experiment.codes[row] === one;
    isKnown ||= config.codes[row]! >= 0;
  }
  value &&= isKnown;
  known.set(table, { versions, value });
  return value;
}

/** The next of: configurations (where these are known), single runs, sweeps. */
export function nextArrangement(view: BoardView, standard: Arrangement): Partial<Arrangement> {
  if (view.groupBy.length > 0) return { groupBy: [], nesting: "flat", answers: "all" };
  if (view.nesting === "flat") return { nesting: "fold" };
  return standard.groupBy.length > 0 ? standard : { nesting: "flat" };
}
