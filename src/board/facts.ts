import type { BoardColumn, RunTable } from "../core/board/board.ts";
import type { BoardRows } from "./types.ts";

interface Fact {
  readonly versions: string;
  readonly value: unknown;
}

const known = new WeakMap<object, Map<string, Fact>>();

/** Versions of columns in one text: the same as long as none of them changed. */
export function versionsOf(columns: readonly (BoardColumn | undefined)[]): string {
  return columns.map((column) => column?.version ?? -1).join(" ");
}

/**
 * What is found by a look at all shown runs, in whatever order they are: kept as long as they are the same, and the columns
 * that it is of.
 * @param name of what is found, apart from that of other facts
 */
export function factOf<T>(
  table: RunTable,
  { members }: BoardRows,
  name: string,
  ids: readonly string[],
  find: () => T,
): T {
  const versions = versionsOf(ids.map((id) => table.column(id)));
  const facts = known.get(members) ?? new Map<string, Fact>();
  known.set(members, facts);
  const fact = facts.get(name);
  if (fact?.versions === versions) return fact.value as T;
  const value = find();
  facts.set(name, { versions, value });
  return value;
}
