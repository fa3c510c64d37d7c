import { stripVTControlCharacters, styleText } from "node:util";

/** Control characters as text, so that a hostile name in the store cannot drive the terminal. Line breaks become spaces. */
export function visible(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, " ")
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
}

type Meaning = "good" | "bad" | "warn" | "dim" | "strong" | "accent";
const STYLES = { good: "green", bad: "red", warn: "yellow", dim: "dim", strong: "bold", accent: "cyan" } as const;

/** Colour by meaning; plain where standard output is not a terminal or NO_COLOR is set. */
export function paint(meaning: Meaning, text: string): string {
  return styleText(STYLES[meaning], text, { stream: process.stdout });
}

/** Columns that a text takes in a terminal, styles not counted; wide characters are left to the table library. */
export function plainLength(text: string): number {
  return stripVTControlCharacters(text).length;
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
