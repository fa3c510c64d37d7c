import { namesIn, resolveColumn, titleOf } from "../../board/columns.ts";
import { firstDirection } from "../../board/edit.ts";
import { COUNT } from "../../board/format.ts";
import { commonText, finished, groupRows, groupText, sortGroups, spreadOf } from "../../board/groups.ts";
import { computeRows } from "../../board/rows.ts";
import { parseSort } from "../../board/sort-keys.ts";
import type { BoardGroup } from "../../board/types.ts";
import { type BoardView, CONFIGURATION, EMPTY_VIEW, type SortKey } from "../../board/view.ts";
import { Attr, type RunTable } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { UserError } from "../../core/errors.ts";
import type { TrackingStore } from "../../core/store.ts";
import { Tag, VALIDATION } from "../../core/trial.ts";
import { type Leaderboard, type LeaderboardRow, leaderboard } from "../../experiments/read/leaderboard.ts";
import { metricById } from "../../experiments/read/metric-by-id.ts";
import { type Board, metricDirections } from "../board.ts";

/** What a person asks of a leaderboard beyond the experiment; names may be short ones. */
export interface Asked {
  readonly experiment: string;
  /** Saved view to begin with. */
  readonly view?: string;
  readonly filter?: string;
  /** `a,-b` */
  readonly sort?: string;
  /** Names separated by commas, or "configuration". */
  readonly groupBy?: string;
  readonly differing?: boolean;
  /** Names separated by commas. */
  readonly columns?: string;
  readonly all?: boolean;
}

/** A leaderboard as a view of the board shows it. */
export interface ViewedLeaderboard {
  /** Rows in the order of the view. */
  readonly board: Leaderboard & { readonly groups?: readonly GroupRow[] };
  /** Columns that were chosen, as the leaderboard calls them: f1_macro, params.depth, name; or a column's id. */
  readonly keys: readonly string[] | undefined;
  /** Those that are not the leaderboard's own. */
  readonly extra: ReadonlyMap<string, ExtraColumn>;
  readonly differing: boolean;
}

export interface ExtraColumn {
  readonly title: string;
  readonly isNumber: boolean;
  value(row: LeaderboardRow): number | string | null;
  text(row: LeaderboardRow): string;
}

export interface GroupRow {
  readonly group: string;
  readonly runs: number;
  readonly finished: number;
  /** By metric id, over the runs that finished; sd is null of one. */
  readonly metrics: Readonly<Record<string, { readonly mean: number; readonly sd: number | null; readonly n: number }>>;
}

/** Whether a name is that of a validation metric of ours. */
export function isMetric(name: string): boolean {
  return metricDirections().has(`metrics.${VALIDATION}${name}`);
}

/** Keeps what is asked as a view of the project. @param board loaded */
export function saveView(board: Board, asked: Asked, name: string): void {
  board.views.save(name, viewOf(board, asked));
}

/**
 * A leaderboard with the board's filters, sorts, groups, columns and saved views.
 * @param board loaded, of the experiment alone
 * @throws UserError for a name that is not there
 */
export async function viewLeaderboard(store: TrackingStore, board: Board, asked: Asked): Promise<ViewedLeaderboard> {
  const { table } = board;
  const view = viewOf(board, asked);
  const metric = view.sort.find(({ id }) => id.startsWith(`metrics.${VALIDATION}`) && board.directions.has(id));
  const found = await leaderboard(store, {
    experiment: asked.experiment,
    rankMetric: metric?.id.slice(`metrics.${VALIDATION}`.length),
    trialKeys: view.filter === "" && view.search === "" ? undefined : matching(table, view),
    all: asked.all,
  });
  const lines = new Map(found.rows.map((row) => [lineOf(table, row), row]));
  const sorted = view.sort.length > 0 ? sortGroups(table, [...lines.keys()], view.sort) : [...lines.keys()];
  const rows = sorted.map((line) => lines.get(line)!);
  const chosen = view.columns.map(({ id }) => id);
  const own = new Set(found.rows.flatMap((row) => Object.keys(row.metrics)));
  const keys = chosen.length === 0 ? undefined : chosen.map((id) => keyOf(id, own));
  const result = { ...found, rows };
  return {
    board: view.groupBy.length === 0 ? result : { ...result, groups: groupsOf(table, view, found, sorted, own) },
    keys,
    extra: new Map((keys ?? []).filter((id) => table.column(id)).map((id) => [id, extraColumn(table, id)])),
    differing: view.differing,
  };
}

/** The saved view with what was asked besides. */
function viewOf({ table, views, directions }: Board, asked: Asked): BoardView {
  const base = asked.view === undefined ? EMPTY_VIEW : views.load(asked.view);
  const sortOf = (text: string): SortKey[] => {
    if (/^\w+$/.test(text) && columnOf(text, table) === text) metricById(text); // which says what it knows
    return parseSort(text, table, directions);
  };
  const group = (name: string): string => (name === CONFIGURATION ? name : resolveColumn(name, table, "--group-by"));
  return {
    ...base,
    ...(asked.filter === undefined ? {} : { filter: asked.filter }),
    ...(asked.sort === undefined ? {} : { sort: sortOf(asked.sort) }),
    ...(asked.groupBy === undefined ? {} : { groupBy: namesIn(asked.groupBy).map(group) }),
    ...(asked.differing === undefined ? {} : { differing: asked.differing }),
    ...(asked.columns === undefined
      ? {}
      : { columns: namesIn(asked.columns).map((name) => ({ id: columnOf(name, table) })) }),
  };
}

/** Names that only a leaderboard has stay as they are; it refuses those that nobody has. */
function columnOf(name: string, table: RunTable): string {
  const own: Readonly<Record<string, string>> = { repeats: COUNT, trial: Attr.name };
  try {
    return own[name] ?? resolveColumn(name, table);
  } catch (error) {
    if (error instanceof UserError) return name;
    throw error;
  }
}

/** What the leaderboard calls a column. */
function keyOf(id: string, metrics: ReadonlySet<string>): string {
  const names: Readonly<Record<string, string>> = { [Attr.name]: "name", [Attr.status]: "status", [COUNT]: "repeats" };
  const metric = id.replace(/^metrics\./, "").replace(VALIDATION, "");
  return names[id] ?? (id.startsWith("metrics.") && metrics.has(metric) ? metric : id);
}

/** Keys of the trials that a view's filter and search let through. */
function matching(table: RunTable, view: BoardView): ReadonlySet<string> {
  const { order } = computeRows(table, { ...view, groupBy: [], nesting: "flat", sort: [] });
  return new Set(
    [...order].map((row) => textAt(table, `tags.${Tag.trialKey}`, row)).filter((key) => key !== undefined),
  );
}

function lineOf(table: RunTable, row: LeaderboardRow): BoardGroup {
  const rows = row.runs.map((runId) => table.rowOf(runId)).filter((at) => at !== undefined);
  return { key: row.runs[0] ?? row.name, label: row.name, rows: Int32Array.from(rows) };
}

function groupsOf(
  table: RunTable,
  view: BoardView,
  { rankMetric }: Leaderboard,
  lines: readonly BoardGroup[],
  metrics: ReadonlySet<string>,
): GroupRow[] {
  const best = firstDirection(`metrics.${VALIDATION}${rankMetric}`, metricDirections());
  const order = Int32Array.from(lines.flatMap(({ rows }) => [...rows]));
  const groups = sortGroups(table, groupRows(table, view.groupBy, order), view.sort.length > 0 ? view.sort : [best]);
  return groups.map(({ label, rows }) => {
    const cells = [...metrics].flatMap((metric) => {
      const column = [`metrics.${VALIDATION}${metric}`, `metrics.${metric}`].find((at) => table.column(at));
      if (column === undefined) return [];
      const { n, mean, sd } = spreadOf(table, column, rows);
      return n === 0 ? [] : [[metric, { mean, sd: Number.isNaN(sd) ? null : sd, n }] as const];
    });
    return { group: label, runs: rows.length, finished: finished(table, rows), metrics: Object.fromEntries(cells) };
  });
}

function extraColumn(table: RunTable, id: string): ExtraColumn {
  return {
    title: titleOf(id),
    isNumber: table.column(id)!.kind === "number",
    value(row) {
      const { rows } = lineOf(table, row);
      if (table.column(id)!.kind === "text") return commonText(table, id, rows) ?? null;
      const { mean } = spreadOf(table, id, rows);
      return Number.isNaN(mean) ? null : mean;
    },
    text: (row) => groupText(table, id, lineOf(table, row)),
  };
}
