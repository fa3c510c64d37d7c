import { stripVTControlCharacters, styleText } from "node:util";
import { visibleLines } from "../core/visible.ts";

export { visible, visibleLines } from "../core/visible.ts";

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

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const COMBINING = /[\p{Mn}\p{Me}\p{Cf}]/u;

const widthOf = (char: string): number => (COMBINING.test(char) ? 0 : WIDE.test(char) ? 2 : 1);

/** Columns that a text takes in a terminal, styles not counted. */
export function plainLength(text: string): number {
  let width = 0;
  for (const char of stripVTControlCharacters(text)) width += widthOf(char);
  return width;
}

/** As much of a text without styles as fits the width. */
export function cut(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const char of text) {
    used += widthOf(char);
    if (used > width) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** A text without its styles in at most `width` columns: what is left out in the middle shows as "…". */
export function shorten(text: string, width: number): string {
  if (plainLength(text) <= width) return text;
  const plain = stripVTControlCharacters(text);
  const tail = Math.floor((width - 1) / 2);
  const reversed = (t: string): string => [...t].reverse().join("");
  return `${cut(plain, width - 1 - tail)}…${reversed(cut(reversed(plain), tail))}`;
}

/** 1.2 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  return m < 60 ? `${m} min ${s % 60} s` : `${Math.floor(m / 60)} h ${m % 60} min`;
}

/** Four significant decimals as tables show them; "–" for undefined. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : value.toFixed(digits);
}

/** 820 B, 1.4 MB. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
