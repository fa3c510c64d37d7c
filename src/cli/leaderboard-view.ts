import type { Leaderboard, LeaderboardRow } from "../app.ts";
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
}

/** A leaderboard as a table: rank, whether it is tied with the best, the trial, and metrics as mean ± sd or with interval. */
export function leaderboardTable(board: Leaderboard, options: LeaderboardViewOptions = {}): TableData {
  const known = new Set(board.rows.flatMap((row) => Object.keys(row.metrics)));
  const rows = board.rows.slice(0, options.limit ?? board.rows.length);
  const asked = options.columns
    ?.split(",")
    .map((c) => c.trim())
    .filter(Boolean);
  const middle = asked ?? defaultColumns(board, rows, known);
  const columns: TableColumn[] = [
    { key: "rank", title: "#", align: "right" },
    { key: "tied", title: "" },
  ];
  for (const key of asked ? middle : ["name", ...middle]) {
    if (FIXED[key]) columns.push(FIXED[key]);
    else if (known.has(key)) columns.push({ key, title: titleOf(key), align: "right" });
    else if (key.startsWith("params.")) columns.push({ key, title: key.slice("params.".length) });
    else {
      throw new UserError(`no column "${key}"`, {
        where: "--columns",
        fix: `Metrics: ${[...known].sort().join(", ")}; others: params.NAME, ${Object.keys(FIXED).join(", ")}.`,
      });
    }
  }
  return { columns, rows: rows.map((row) => cells(row, columns)), show: (key, row) => show(board, rows, key, row) };
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

function cells(row: LeaderboardRow, columns: readonly TableColumn[]): Record<string, Cell> {
  const out: Record<string, Cell> = {
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
  for (const { key } of columns) {
    if (key.startsWith("params.")) out[key] = row.params[key.slice("params.".length)] ?? null;
    else if (!(key in out)) out[key] = row.metrics[key]?.mean ?? null;
  }
  return out;
}

function show(
  board: Leaderboard,
  rows: readonly LeaderboardRow[],
  key: string,
  cells: Readonly<Record<string, Cell>>,
): string {
  const row = rows.find((r) => r.runs.join(",") === cells.index)!;
  if (key === "tied")
    return cells.tied === "tied" ? paint("accent", "≈") : cells.tied === "not comparable" ? paint("warn", "?") : "";
  if (key === "name" && row.pruned !== null)
    return `${visible(row.name)} ${paint("dim", `✂ pruned at ${visible(row.pruned.replace(/:.*/, ""))}`)}`;
  if (key === "name" && row.rank === null)
    return `${visible(row.name)} ${paint("bad", `✗ ${row.status.toLowerCase()}`)}`;
  if (key === "name") return row.tied ? paint("strong", visible(row.name)) : visible(row.name);
  if (key === "run") return String(cells.run).slice(0, 8);
  if (key === "rank") return cells.rank === null ? "–" : String(cells.rank);
  const cell = row.metrics[key];
  if (!cell) return visible(String(cells[key] ?? "–"));
  if (key === "fit_seconds") return duration(cell.mean);
  const text = number(cell.mean, 3);
  if (cell.sd !== null) return `${text} ±${cell.sd.toFixed(3)}`;
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
    options.columns === undefined ? (isOfRankings(board) ? 5 : 4) : table.columns.length,
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
