import { type ExtraColumn, type GroupRow, isMetric, type Leaderboard, type LeaderboardRow } from "../app.ts";
import { namesIn } from "../board/columns.ts";
import { UserError } from "../core/errors.ts";
import { ALL_ANNOTATIONS } from "../core/metric.ts";
import { type Cell, fitColumns, renderTable, type TableColumn, type TableData, terminalWidth } from "./table.ts";
import { duration, number, paint, visible } from "./text.ts";

/** Of rankings: what a new patient gets, and beside it what all annotations would make of it. */
const RANKING_COLUMNS = ["top1", "top10", "mrr", "answer_log_loss"].flatMap((id) => [id, `${id}${ALL_ANNOTATIONS}`]);
const DEFAULT_COLUMNS = [
  "f1_macro",
  "accuracy",
  "recall_macro",
  "recall_orphan",
  "mse",
  "log_loss",
  "roc_auc_ovr",
  "ece",
  ...RANKING_COLUMNS,
  "fit_seconds",
];
const FIXED: Readonly<Record<string, TableColumn>> = {
  name: { key: "name", title: "trial" },
  repeats: { key: "repeats", title: "n", align: "right" },
  status: { key: "status", title: "status" },
  error: { key: "error", title: "error" },
  pruned: { key: "pruned", title: "pruned" },
  run: { key: "run", title: "run" },
};

export interface LeaderboardViewOptions {
  /** Metric ids, `params.NAME`, or a fixed column; the medical ones when absent. */
  readonly columns?: string;
  readonly limit?: number;
  /** Columns that were chosen by a view; they win. */
  readonly keys?: readonly string[];
  /** Columns of the board, by id. */
  readonly extra?: ReadonlyMap<string, ExtraColumn>;
  /** Leaves out columns in which all rows are alike, and shows all params that differ where none were chosen. */
  readonly differing?: boolean;
}

/** Whether a leaderboard has a column by itself, of whatever runs. */
export function isOwnColumn(name: string): boolean {
  return name === "fit_seconds" || name.startsWith("params.") || name in FIXED || isMetric(name);
}

/** A leaderboard as a table: rank, whether it is tied with the best, the trial, and metrics as mean ± sd or with interval. */
export function leaderboardTable(board: Leaderboard, options: LeaderboardViewOptions = {}): TableData {
  const known = new Set(board.rows.flatMap((row) => Object.keys(row.metrics)));
  const rows = board.rows.slice(0, options.limit ?? board.rows.length);
  const asked = options.keys ?? (options.columns === undefined ? undefined : namesIn(options.columns));
  const usual = asked ?? defaultColumns(board, rows, known);
  const differs = (key: string): boolean => new Set(rows.map((row) => cellOf(row, key, options.extra))).size > 1;
  const middle = options.differing ? [...usual, ...(asked ? [] : paramsOf(rows))].filter(differs) : usual;
  const columns: TableColumn[] = [
    { key: "rank", title: "#", align: "right" },
    { key: "tied", title: "" },
  ];
  for (const key of asked ? middle : ["name", ...middle]) {
    const extra = options.extra?.get(key);
    if (FIXED[key]) columns.push(FIXED[key]);
    else if (extra) columns.push({ key, title: extra.title, ...(extra.isNumber ? { align: "right" as const } : {}) });
    else if (known.has(key)) columns.push({ key, title: titleOf(key), align: "right" });
    else if (key.startsWith("params.")) columns.push({ key, title: key.slice("params.".length) });
    else {
      throw new UserError(`no column "${key}"`, {
        where: "--columns",
        fix: `Metrics: ${[...known].sort().join(", ")}; others: params.NAME, ${Object.keys(FIXED).join(", ")}.`,
      });
    }
  }
  return {
    columns,
    rows: rows.map((row) => ({
      ...cells(row),
      ...Object.fromEntries(columns.slice(2).map(({ key }) => [key, cellOf(row, key, options.extra)])),
    })),
    show: (key, row) => show(board, rows, key, row, options.extra),
  };
}

const paramsOf = (rows: readonly LeaderboardRow[]): string[] =>
  [...new Set(rows.flatMap(({ params }) => Object.keys(params)))].map((key) => `params.${key}`);

/** Groups of runs as a table: mean ± sd of each metric over the runs that finished. */
export function groupTable({
  groups = [],
  rankMetric,
}: {
  readonly groups?: readonly GroupRow[];
  readonly rankMetric: string;
}): TableData {
  const known = new Set(groups.flatMap(({ metrics }) => Object.keys(metrics)));
  const keys = [...new Set([rankMetric, ...DEFAULT_COLUMNS])].filter((key) => known.has(key));
  return {
    columns: [
      { key: "group", title: "group" },
      { key: "runs", title: "runs", align: "right" },
      { key: "finished", title: "n", align: "right" },
      ...keys.map((key) => ({ key, title: titleOf(key), align: "right" as const })),
    ],
    rows: groups.map(({ metrics, ...row }) => ({
      ...row,
      ...Object.fromEntries(keys.map((key) => [key, metrics[key]?.mean ?? null])),
    })),
    show(key, row) {
      const cell = groups.find(({ group }) => group === row.group)?.metrics[key];
      if (!cell) return visible(String(row[key] ?? "–"));
      return meanText(key, cell.mean, cell.sd);
    },
  };
}

function meanText(key: string, mean: number, sd: number | null): string {
  if (key === "fit_seconds") return duration(mean);
  const text = number(mean, 3);
  return sd === null ? text : `${text} ±${sd.toFixed(3)}`;
}

function defaultColumns(board: Leaderboard, rows: readonly LeaderboardRow[], known: ReadonlySet<string>): string[] {
  const defined = (key: string): boolean => rows.some((row) => Number.isFinite(row.metrics[key]?.mean ?? Number.NaN));
  const first = [board.rankMetric, `${board.rankMetric}${ALL_ANNOTATIONS}`];
  const keys = [...first, ...DEFAULT_COLUMNS.filter((c) => !first.includes(c))];
  return keys.filter((key) => known.has(key) && defined(key));
}

/** Settings (a) and (b) of docs/orphan.md are told apart shortly. */
function titleOf(key: string): string {
  if (key === "fit_seconds") return "fit";
  return key.endsWith(ALL_ANNOTATIONS) ? `${key.slice(0, -ALL_ANNOTATIONS.length)} (a)` : key;
}

const statusOf = (row: LeaderboardRow): string => (row.pruned === null ? row.status.toLowerCase() : "pruned");

/** The machine-readable cells that every row has. */
function cells(row: LeaderboardRow): Record<string, Cell> {
  return {
    rank: row.rank,
    tied: row.tied && row.rank !== null ? "tied" : row.versusBest && !row.versusBest.comparable ? "not comparable" : "",
    name: row.name,
    repeats: row.repeats,
    status: statusOf(row),
    error: row.error,
    pruned: row.pruned,
    run: row.runs[0] ?? "",
    index: row.runs.join(","),
  };
}

function cellOf(row: LeaderboardRow, key: string, extra?: ReadonlyMap<string, ExtraColumn>): Cell {
  const own = cells(row);
  if (key in own) return own[key];
  if (extra?.has(key)) return extra.get(key)!.value(row);
  if (key.startsWith("params.")) return row.params[key.slice("params.".length)] ?? null;
  return row.metrics[key]?.mean ?? null;
}

function show(
  board: Leaderboard,
  rows: readonly LeaderboardRow[],
  key: string,
  cells: Readonly<Record<string, Cell>>,
  extra?: ReadonlyMap<string, ExtraColumn>,
): string {
  const row = rows.find((r) => r.runs.join(",") === cells.index)!;
  if (key === "tied")
    return cells.tied === "tied" ? paint("accent", "≈") : cells.tied === "not comparable" ? paint("warn", "?") : "";
  if (key === "name" && row.pruned !== null)
    return `${visible(row.name)} ${paint("dim", `✂ pruned at ${visible(row.pruned.replace(/:.*/, ""))}`)}`;
  if (key === "name" && row.status === "KILLED" && row.error !== null)
    return `${visible(row.name)} ${paint("dim", `■ ${visible(row.error)}`)}`;
  if (key === "name" && row.rank === null)
    return `${visible(row.name)} ${paint("bad", `✗ ${row.status.toLowerCase()}`)}`;
  if (key === "name") return row.tied ? paint("strong", visible(row.name)) : visible(row.name);
  if (key === "run") return String(cells.run).slice(0, 8);
  if (key === "rank") return cells.rank === null ? "–" : String(cells.rank);
  if (extra?.has(key)) return extra.get(key)!.text(row);
  const cell = row.metrics[key];
  if (!cell) return visible(String(cells[key] ?? "–"));
  const text = meanText(key, cell.mean, cell.sd);
  if (key === "fit_seconds" || cell.sd !== null) return text;
  return key === board.rankMetric && cell.low !== null && cell.high !== null
    ? `${text} [${cell.low.toFixed(3)}, ${cell.high.toFixed(3)}]`
    : text;
}

/** Prints a leaderboard in the width of the terminal (all of it where the output is not one), and what its marks mean. */
export function printLeaderboard(
  board: Leaderboard,
  options: LeaderboardViewOptions,
  log: (line: string) => void,
): void {
  const table = leaderboardTable(board, options);
  const { data, dropped } = fitColumns(
    table,
    terminalWidth(),
    (options.keys ?? options.columns) === undefined ? (isOfRankings(board) ? 5 : 4) : table.columns.length,
  );
  log(renderTable(data));
  for (const line of leaderboardLegend(board)) log(paint("dim", visible(line)));
  if (dropped.length > 0)
    log(paint("dim", `not shown for want of width: ${dropped.join(", ")} (--columns, or a wider terminal)`));
}

const isOfRankings = ({ rankMetric, rows }: Leaderboard): boolean =>
  rows.some(({ metrics }) => metrics[`${rankMetric}${ALL_ANNOTATIONS}`] !== undefined);

/** What the marks mean, under the table. */
function leaderboardLegend(board: Leaderboard): string[] {
  const lines: string[] = [];
  const repeats = Math.max(0, ...board.rows.map((r) => r.repeats));
  lines.push(
    `validation split; ranked by ${board.rankMetric}${repeats > 1 ? `, mean ± sd over ${repeats} repeats` : ", 95 % bootstrap interval"}; ≈ tied with #1: a paired bootstrap on the same patients cannot tell them apart`,
  );
  if (isOfRankings(board))
    lines.push(
      "(a): with all annotations, also those from the case's own publication, which flatters; without (a): as for a new patient",
    );
  if (board.hidden > 0) lines.push(`${board.hidden} more, on other data or by an older version of disease: --all`);
  return lines.concat(board.notices);
}
