import { Attr, type RunTable } from "../core/board.ts";
import { Tag } from "../core/trial.ts";
import type { RowTest } from "./code-test.ts";
import { currentRows } from "./current.ts";
import { compileFilter, lifecycleTest } from "./filter.ts";
import { groupRows, sortGroups } from "./groups.ts";
import { merged } from "./rank.ts";
import { compileSearch } from "./search.ts";
import { comparator, sortRows } from "./sort.ts";
import type { BoardGroup, BoardRows, RowsOptions } from "./types.ts";
import type { BoardView, SortKey } from "./view.ts";

/** The run that a run is nested under. */
export const PARENT = `tags.${Tag.parent}`;
const NEWEST: readonly SortKey[] = [{ id: Attr.start, descending: true }];

/** What decides which rows there are and in which order; a result is gone on from only where this is the same. */
const basisOf = (
  { sort, filter, search, nesting, lifecycle, answers }: BoardView,
  searched: readonly string[],
): string => JSON.stringify([sort, filter, search, nesting, lifecycle, answers, search === "" ? [] : searched]);
const bases = new WeakMap<BoardRows, string>();

/**
 * The lines that a view shows of a table: filtered, searched, sorted, grouped or folded. With the result before, only rows that
 * changed since are tested again and put into their place.
 * @throws UserError for a filter that cannot be read
 */
export function computeRows(table: RunTable, view: BoardView, options: RowsOptions = {}): BoardRows {
  const { opened = new Set<string>(), previous } = options;
  const searched = searchedColumns(table, view);
  const basis = basisOf(view, searched);
  const order = orderOf(table, view, searched, bases.get(previous ?? EMPTY) === basis ? previous : undefined);
  const lines =
    view.groupBy.length > 0
      ? grouped(table, view, order, opened)
      : view.nesting === "fold"
        ? folded(table, order, opened)
        : { lines: order, depths: new Uint8Array(order.length), groups: [], children: new Map() };
  const result: BoardRows = { ...lines, order, version: table.version };
  bases.set(result, basis);
  return result;
}

const EMPTY: BoardRows = {
  lines: new Int32Array(0),
  depths: new Uint8Array(0),
  groups: [],
  order: new Int32Array(0),
  children: new Map(),
  version: 0,
};

/** A search looks at the texts that can be seen, and at all params. */
function searchedColumns(table: RunTable, view: BoardView): readonly string[] {
  const params = table.columnIds.filter((id) => id.startsWith("params."));
  return [...params, ...view.columns.map(({ id }) => id)];
}

function orderOf(table: RunTable, view: BoardView, searched: readonly string[], previous?: BoardRows): Int32Array {
  const keys = view.sort.length > 0 ? view.sort : NEWEST;
  const parents = view.nesting === "flat" ? parentsOf(table) : undefined;
  const tests: RowTest[] = [
    lifecycleTest(view.lifecycle, table),
    parents && ((row: number) => parents[row] !== 1),
    compileFilter(view.filter, table),
    compileSearch(view.search, table, searched),
  ].filter((test) => test !== undefined);
  const passes = (row: number): boolean => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };

  const since = previous && table.changedSince(previous.version);
  const isFew = since !== undefined && since.length <= Math.max(64, table.rows / 8);
  if (previous && since?.length === 0) return previous.order;
  // A run may take the place of others that did not change.
  const current = view.answers === "current" ? currentRows(table) : undefined;
  if (current) tests.push((row) => current[row] === 1);
  else if (previous && isFew) {
    const changed = parents ? [...since, ...Array.from(since, parentRows(table)).filter((row) => row >= 0)] : since;
    return rearranged(table, previous.order, changed, passes, comparator(table, keys));
  }
  const all = new Int32Array(table.rows);
  let n = 0;
  for (let row = 0; row < table.rows; row++) if (passes(row)) all[n++] = row;
  return sortRows(table, all.subarray(0, n), keys);
}

/** A sorted list in which some rows may have moved, come or gone. */
function rearranged(
  table: RunTable,
  order: Int32Array,
  changed: Iterable<number>,
  passes: RowTest,
  compare: (a: number, b: number) => number,
): Int32Array {
  const moved = new Set(changed);
  const flags = new Uint8Array(table.rows);
  for (const row of moved) flags[row] = 1;
  const rest = new Int32Array(order.length);
  let n = 0;
  for (let i = 0; i < order.length; i++) if (flags[order[i]!] === 0) rest[n++] = order[i]!;
  const fresh = Int32Array.from([...moved].filter(passes)).sort(compare);
  return merged(rest.subarray(0, n), fresh, compare);
}

/** The row of the run that a row is nested under; −1 where there is none. */
function parentRows(table: RunTable): (row: number) => number {
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

type Lines = Pick<BoardRows, "lines" | "depths" | "groups" | "children">;

function grouped(table: RunTable, view: BoardView, order: Int32Array, opened: ReadonlySet<string>): Lines {
  const groups = sortGroups(table, groupRows(table, view.groupBy, order), view.sort);
  const lines: number[] = [];
  const depths: number[] = [];
  groups.forEach((group, g) => {
    push(lines, depths, -1 - g, opened.size > 0 && opened.has(group.key) ? group.rows : undefined);
  });
  return { lines: Int32Array.from(lines), depths: Uint8Array.from(depths), groups, children: new Map() };
}

/** Sweeps in the order of the first of their runs; a sweep that matches by its runs alone is shown with them. */
function folded(table: RunTable, order: Int32Array, opened: ReadonlySet<string>): Lines {
  const parentOf = parentRows(table);
  const counts = new Int32Array(table.rows);
  const seen = new Uint8Array(table.rows);
  const roots: number[] = [];
  for (const row of order) {
    const parent = parentOf(row);
    const root = parent < 0 ? row : parent;
    if (parent >= 0) counts[root]!++;
    if (seen[root] === 0) roots.push(root);
    seen[root] = 1;
  }
  const nested = new Int32Array(order.length);
  const ends = new Int32Array(table.rows);
  let sum = 0;
  for (const root of roots) {
    ends[root] = sum;
    sum += counts[root]!;
  }
  for (const row of order) {
    const parent = parentOf(row);
    if (parent >= 0) nested[ends[parent]!++] = row;
  }
  const lines: number[] = [];
  const depths: number[] = [];
  const children = new Map<number, Int32Array>();
  for (const root of roots) {
    const rows = nested.subarray(ends[root]! - counts[root]!, ends[root]!);
    if (rows.length > 0) children.set(root, rows);
    push(lines, depths, root, opened.size > 0 && opened.has(table.runId(root)) ? rows : undefined);
  }
  return { lines: Int32Array.from(lines), depths: Uint8Array.from(depths), groups: [], children };
}

function push(lines: number[], depths: number[], line: number, inside?: Iterable<number>): void {
  lines.push(line);
  depths.push(0);
  for (const row of inside ?? []) {
    lines.push(row);
    depths.push(1);
  }
}

/** The runs that a line stands for: its own, or those of its group. */
export function runsOfLine(rows: BoardRows, line: number): Int32Array {
  const value = rows.lines[line]!;
  return value < 0 ? rows.groups[-1 - value]!.rows : Int32Array.of(value);
}

/** The group of a line; undefined of a single run. */
export function groupOfLine(rows: BoardRows, line: number): BoardGroup | undefined {
  const value = rows.lines[line]!;
  return value < 0 ? rows.groups[-1 - value] : undefined;
}
