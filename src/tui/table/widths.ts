import { cellText } from "../../board/format.ts";
import { groupText } from "../../board/groups.ts";
import type { BoardRows, ShownColumn } from "../../board/types.ts";
import type { RunTable } from "../../core/board/board.ts";
import { displayWidth } from "../../core/formats/visible.ts";
import type { TableColumn } from "../painter/table.ts";

/** Lines that are looked at for a column's width. */
const SAMPLE = 60;
const MOST = { name: 44, other: 24 } as const;
/** Columns that the sign of the sort takes. */
const ARROW = 1;

/** Columns with a width: that of the person, else by title and content. A column that has been wider stays so. */
export function createWidths(
  table: RunTable,
): (rows: BoardRows, columns: readonly ShownColumn[], top: number) => TableColumn[] {
  const widest = new Map<string, number>();
  return (rows, columns, top) => {
    const grouped = rows.groups.length > 0;
    return columns.map(({ id, title, align, width, pinned }, i) => {
      if (width !== undefined) return { id, title, align, width, pinned };
      const key = `${grouped} ${id}`;
      let wide = Math.max(widest.get(key) ?? 0, displayWidth(title) + ARROW);
      for (const from of top === 0 ? [0] : [0, top]) {
        const to = Math.min(rows.lines.length, from + SAMPLE);
        for (let line = from; line < to; line++) {
          const value = rows.lines[line]!;
          const group = value < 0 ? rows.groups[-1 - value]! : undefined;
          const text = !group
            ? cellText(table, id, value)
            : i === 0
              ? `${group.label} (${group.rows.length})`
              : groupText(table, id, group);
          wide = Math.max(wide, displayWidth(text) + (i === 0 ? 2 : 0));
        }
      }
      wide = Math.min(wide, i === 0 ? MOST.name : MOST.other);
      widest.set(key, wide);
      return { id, title, align, width: wide, pinned };
    });
  };
}
