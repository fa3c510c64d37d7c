import { Attr, type RunTable } from "../core/board.ts";
import { spreadOf } from "./groups.ts";
import type { BoardRows, Directions } from "./types.ts";

/**
 * The best value of a column among the runs that finished, or among the means of the groups: what is marked in the table.
 * NaN where no direction is known, there is no value, or all values are alike.
 */
export function bestValue(table: RunTable, id: string, rows: BoardRows, directions: Directions): number {
  const column = table.column(id);
  const direction = directions.get(id);
  const status = table.column(Attr.status);
  if (column?.kind !== "number" || direction === undefined) return Number.NaN;
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  const see = (value: number): void => {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  };
  if (rows.groups.length > 0) {
    for (const group of rows.groups) see(spreadOf(table, id, group.rows).mean);
  } else {
    const done = status?.kind === "text" ? status.texts.indexOf("FINISHED") : -1;
    for (const row of rows.order) {
      if (status?.kind !== "text" || status.codes[row] === done) see(column.values[row]!);
    }
  }
  return least < greatest ? (direction === "greater" ? greatest : least) : Number.NaN;
}
