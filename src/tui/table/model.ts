/** What the table shows and where the person is in it; no drawing, no keys. */

import type { RowTest } from "../../board/code-test.ts";
import { shownColumns } from "../../board/columns.ts";
import { computeRows, groupOfLine, runsOfLine } from "../../board/rows.ts";
import { compileSearch } from "../../board/search.ts";
import type { BoardRows, ShownColumn } from "../../board/types.ts";
import { type BoardView, EMPTY_VIEW } from "../../board/view.ts";
import type { RunTable } from "../../core/board/board.ts";

export interface TableModel {
  readonly view: BoardView;
  readonly rows: BoardRows;
  readonly columns: readonly ShownColumn[];
  /** Line of the table; −1 when there is none. */
  readonly selected: number;
  readonly top: number;
  /** Column that keys act on. */
  readonly cursor: number;
  /** Run ids. */
  readonly marks: ReadonlySet<string>;
  readonly search: string;
  /** Whether a row is what is searched for. */
  readonly found: RowTest | undefined;
  /** Moves with all that changes the look of lines. */
  readonly epoch: number;

  /**
   * Takes up what changed in the table of runs; the selection stays on its run.
   * @param loose as long as nobody has moved, the first line is selected whatever run that is: for a table that fills
   */
  refresh(loose: boolean): void;
  /** @throws UserError for a filter that cannot be read; nothing changes then */
  change(view: Partial<BoardView>): void;
  /** Takes another look at the same: a theme, a width. */
  touch(): void;
  select(line: number): void;
  /** Lines that are seen; `top` follows the selection. */
  fit(height: number): void;
  /** Moves what is seen; the selection follows. */
  scroll(by: number): void;
  moveCursor(column: number): void;
  /** Opens or folds the line's group or sweep. @returns false when it has none */
  toggleFold(): boolean;
  toggleMark(): void;
  marked(line: number): boolean;
  unmarkAll(): void;
  /** Looks for a text from a line on. @returns whether it is found */
  find(text: string, from: number): boolean;
  /** Goes to the next that is found, or the one before. */
  findNext(step: 1 | -1): boolean;
  /** The run of the selected line; undefined of a group. */
  run(): number | undefined;
}

export function createTableModel(table: RunTable, initial: BoardView, rank: () => string | undefined): TableModel {
  let view = initial;
  const opened = new Set<string>();
  const marks = new Set<string>();
  let rows = computeRows(table, EMPTY_VIEW);
  let columns: readonly ShownColumn[] = [];
  let selected = 0;
  /** Run id or key of the group that is selected: it stays so wherever it goes. */
  let anchor: string | undefined;
  let hasMoved = false;
  let top = 0;
  let height = 1;
  let cursor = 0;
  let search = "";
  let found: RowTest | undefined;
  let epoch = 0;

  const nameOf = (line: number): string | undefined => {
    const value = rows.lines[line];
    if (value === undefined) return undefined;
    return value < 0 ? rows.groups[-1 - value]!.key : table.runId(value);
  };

  function lineOf(name: string): number {
    const row = table.rowOf(name);
    if (row !== undefined) return rows.lines.indexOf(row);
    const group = rows.groups.findIndex(({ key }) => key === name);
    return group < 0 ? -1 : rows.lines.indexOf(-1 - group);
  }

  function hold(): void {
    const last = rows.lines.length - 1;
    const distance = selected - top;
    const line = anchor === undefined ? -1 : lineOf(anchor);
    selected = line >= 0 ? line : Math.min(Math.max(0, selected), last);
    // What is looked at stays where it is on the screen, but at the top new lines push it down into view.
    if (line >= 0 && top > 0) top = selected - distance;
    anchor = nameOf(selected);
    follow();
  }

  function follow(): void {
    if (selected < top) top = selected;
    if (selected >= top + height) top = selected - height + 1;
    top = Math.max(0, Math.min(top, rows.lines.length - height));
  }

  function compute(next: BoardView, previous: BoardRows | undefined): void {
    const computed = computeRows(table, next, { opened, previous });
    const shown = shownColumns(table, next, computed, rank());
    const current = columns[cursor]?.id;
    [view, rows, columns] = [next, computed, shown];
    const place = columns.findIndex(({ id }) => id === current);
    cursor = Math.max(0, Math.min(place >= 0 ? place : cursor, columns.length - 1));
    found = search === "" ? undefined : testOf(search);
    epoch++;
    hold();
  }

  const testOf = (text: string): RowTest | undefined =>
    compileSearch(text, table, [
      ...table.columnIds.filter((id) => id.startsWith("params.")),
      ...columns.map(({ id }) => id),
    ]);

  function select(line: number): void {
    selected = Math.max(0, Math.min(line, rows.lines.length - 1));
    anchor = nameOf(selected);
    follow();
  }

  /** The first line in a direction that is found, round the end. */
  function seek(from: number, step: 1 | -1): boolean {
    const n = rows.lines.length;
    for (let i = 0; i < n; i++) {
      const line = (((from + i * step) % n) + n) % n;
      const runs = rows.lines[line]! >= 0 ? undefined : runsOfLine(rows, line);
      if (runs ? runs.some((row) => found!(row)) : found!(rows.lines[line]!)) {
        select(line);
        return true;
      }
    }
    return false;
  }

  compute(initial, undefined);

  return {
    get view() {
      return view;
    },
    get rows() {
      return rows;
    },
    get columns() {
      return columns;
    },
    get selected() {
      return rows.lines.length === 0 ? -1 : selected;
    },
    get top() {
      return top;
    },
    get cursor() {
      return cursor;
    },
    marks,
    get search() {
      return search;
    },
    get found() {
      return found;
    },
    get epoch() {
      return epoch;
    },
    refresh(loose) {
      if (loose && !hasMoved) anchor = undefined;
      compute(view, rows);
    },
    change(patch) {
      const kept = anchor;
      // Who has not moved from the first line looks at the first ones.
      if (selected === 0) anchor = undefined;
      try {
        compute({ ...view, ...patch }, rows);
      } finally {
        anchor ??= kept;
      }
    },
    touch() {
      epoch++;
    },
    select(line) {
      hasMoved = true;
      select(line);
    },
    fit(lines) {
      height = Math.max(1, lines);
      follow();
    },
    scroll(by) {
      top = Math.max(0, Math.min(top + by, rows.lines.length - height));
      select(Math.max(top, Math.min(selected, top + height - 1)));
    },
    moveCursor(column) {
      cursor = Math.max(0, Math.min(column, columns.length - 1));
    },
    toggleFold() {
      const value = rows.lines[selected];
      if (value === undefined) return false;
      // Within an open one it is folded.
      let line = selected;
      while (line > 0 && rows.depths[line] === 1) line--;
      const at = rows.lines[line]!;
      const key = at < 0 ? rows.groups[-1 - at]!.key : table.runId(at);
      if (at >= 0 && !rows.children.has(at)) return false;
      if (!opened.delete(key)) opened.add(key);
      anchor = key;
      compute(view, rows);
      return true;
    },
    toggleMark() {
      if (rows.lines.length === 0) return;
      const ids = [...runsOfLine(rows, selected)].map((row) => table.runId(row));
      const all = ids.every((id) => marks.has(id));
      for (const id of ids) {
        if (all) marks.delete(id);
        else marks.add(id);
      }
    },
    marked(line) {
      if (marks.size === 0) return false;
      const runs = runsOfLine(rows, line);
      return runs.length <= marks.size && runs.every((row) => marks.has(table.runId(row)));
    },
    unmarkAll: () => marks.clear(),
    find(text, from) {
      search = text;
      found = testOf(text);
      epoch++;
      return found !== undefined && seek(from, 1);
    },
    findNext: (step) => found !== undefined && seek(selected + step, step),
    run() {
      const value = rows.lines[selected];
      return value === undefined || groupOfLine(rows, selected) ? undefined : value;
    },
  };
}
