import { Attr, type RunTable } from "../core/board/board.ts";
import { factOf } from "./facts.ts";
import { doneTest, meansOf } from "./groups.ts";
import type { BoardRows, Directions } from "./types.ts";

/**
 * The best value of a column among the runs that finished, or among the means of the groups: what is marked in the table.
 * NaN where no direction is known, there is no value, or all values are alike.
 */
export function bestValue(table: RunTable, id: string, rows: BoardRows, directions: Directions): number {
  const direction = directions.get(id);
  if (direction === undefined) return Number.NaN;
  const { least, greatest } = factOf(table, rows, `range ${id}`, [id, Attr.status], () => rangeOf(table, id, rows));
  return least < greatest ? (direction === "greater" ? greatest : least) : Number.NaN;
}

/** Whether a value is the best one; the mean of a group moves by a last digit with the order of its runs. */
export function isBest(value: number, best: number): boolean {
  return value === best || Math.abs(value - best) <= 1e-12 * Math.abs(best);
}

function rangeOf(table: RunTable, id: string, rows: BoardRows): { least: number; greatest: number } {
  const column = table.column(id);
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  const see = (value: number): void => {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  };
  if (column?.kind !== "number") return { least, greatest };
  const { values } = column;
  if (rows.groups.length > 0) {
    for (const mean of meansOf(table, id, rows.groups)) see(mean);
  } else {
    const isDone = doneTest(table);
    for (const row of rows.matching) if (isDone(row)) see(values[row]!);
  }
  return { least, greatest };
}
