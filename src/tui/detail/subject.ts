/** What a detail screen is about: a line of the table, which is a run or several that are alike. */
import type { Board } from "../../app.ts";
import { groupOfLine, runsOfLine } from "../../board/rows.ts";
import { Attr, type RunTable } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { Tag } from "../../core/trial.ts";
import type { TableModel } from "../table/model.ts";

export interface Subject {
  /** Rows of the table of runs; one, or those of a group. */
  readonly rows: readonly number[];
  readonly label: string;
  /** The runs of the group that this is of, where one of them is shown alone. */
  readonly within?: { readonly label: string; readonly at: number; readonly of: number };
}

/** What the selected line is about. @param repeat place in its group; undefined: all of it */
export function subjectOf(table: RunTable, model: TableModel, repeat: number | undefined): Subject | undefined {
  if (model.selected < 0) return undefined;
  const group = groupOfLine(model.rows, model.selected);
  const rows = [...runsOfLine(model.rows, model.selected)].sort(byRepeat(table));
  if (group === undefined || rows.length === 1) return { rows: rows.slice(0, 1), label: nameOf(table, rows[0]!) };
  if (repeat === undefined) return { rows, label: group.label };
  const at = Math.min(repeat, rows.length - 1);
  const within = { label: group.label, at, of: rows.length };
  return { rows: [rows[at]!], label: nameOf(table, rows[at]!), within };
}

/** By seed and fold, as a leaderboard has them. */
export function byRepeat(table: RunTable): (a: number, b: number) => number {
  const at = (row: number, tag: string): number => Number(textAt(table, `tags.${tag}`, row) ?? 0) || 0;
  return (a, b) => at(a, Tag.seed) - at(b, Tag.seed) || at(a, Tag.fold) - at(b, Tag.fold);
}

export const nameOf = (table: RunTable, row: number): string => textAt(table, Attr.name, row) ?? table.runId(row);

export const statusOf = (table: RunTable, row: number): string =>
  textAt(table, `tags.${Tag.pruned}`, row) === undefined
    ? (textAt(table, Attr.status, row) ?? "").toLowerCase()
    : "pruned";

export const isRunning = (table: RunTable, row: number): boolean => textAt(table, Attr.status, row) === "RUNNING";

/** What a tab is given to draw from. */
export interface TabContext {
  readonly board: Board;
  subject(): Subject;
  /** Rows of the marked runs. */
  marked(): readonly number[];
}
