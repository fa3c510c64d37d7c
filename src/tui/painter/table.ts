/** Draws the table as rows of text: only the lines that are seen, each line once until something of it changes. */

import { displayWidth } from "../../core/formats/visible.ts";
import type { Painted } from "../screen.ts";
import type { Size } from "../terminal/session.ts";
import { type Meaning, styled, type Theme } from "../theme.ts";
import { fitPlain } from "./text.ts";

export interface TableColumn {
  readonly id: string;
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns of the terminal. */
  readonly width: number;
  readonly pinned: boolean;
}

export interface TableCell {
  /** Without control characters. */
  readonly text: string;
  readonly meaning?: Meaning;
}

/** What is drawn of one line beside its marks. */
export interface TableLine {
  /** One column wide each: how it stands to the best, and its status. */
  readonly signs: readonly TableCell[];
  readonly cells: readonly TableCell[];
  /** Of all cells that have none of their own. */
  readonly meaning?: Meaning;
}

export interface TableFrame {
  readonly theme: Theme;
  /** Pinned ones first. */
  readonly columns: readonly TableColumn[];
  /** First column that is seen after the pinned ones. */
  readonly left: number;
  /** Column that keys act on. */
  readonly cursor: number;
  /** By column: "▲", "▼2". */
  readonly arrows: ReadonlyMap<string, string>;
  /** Number of lines, the first one seen, the selected one (-1: none). */
  readonly lines: number;
  readonly top: number;
  readonly selected: number;
  /** Moves with whatever changes the look of lines, but for selection, marks and `top`. */
  readonly epoch: number;
  marked(line: number): boolean;
  /** Cells of these columns, by index. */
  line(line: number, columns: readonly number[]): TableLine;
}

/** Columns of the terminal before the first cell: selection, mark, signs, space. */
export const GUTTER = 5;
const GAP = 2;
/** A column that is cut by the edge is shown from this width on. */
const LEAST_CUT = 4;

export interface PlacedColumn {
  /** Into the frame's columns. */
  readonly index: number;
  readonly x: number;
  readonly width: number;
}

/** Which columns are seen, and where. */
export function placeColumns(columns: readonly TableColumn[], left: number, width: number): PlacedColumn[] {
  const placed: PlacedColumn[] = [];
  let x = GUTTER;
  for (const [index, column] of columns.entries()) {
    if (!column.pinned && index < left) continue;
    const room = width - x;
    if (room < Math.min(LEAST_CUT, column.width)) break;
    placed.push({ index, x, width: Math.min(column.width, room) });
    x += column.width + GAP;
  }
  return placed;
}

/** The least `left` at which a column is seen whole, or as much of it as there is room for. */
export function leftFor(columns: readonly TableColumn[], left: number, cursor: number, width: number): number {
  const pinned = columns.findIndex((column) => !column.pinned);
  if (pinned < 0 || cursor < pinned) return Math.max(left, Math.max(0, pinned));
  let next = Math.max(pinned, Math.min(left, cursor));
  const whole = (): boolean =>
    placeColumns(columns, next, width).some((at) => at.index === cursor && at.width === columns[cursor]!.width);
  while (next < cursor && !whole()) next++;
  return next;
}

export interface TablePainter {
  paint(frame: TableFrame, size: Size): Painted;
  /** Nothing of what was drawn is to be used again. */
  clear(): void;
}

export function createTablePainter(): TablePainter {
  let cache = new Map<number, string>();
  let last = { epoch: -1, key: "", top: 0 };
  return {
    paint(frame, { columns: width, rows: height }) {
      const placed = placeColumns(frame.columns, frame.left, width);
      const key = `${width} ${height} ${frame.left}`;
      const same = last.epoch === frame.epoch && last.key === key;
      if (!same || cache.size > 10_000) cache = new Map();
      const lines = height - 1;
      const rows = [header(frame, placed, width)];
      for (let line = frame.top; rows.length < height; line++) {
        rows.push(line < frame.lines ? row(frame, placed, line, width, cache) : " ".repeat(width));
      }
      const by = frame.top - last.top;
      last = { epoch: frame.epoch, key, top: frame.top };
      return same && by !== 0 && Math.abs(by) < lines ? { rows, scroll: { top: 1, height: lines, by } } : { rows };
    },
    clear() {
      last = { epoch: -1, key: "", top: 0 };
    },
  };
}

function header(frame: TableFrame, placed: readonly PlacedColumn[], width: number): string {
  const { columns, theme } = frame;
  const before = placed.some(({ index }) => index >= frame.left) && frame.left > columns.filter((c) => c.pinned).length;
  const after = (placed.at(-1)?.index ?? columns.length) < columns.length - 1;
  let out = " ".repeat(GUTTER);
  let x = GUTTER;
  for (const { index, x: at, width: wide } of placed) {
    const { id, title, align } = columns[index]!;
    const arrow = frame.arrows.get(id) ?? "";
    const room = Math.max(1, wide - displayWidth(arrow));
    const text = displayWidth(title) > room ? fitPlain(title, room) + arrow : fitPlain(title + arrow, wide, align);
    const first = before && index === frame.left;
    out += `${first ? `${" ".repeat(Math.max(0, at - x - 1))}‹` : " ".repeat(at - x)}`;
    out += index === frame.cursor ? styled(theme, "selected", text) : styled(theme, "head", text);
    x = at + wide;
  }
  return x < width ? `${out}${" ".repeat(width - x - 1)}${after ? "›" : " "}` : out;
}

function row(
  frame: TableFrame,
  placed: readonly PlacedColumn[],
  line: number,
  width: number,
  cache: Map<number, string>,
): string {
  let body = cache.get(line);
  if (body === undefined) {
    body = lineBody(frame, placed, line, width);
    cache.set(line, body);
  }
  const mark = frame.marked(line) ? styled(frame.theme, "warn", "●") : " ";
  if (line !== frame.selected) return ` ${mark}${body}`;
  // Styles within end by themselves and leave the background.
  return `\x1b[${frame.theme.selected}m❯${mark}${body}\x1b[0m`;
}

/** A line from its signs on, to the right edge. */
function lineBody(frame: TableFrame, placed: readonly PlacedColumn[], line: number, width: number): string {
  const { columns, theme } = frame;
  const { signs, cells, meaning } = frame.line(
    line,
    placed.map(({ index }) => index),
  );
  const look = (cell: TableCell | undefined, text: string): string => {
    const own = cell?.meaning ?? meaning;
    return own === undefined ? text : styled(theme, own, text);
  };
  let out = "";
  for (let i = 0; i < GUTTER - 3; i++) out += look(signs[i], fitPlain(signs[i]?.text ?? "", 1, "left"));
  let x = GUTTER - 1;
  placed.forEach(({ index, x: at, width: wide }, i) => {
    const cell = cells[i];
    out += " ".repeat(at - x) + look(cell, fitPlain(cell?.text ?? "", wide, columns[index]!.align));
    x = at + wide;
  });
  return out + " ".repeat(Math.max(0, width - x));
}
