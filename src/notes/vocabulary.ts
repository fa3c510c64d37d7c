/** Numbers of words as they stand in notes, inflected or mistyped. */
import type { NoteLanguage } from "../core/formats/notes.ts";
import type { Lexicon } from "./lexicon.ts";
import { stemOf } from "./words.ts";

export interface Vocabulary {
  /** Number of the stem, of one that is a slip away where there is none; −1: no name has it. */
  numberOf(word: string, lang: NoteLanguage): number;
  /** Of the word as it is written. */
  exactly(word: string, lang: NoteLanguage): number;
}

/** Words shorter than this are taken as they are. */
const LONG = 7;
/** Letters at the beginning that must be right: "hypo" and "hyper", "micro" and "macro" are no slips. */
const SURE = 4;
/** Words that are remembered: a text of many languages or of noise does not fill the memory. */
const REMEMBERED = 50_000;

export function createVocabulary({ numbers }: Pick<Lexicon, "numbers">): Vocabulary {
  const known = { en: new Map<string, number>(), es: new Map<string, number>() };
  const exact = { en: new Map<string, number>(), es: new Map<string, number>() };
  const alike: Partial<Record<NoteLanguage, Map<string, string[]>>> = {};
  const slip = (stem: string, lang: NoteLanguage): number => {
    alike[lang] ??= byBeginning(numbers[lang].keys());
    const all = alike[lang].get(stem.slice(0, SURE)) ?? [];
    const near = all.filter((other) => isSlip(stem, other));
    return near.length === 1 ? (numbers[lang].get(near[0]) ?? -1) : -1;
  };
  const exactly = (word: string, lang: NoteLanguage): number => numbers[lang].get(stemOf(word, lang)) ?? -1;
  return {
    numberOf: (word, lang) =>
      remembered(known[lang], word, () => {
        const number = exactly(word, lang);
        return number < 0 && word.length >= LONG && /^[a-z]+$/.test(word) ? slip(stemOf(word, lang), lang) : number;
      }),
    exactly: (word, lang) => remembered(exact[lang], word, () => exactly(word, lang)),
  };
}

function remembered(known: Map<string, number>, word: string, find: () => number): number {
  const before = known.get(word);
  if (before !== undefined) return before;
  const number = find();
  if (known.size >= REMEMBERED) known.clear();
  known.set(word, number);
  return number;
}

function byBeginning(stems: Iterable<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const stem of stems) {
    if (stem.length < LONG - 1) continue;
    const begin = stem.slice(0, SURE);
    const others = found.get(begin);
    if (others) others.push(stem);
    else found.set(begin, [stem]);
  }
  return found;
}

/** One letter too many, missing, wrong, or two swapped; not at the beginning. */
function isSlip(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || b.length < LONG - 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const rest = (text: string, from: number): string => text.slice(from);
  return (
    rest(a, i + 1) === rest(b, i + 1) ||
    rest(a, i + 1) === rest(b, i) ||
    rest(a, i) === rest(b, i + 1) ||
    (a[i] === b[i + 1] && a[i + 1] === b[i] && rest(a, i + 2) === rest(b, i + 2))
  );
}
