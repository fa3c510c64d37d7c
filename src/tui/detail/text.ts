/** Pieces of text that the tabs of a run are made of. Pure. */
import { cut, displayWidth, visible } from "../../core/formats/visible.ts";
import { fitPlain } from "../painter/text.ts";
import { styled, type Theme } from "../theme.ts";

/** A text in lines of at most `width` columns, broken between words where there are some. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    while (displayWidth(word) > width && width > 1) {
      const head = cut(word, width);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  return [...lines, line];
}

/** Labels beside what they say, which goes on under itself where it is long. Control characters show as text. */
export function pairs(
  theme: Theme,
  list: readonly (readonly [label: string, text: string])[],
  width: number,
): string[] {
  const wide = Math.min(30, Math.floor(width / 2), Math.max(0, ...list.map(([label]) => displayWidth(visible(label)))));
  return list.flatMap(([label, text]) =>
    wrapped(visible(text), Math.max(8, width - wide - 4)).map(
      (line, i) => `  ${styled(theme, "dim", fitPlain(i === 0 ? visible(label) : "", wide))}  ${line}`,
    ),
  );
}

export const title = (theme: Theme, text: string): string => styled(theme, "accent", text);

export interface Cell {
  readonly text: string;
  /** Styles the cell once it has its width. */
  readonly look?: (text: string) => string;
}

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Columns of the terminal at most. */
  readonly most?: number;
}

/** The widths of a table's columns by its title and cells; two columns of space between. */
export function widthsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map(({ title: text, most = 60 }, c) =>
    Math.min(most, Math.max(displayWidth(text), ...rows.map((row) => displayWidth(row[c]?.text ?? "")))),
  );
}

/** One row; `widths` as `widthsOf` gives them. */
export function tableRow(columns: readonly Column[], widths: readonly number[], row: readonly Cell[]): string {
  return columns
    .map(({ align }, c) => {
      const { text = "", look } = row[c] ?? {};
      const fitting = fitPlain(text, widths[c]!, align);
      return look ? look(fitting) : fitting;
    })
    .join("  ");
}

/** The head of a table, and its rows. */
export function table(
  theme: Theme,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): readonly [head: string, ...rows: string[]] {
  const widths = widthsOf(columns, rows);
  const head = columns.map(({ title: text }): Cell => ({ text, look: (t) => styled(theme, "head", t) }));
  return [tableRow(columns, widths, head), ...rows.map((row) => tableRow(columns, widths, row))];
}

/** Bytes as people read them: 512 B, 3.2 KiB. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB"];
  let [value, unit] = [bytes / 1024, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** Two blocks of lines beside each other, the first in `width` columns. */
export function beside(left: readonly string[], right: readonly string[], shaped: (text: string) => string): string[] {
  return Array.from(
    { length: Math.max(left.length, right.length) },
    (_, i) => `${shaped(left[i] ?? "")}  ${right[i] ?? ""}`,
  );
}
