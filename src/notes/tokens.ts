/** A note cut into words and sentences, with the place of each in the original text. */
import { foldLetters } from "../core/formats/fold.ts";

export interface Token {
  /** Folded word, or the sign itself. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly word: boolean;
  /** As it is written, where case or accent matter. */
  readonly raw: string;
}

export interface Sentence {
  readonly tokens: readonly Token[];
  readonly start: number;
  readonly end: number;
  /** "…?" or "¿…" */
  readonly question: boolean;
}

const PIECE = /[\p{L}\p{N}]+|[^\s]|\n/gu;
/** A line without an end is cut here: the time for a sentence grows with the square of its length. */
const MOST_TOKENS = 400;
/** Points after these end no sentence. */
const SHORTENED = new Set("dr dra sr sra antec ej aprox vs fam hx approx etc st pt".split(" "));

/** Sentences of a note: they end at full stops, semicolons, question marks and at lines that the next one does not go on with. */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let tokens: Token[] = [];
  const close = (question = false): void => {
    if (tokens.length > 0)
      sentences.push({ tokens, start: tokens[0].start, end: tokens[tokens.length - 1].end, question });
    tokens = [];
  };
  for (const match of text.matchAll(PIECE)) {
    const raw = match[0];
    const start = match.index;
    const end = start + raw.length;
    if (raw === "\n") {
      if (!goesOn(text, start)) close();
      continue;
    }
    if (tokens.length >= MOST_TOKENS) close();
    const last = tokens.at(-1);
    if (/[\p{L}\p{N}]/u.test(raw)) {
      // "Crohn's", "Gowers'": the s of a genitive is no word.
      if (last?.text === "'" && /^s$/i.test(raw) && last.end === start) continue;
      tokens.push({ text: foldLetters(raw), start, end, word: true, raw });
      continue;
    }
    if (raw === "." && !endsSentence(text, start, last)) continue;
    if (raw === "?") {
      // "D-dimer high: ? embolism" asks about what follows.
      if (last === undefined || (!last.word && last.text !== ")" && last.text !== "¿")) {
        tokens.push({ text: "?", start, end, word: false, raw });
        continue;
      }
      close(true);
      continue;
    }
    if (raw === "." || raw === ";" || raw === "!" || raw === "•") {
      close();
      continue;
    }
    tokens.push({ text: raw === "’" ? "'" : raw, start, end, word: false, raw });
  }
  close();
  return sentences;
}

function endsSentence(text: string, at: number, last: Token | undefined): boolean {
  const next = text[at + 1];
  if (next !== undefined && !/[\s"')\]]/.test(next))
    return /\p{Lu}/u.test(next) && last !== undefined && last.text.length > 2;
  return last === undefined || !SHORTENED.has(last.text) || /^\s*(\n|$)/.test(text.slice(at + 1, at + 6));
}

/** Whether the line after this end goes on with the sentence: it begins with a small letter and the line before has no end. */
function goesOn(text: string, at: number): boolean {
  let next = at + 1;
  while (text[next] === " " || text[next] === "\t" || text[next] === "\r") next++;
  const before =
    text
      .slice(Math.max(0, at - 3), at)
      .trimEnd()
      .at(-1) ?? "";
  return /[\p{Ll}\d(]/u.test(text[next] ?? "") && /[\p{L}\p{N},)-]/u.test(before);
}

/** Finds the line (from 1) of an offset. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
