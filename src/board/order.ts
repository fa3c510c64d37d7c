import { Attr, type RunTable } from "../core/board/board.ts";
import { Tag } from "../core/trial.ts";
import type { RowTest } from "./code-test.ts";
import { currentRows } from "./current.ts";
import { compileFilter, lifecycleTest } from "./filter.ts";
import { merged } from "./rank.ts";
import { compileSearch } from "./search.ts";
import { comparator, sortRows } from "./sort.ts";
import type { BoardView, SortKey } from "./view.ts";

/** The run that a run is nested under. */
export const PARENT = `tags.${Tag.parent}`;
const NEWEST: readonly SortKey[] = [{ id: Attr.start, descending: true }];

/** Which runs a view shows, and in which order. */
export interface Ordered {
  readonly order: Int32Array;
  /** In the table's order; the same array as before when they are the same runs. */
  readonly matching: Int32Array;
  readonly version: number;
  /** What decides which runs there are, and their order. */
  readonly basis: { readonly set: string; readonly sort: string };
  /** Of a view of current answers alone. */
  readonly current: Uint8Array | undefined;
}

/**
 * The runs that match a view, sorted. With the result before, only rows that changed since are tested again and put into their
 * place; another sort tests none.
 * @throws UserError for a filter that cannot be read
 */
export function orderRows(table: RunTable, view: BoardView, previous?: Ordered): Ordered {
  const keys = view.sort.length > 0 ? view.sort : NEWEST;
  const searched = searchedColumns(table, view);
  const { filter, search, nesting, lifecycle, answers } = view;
  const basis = {
    set: JSON.stringify([filter, search, nesting, lifecycle, answers, search === "" ? [] : searched]),
    sort: JSON.stringify(keys),
  };
  const before = previous?.basis.set === basis.set ? previous : undefined;
  const current = answers === "current" ? currentRows(table) : undefined;
  const changed = before && changedRows(table, before, nesting === "flat", current);
  const done = { version: table.version, basis, current };
  if (before && changed?.length === 0) {
    const order = before.basis.sort === basis.sort ? before.order : sortRows(table, before.matching, keys);
    return { ...done, matching: before.matching, order };
  }
  const parents = nesting === "flat" ? parentsOf(table) : undefined;
  const tests: readonly RowTest[] = [
    lifecycleTest(lifecycle, table),
    parents && ((row: number) => parents[row] !== 1),
    compileFilter(filter, table),
    compileSearch(search, table, searched),
    current && ((row: number) => current[row] === 1),
  ].filter((test) => test !== undefined);
  const passes = (row: number): boolean => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
  if (before && changed) {
    const matching = rematched(table, before.matching, changed, passes);
    const order =
      before.basis.sort === basis.sort
        ? rearranged(table, before.order, changed, passes, comparator(table, keys))
        : sortRows(table, matching, keys);
    return { ...done, matching, order };
  }
  const all = new Int32Array(table.rows);
  let n = 0;
  for (let row = 0; row < table.rows; row++) if (passes(row)) all[n++] = row;
  const matching = all.slice(0, n);
  return { ...done, matching, order: sortRows(table, matching, keys) };
}

/** A search looks at the texts that can be seen, and at all params. */
function searchedColumns(table: RunTable, view: BoardView): readonly string[] {
  const params = table.columnIds.filter((id) => id.startsWith("params."));
  return [...params, ...view.columns.map(({ id }) => id)];
}

/** Rows that may match or stand elsewhere now; undefined when these are so many that all are to be looked at. */
function changedRows(
  table: RunTable,
  before: Ordered,
  isFlat: boolean,
  current: Uint8Array | undefined,
): readonly number[] | undefined {
  const since = table.changedSince(before.version);
  const most = Math.max(64, table.rows / 8);
  if (since === undefined || since.length > most) return undefined;
  const changed = new Set(since);
  // A run may make another one a parent, and take the place of others that did not change.
  if (isFlat && since.length > 0) {
    const parentOf = parentRows(table);
    for (const row of since) if (parentOf(row) >= 0) changed.add(parentOf(row));
  }
  if (current && before.current !== current) {
    for (let row = 0; row < table.rows; row++) if (current[row] !== (before.current?.[row] ?? 0)) changed.add(row);
  }
  return changed.size > most ? undefined : [...changed];
}

/** A set of rows in which some may have come or gone. */
function rematched(table: RunTable, matching: Int32Array, changed: readonly number[], passes: RowTest): Int32Array {
  const inside = new Uint8Array(table.rows);
  for (const row of matching) inside[row] = 1;
  let size = matching.length;
  let isSame = true;
  for (const row of changed) {
    const now = passes(row) ? 1 : 0;
    if (inside[row] === now) continue;
    inside[row] = now;
    size += now === 1 ? 1 : -1;
    isSame = false;
  }
  if (isSame) return matching;
  const next = new Int32Array(size);
  for (let row = 0, n = 0; n < size; row++) if (inside[row] === 1) next[n++] = row;
  return next;
}

/** A sorted list in which some rows may have moved, come or gone. */
function rearranged(
  table: RunTable,
  order: Int32Array,
  changed: readonly number[],
  passes: RowTest,
  compare: (a: number, b: number) => number,
): Int32Array {
  const flags = new Uint8Array(table.rows);
  for (const row of changed) flags[row] = 1;
  const rest = new Int32Array(order.length);
  let n = 0;
  for (let i = 0; i < order.length; i++) if (flags[order[i]!] === 0) rest[n++] = order[i]!;
  const fresh = Int32Array.from(changed.filter(passes)).sort(compare);
  return merged(rest.subarray(0, n), fresh, compare);
}

/** The row of the run that a row is nested under; −1 where there is none. */
export function parentRows(table: RunTable): (row: number) => number {
  const column = table.column(PARENT);
  if (column?.kind !== "text") return () => -1;
  const rows = Int32Array.from(column.texts, (text) => table.rowOf(text) ?? -1);
  return (row) => {
    const code = column.codes[row]!;
    return code < 0 ? -1 : rows[code]!;
  };
}

/** [rows] 1 for runs that others are nested under. */
function parentsOf(table: RunTable): Uint8Array {
  const parents = new Uint8Array(table.rows);
  const column = table.column(PARENT);
  if (column?.kind !== "text") return parents;
  for (const text of column.texts) {
    const row = table.rowOf(text);
    if (row !== undefined) parents[row] = 1;
  }
  return parents;
}
