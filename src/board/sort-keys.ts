import type { RunTable } from "../core/board/board.ts";
import { UserError } from "../core/errors.ts";
import { resolveColumn } from "./columns.ts";
import { firstDirection } from "./edit.ts";
import type { Directions } from "./types.ts";
import type { SortKey } from "./view.ts";

/**
 * Sort keys as a person writes them: `f1_macro,-depth`, or `depth DESC, took`. A metric that is known to be better one way comes
 * best first, all else from the least; a minus turns a key round, ASC and DESC say it outright.
 * @throws UserError with the nearest name
 */
export function parseSort(text: string, table: RunTable, directions: Directions, where = "--sort"): SortKey[] {
  return sortKeys(text, (name) => resolveColumn(name, table, where), directions, where);
}

/** The same where there is no table yet. @param resolve gives the column that a name means */
export function sortKeys(
  text: string,
  resolve: (name: string) => string,
  directions: Directions,
  where = "--sort",
): SortKey[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) {
    throw new UserError("a sort key is empty", { where, fix: "Write names separated by commas: f1_macro,-depth." });
  }
  return parts.map((part) => {
    const [, minus, name, order] = /^(-?)(.*?)(?:\s+(asc|desc))?$/is.exec(part)!;
    const first = firstDirection(resolve(name!), directions);
    const descending = order === undefined ? first.descending : order.toLowerCase() === "desc";
    return { id: first.id, descending: minus === "-" ? !descending : descending };
  });
}
