import type { RunTable } from "../core/board/board.ts";
import { versionsOf } from "./facts.ts";
import { groupColumn, groupRows, sortGroups } from "./groups.ts";
import { type Ordered, orderRows, parentRows } from "./order.ts";
import type { BoardGroup, BoardRows, RowsOptions } from "./types.ts";
import type { BoardView } from "./view.ts";

export { PARENT } from "./order.ts";

/** How a result came about, to go on from there. */
const made = new WeakMap<BoardRows, Ordered>();
const memberships = new WeakMap<Int32Array, Map<string, object>>();

type Lines = Pick<BoardRows, "lines" | "depths" | "groups" | "children">;

/**
 * The lines that a view shows of a table: filtered, searched, sorted, grouped or folded. With the result before, only rows that
 * changed since are tested again and put into their place.
 * @throws UserError for a filter that cannot be read
 */
export function computeRows(table: RunTable, view: BoardView, options: RowsOptions = {}): BoardRows {
  const { opened = new Set<string>(), previous } = options;
  const ordered = orderRows(table, view, previous && made.get(previous));
  const { order, matching, version } = ordered;
  const lines: Lines =
    view.groupBy.length > 0
      ? grouped(table, view, order, opened)
      : view.nesting === "fold"
        ? folded(table, order, opened)
        : { lines: order, depths: new Uint8Array(order.length), groups: [], children: new Map() };
  const result: BoardRows = { ...lines, order, matching, members: membersOf(table, view, matching), version };
  made.set(result, ordered);
  return result;
}

function membersOf(table: RunTable, { groupBy }: BoardView, matching: Int32Array): object {
  if (groupBy.length === 0) return matching;
  const key = JSON.stringify([groupBy, versionsOf(groupBy.map((id) => table.column(groupColumn(id))))]);
  const known = memberships.get(matching) ?? new Map<string, object>();
  memberships.set(matching, known);
  const members = known.get(key) ?? {};
  known.set(key, members);
  return members;
}

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
