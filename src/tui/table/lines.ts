/** Lines of the table as the painter takes them: texts, and what they mean. */

import type { Standing } from "../../app.ts";
import { isBest } from "../../board/best.ts";
import { cellText } from "../../board/format.ts";
import { groupText, spreadOf } from "../../board/groups.ts";
import { Attr, type RunTable } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { Tag } from "../../core/trial.ts";
import type { TableCell, TableLine } from "../painter/table.ts";
import type { TableModel } from "./model.ts";
import type { Verdicts } from "./verdicts.ts";

const STATUS: Readonly<Record<string, TableCell>> = {
  FINISHED: { text: " " },
  RUNNING: { text: "▶", meaning: "accent" },
  SCHEDULED: { text: "◌", meaning: "dim" },
  FAILED: { text: "✗", meaning: "bad" },
  KILLED: { text: "■", meaning: "warn" },
};
const PRUNED: TableCell = { text: "✂", meaning: "dim" };
const DELETED: TableCell = { text: "⌫", meaning: "dim" };
const NOTHING: TableCell = { text: " " };
const TIED: TableCell = { text: "≈", meaning: "tied" };
const BEST: TableCell = { text: "★", meaning: "best" };

/** A run's status, where a pruned one is not like the others that finished. */
export function statusSign(table: RunTable, row: number): TableCell {
  if (textAt(table, Attr.lifecycle, row) !== "active") return DELETED;
  if (textAt(table, `tags.${Tag.pruned}`, row) !== undefined) return PRUNED;
  return STATUS[textAt(table, Attr.status, row) ?? ""] ?? NOTHING;
}

/** Of several runs: that one runs, or that one failed; that of the first where none finished. */
function groupSign(table: RunTable, rows: Int32Array): TableCell {
  const signs = [...rows].map((row) => statusSign(table, row));
  const has = (status: string): TableCell | undefined => signs.find((sign) => sign === STATUS[status]);
  return has("RUNNING") ?? has("FAILED") ?? (has("FINISHED") ? NOTHING : signs[0]!);
}

const standingSign = (standing: Standing): TableCell =>
  standing === "best" ? BEST : standing === "tied" ? TIED : NOTHING;

export function tableLine(
  table: RunTable,
  model: TableModel,
  verdicts: Verdicts,
  line: number,
  columns: readonly number[],
): TableLine {
  const { rows } = model;
  const value = rows.lines[line]!;
  const ids = columns.map((index) => model.columns[index]!.id);
  if (value < 0) {
    const group = rows.groups[-1 - value]!;
    const open = rows.depths[line + 1] === 1;
    const cells = ids.map((id, i): TableCell => {
      if (columns[i] === 0)
        return { text: `${open ? "▾" : "▸"} ${group.label} (${group.rows.length})`, meaning: "strong" };
      const best = isBest(spreadOf(table, id, group.rows).mean, verdicts.best(id));
      return { text: groupText(table, id, group), ...(best && { meaning: "best" as const }) };
    });
    return { signs: [standingSign(verdicts.standing(group.key)), groupSign(table, group.rows)], cells };
  }
  const sign = statusSign(table, value);
  const children = rows.children.get(value);
  const branch = rows.depths[line] === 1 ? "  " : children ? `${rows.depths[line + 1] === 1 ? "▾" : "▸"} ` : "";
  const cells = ids.map((id, i): TableCell => {
    const text = cellText(table, id, value);
    if (columns[i] === 0) {
      const found = model.found?.(value) === true;
      const inside = children ? ` (${children.length})` : "";
      return { text: `${branch}${text}${inside}`, ...(found && { meaning: "found" as const }) };
    }
    if (id === Attr.status) return { text: sign === PRUNED ? "PRUNED" : text, meaning: sign.meaning };
    const column = table.column(id);
    return column?.kind === "number" && column.values[value] === verdicts.best(id)
      ? { text, meaning: "best" }
      : { text };
  });
  const faint = sign === PRUNED || sign === DELETED || sign.meaning === "bad" || sign.meaning === "warn";
  return {
    signs: [standingSign(verdicts.standing(table.runId(value))), sign],
    cells,
    ...(faint && { meaning: "dim" as const }),
  };
}
