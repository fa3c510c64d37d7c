import { stripVTControlCharacters, styleText } from "node:util";
import { cut, displayWidth, visibleLines } from "../core/formats/visible.ts";

export { duration, number } from "../board/numbers.ts";
export { cut, visible, visibleLines } from "../core/formats/visible.ts";

/** Indented JSON of the same value, with no control character in it. */
export function visibleJson(value: unknown): string {
  return visibleLines(JSON.stringify(value, null, 2));
}

type Meaning = "good" | "bad" | "warn" | "dim" | "strong" | "accent";
const STYLES = { good: "green", bad: "red", warn: "yellow", dim: "dim", strong: "bold", accent: "cyan" } as const;

/** Colour by meaning; plain where the stream is not a terminal or NO_COLOR is set. */
export function paint(meaning: Meaning, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(STYLES[meaning], text, { stream });
}

/** Columns that a text takes in a terminal, styles not counted. */
export function plainLength(text: string): number {
  return displayWidth(stripVTControlCharacters(text));
}

/** A text without its styles in at most `width` columns: what is left out in the middle shows as "…". */
export function shorten(text: string, width: number): string {
  if (plainLength(text) <= width) return text;
  const plain = stripVTControlCharacters(text);
  const tail = Math.floor((width - 1) / 2);
  const reversed = (t: string): string => [...t].reverse().join("");
  return `${cut(plain, width - 1 - tail)}…${reversed(cut(reversed(plain), tail))}`;
}

/** 820 B, 1.4 MB. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
