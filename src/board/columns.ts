import { Attr, type RunTable } from "../core/board/board.ts";
import { UserError } from "../core/errors.ts";
import { ATTRIBUTES, nearest } from "../core/filter/fields.ts";
import { VALIDATION } from "../core/trial.ts";
import { factOf } from "./facts.ts";
import { COUNT, unitOf } from "./format.ts";
import type { BoardRows, ShownColumn } from "./types.ts";
import type { BoardView, ViewColumn } from "./view.ts";

/** Metrics that a physician asks for first, of models and of rankings. */
const MEDICAL = [
  ...["f1_macro", "recall_macro", "recall_orphan", "mse", "ece"],
  ...["top1", "top10", "mrr", "answer_log_loss"],
].map((id) => `metrics.${VALIDATION}${id}`);
/** Metrics and params shown where nothing was chosen. */
const MOST = { metrics: 6, params: 8 } as const;

const TITLES: Readonly<Record<string, string>> = {
  [Attr.name]: "name",
  [Attr.start]: "started",
  [Attr.end]: "ended",
  [Attr.duration]: "took",
  [Attr.user]: "user",
};

/** A short name: "f1_macro", "depth", "took". */
export function titleOf(id: string): string {
  if (TITLES[id] !== undefined) return TITLES[id];
  const key = id.replace(/^(metrics|params|tags|attributes)\./, "");
  if (id.startsWith("metrics.")) return key.replace(VALIDATION, "");
  return id.startsWith("tags.") ? key.replace(/^(disease|mlflow)\./, "") : key;
}

/**
 * The columns that a view shows, in order: pinned ones first, and with `differing` without those in which all shown runs are
 * alike. Where none are chosen: the name, the metric that ranks, the medical ones, the family, and the params that differ.
 * @param rank id of the metric that the runs are ranked by
 */
export function shownColumns(table: RunTable, view: BoardView, rows: BoardRows, rank?: string): ShownColumn[] {
  const chosen: readonly ViewColumn[] =
    view.columns.length > 0 ? view.columns : defaultColumns(table, view, rows, rank).map((id) => ({ id }));
  const differ = view.differing
    ? new Set(
        differing(
          table,
          chosen.map(({ id }) => id),
          rows,
        ),
      )
    : undefined;
  const kept = chosen.filter(({ id }, i) => !differ || differ.has(id) || i === 0 || id === COUNT);
  const ordered = [...kept.filter((c) => isPinned(c, kept)), ...kept.filter((c) => !isPinned(c, kept))];
  const titles = ordered.map(({ id }) => titleOf(id));
  return ordered.map((column, i) => ({
    id: column.id,
    title: titles.filter((title) => title === titles[i]).length > 1 ? column.id : titles[i]!,
    align: isNumber(table, column.id) ? "right" : "left",
    ...(column.width === undefined ? {} : { width: column.width }),
    pinned: isPinned(column, kept),
  }));
}

/** The name stays in sight unless a view says otherwise. */
function isPinned(column: ViewColumn, all: readonly ViewColumn[]): boolean {
  return column.pinned ?? (column.id === Attr.name && all.every(({ pinned }) => pinned === undefined));
}

function isNumber(table: RunTable, id: string): boolean {
  return id === COUNT || (table.column(id)?.kind === "number" && unitOf(id) !== "time");
}

function defaultColumns(table: RunTable, view: BoardView, rows: BoardRows, rank?: string): string[] {
  const has = (id: string): boolean =>
    factOf(table, rows, `has ${id}`, [id], () => {
      const column = table.column(id);
      if (column?.kind === "number") return rows.matching.some((row) => !Number.isNaN(column.values[row]));
      return column !== undefined && rows.matching.some((row) => column.codes[row]! >= 0);
    });
  const medical = [...new Set([...(rank === undefined ? [] : [rank]), ...MEDICAL])].filter(has);
  const others = table.columnIds.filter((id) => id.startsWith("metrics."));
  const metrics = medical.length > 0 ? medical : others.filter(has).slice(0, MOST.metrics);
  const params = table.columnIds.filter((id) => id.startsWith("params.") && id !== "params.family");
  const statuses = differing(table, [Attr.status, Attr.experiment], rows);
  return [
    Attr.name,
    ...(view.groupBy.length > 0 ? [COUNT] : []),
    ...statuses,
    ...metrics,
    ...["params.family"].filter(has),
    ...differing(table, params, rows).slice(0, MOST.params),
    ...[Attr.start, Attr.duration].filter((id) => has(id) && (id !== Attr.start || view.groupBy.length === 0)),
  ];
}

/** Those columns in which some of the runs differ from another. */
function differing(table: RunTable, ids: readonly string[], rows: BoardRows): string[] {
  return ids.filter((id) => factOf(table, rows, `differs ${id}`, [id], () => differs(table, id, rows.matching)));
}

function differs(table: RunTable, id: string, rows: Int32Array): boolean {
  const column = table.column(id);
  if (!column || rows.length === 0) return false;
  const first = rows[0]!;
  if (column.kind === "text") return rows.some((row) => column.codes[row] !== column.codes[first]);
  return rows.some((row) => !Object.is(column.values[row], column.values[first]));
}

/** Names separated by commas, as a person writes them; empty ones are passed over. */
export function namesIn(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

/** All ids that can be shown, those of the board itself first. */
export function columnIds(table: RunTable): string[] {
  const own: readonly string[] = Object.values(Attr);
  return [...own, COUNT, ...table.columnIds.filter((id) => !own.includes(id))];
}

/**
 * The column that a person means: an id, or a short name such as f1_macro, depth, name.
 * @throws UserError with the nearest name
 */
export function resolveColumn(name: string, table: RunTable, where?: string): string {
  const ids = columnIds(table);
  const plain = name.replace(/[`"]/g, "");
  const found = [
    ...[plain, `metrics.${VALIDATION}${plain}`, `metrics.${plain}`, `params.${plain}`, `attributes.${plain}`],
    ...[`tags.${plain}`, ids.find((id) => titleOf(id) === plain) ?? ""],
  ].find((id) => ids.includes(id));
  if (found !== undefined) return found;
  const close = nearest(plain, [...ids, ...ids.map(titleOf)]);
  throw new UserError(`no column "${name}"`, {
    where,
    fix: `${close === undefined ? "" : `Did you mean ${close}? `}Write a metric's name, params.NAME, tags.NAME or one of ${[...ATTRIBUTES, "duration", "n"].join(", ")}.`,
  });
}
