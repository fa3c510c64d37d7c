/** A line of text with a cursor, and what the keys of a prompt do to it. Pure. */
import type { ActionId } from "./keys.ts";

export interface EditedLine {
  readonly text: string;
  /** Where the cursor is: an index into the text, between two characters as a person sees them. */
  readonly at: number;
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export const lineOf = (text: string): EditedLine => ({ text, at: text.length });

export function insert({ text, at }: EditedLine, more: string): EditedLine {
  return { text: text.slice(0, at) + more + text.slice(at), at: at + more.length };
}

const lengthBefore = (text: string, at: number): number =>
  [...characters.segment(text.slice(0, at))].at(-1)?.segment.length ?? 0;
const lengthAfter = (text: string, at: number): number =>
  characters.segment(text.slice(at))[Symbol.iterator]().next().value?.segment.length ?? 0;
const wordBefore = (text: string, at: number): number => /(\S+\s*|\s+)?$/.exec(text.slice(0, at))![0].length;

/** @returns undefined when the action is none of editing */
export function edit(line: EditedLine, action: ActionId): EditedLine | undefined {
  const { text, at } = line;
  const cut = (from: number, to: number): EditedLine => ({ text: text.slice(0, from) + text.slice(to), at: from });
  switch (action) {
    case "erase":
      return cut(at - lengthBefore(text, at), at);
    case "erase-after":
      return cut(at, at + lengthAfter(text, at));
    case "erase-word":
      return cut(at - wordBefore(text, at), at);
    case "erase-line":
      return cut(0, at);
    case "cursor-left":
      return { text, at: at - lengthBefore(text, at) };
    case "cursor-right":
      return { text, at: at + lengthAfter(text, at) };
    case "cursor-first":
      return { text, at: 0 };
    case "cursor-last":
      return lineOf(text);
    default:
      return undefined;
  }
}
