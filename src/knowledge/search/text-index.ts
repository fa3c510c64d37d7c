/** An index over short texts by their words: what a query means, best first, in a millisecond. */
import { editsFrom, fold, type Letters, lacking, lettersOf, lettersWrong } from "./fold.ts";

export interface IndexedText {
  /** What the text stands for, 0 … owners - 1; texts of one owner follow each other, its label first. */
  readonly owner: number;
  readonly text: string;
  readonly lang: string;
  readonly label: boolean;
}

export interface TextHit {
  readonly owner: number;
  /** Place among the texts. */
  readonly text: number;
}

export interface TextIndex {
  /** Texts of `lang` first among equally good ones. */
  find(query: string, lang: string, limit: number): readonly TextHit[];
}

/** How well a text meets a query, best first. */
const Tier = {
  exactLabel: 0,
  exactSynonym: 1,
  labelPrefix: 2,
  labelWords: 3,
  synonymPrefix: 4,
  synonymWords: 5,
  typo: 6,
};
/** Words that say nothing by themselves. */
const SMALL = new Set("a al and con de del el en in la las los o of on or the to un una with y".split(" "));
/** Words of a query that are looked at; nobody types more, and each is a bit below. */
const MOST_WORDS = 8;
/** Longer words are cut: no term has such, and a typo in them costs. */
const MOST_LETTERS = 40;

/** What takes most of the time to make, and rests on the texts alone. */
export interface IndexParts {
  /** [texts] */
  readonly folded: readonly string[];
  /** Words, ascending; texts of word i are postings[offsets[i]] … */
  readonly vocabulary: readonly string[];
  readonly offsets: Uint32Array;
  readonly postings: Uint32Array;
}

export function indexParts(texts: readonly Pick<IndexedText, "text">[]): IndexParts {
  const folded = texts.map(({ text }) => fold(text));
  return { folded, ...invert(folded) };
}

/**
 * @param rank [owners] places of the owners among equally good ones, 0 first
 * @param parts as `indexParts` makes them of the same texts
 */
export function createTextIndex(
  texts: readonly IndexedText[],
  rank: ArrayLike<number>,
  parts: IndexParts = indexParts(texts),
): TextIndex {
  const { folded, vocabulary, offsets, postings } = parts;
  const letters = vocabulary.map(lettersOf);
  const ownerOf = Uint32Array.from(texts, ({ owner }) => owner);
  const isLabel = Uint8Array.from(texts, ({ label }) => Number(label));
  const languages = [...new Set(texts.map(({ lang }) => lang))];
  const langOf = Uint8Array.from(texts, ({ lang }) => languages.indexOf(lang));
  // Scratch of one search; each leaves it as it was.
  const met = new Uint8Array(texts.length);
  const keys = new Float64Array(rank.length).fill(Number.POSITIVE_INFINITY);
  const textOf = new Uint32Array(rank.length);

  /** Texts that have a word of each list. */
  function meeting(lists: readonly (readonly number[])[]): number[] {
    const size = (list: readonly number[]): number =>
      list.reduce((sum, word) => sum + offsets[word + 1] - offsets[word], 0);
    const sorted = lists.map((list) => ({ list, size: size(list) })).sort((a, b) => a.size - b.size);
    const touched: number[] = [];
    sorted.forEach(({ list }, i) => {
      for (const word of list)
        for (let at = offsets[word]; at < offsets[word + 1]; at++) {
          const text = postings[at];
          if (met[text] !== i) continue;
          if (i === 0) touched.push(text);
          met[text] = i + 1;
        }
    });
    const all = touched.filter((text) => met[text] === lists.length);
    for (const text of touched) met[text] = 0;
    return all;
  }

  return {
    find(query, lang, limit) {
      const typed = fold(query.slice(0, 200));
      const words = wordsOf(typed);
      if (words.length === 0 || limit < 1) return [];
      const exact = words.map((word) => startingWith(vocabulary, word));
      let found = meeting(exact);
      const typo = found.length === 0;
      const wrong = new Map<number, number>();
      if (typo) {
        const near = words.map((word) => nearOnes(vocabulary, letters, word));
        found = meeting(near.map((list) => list.map(({ word }) => word)));
        if (found.length > 0) countEdits(near, found, wrong);
      }
      const own = languages.indexOf(lang);
      const owners: number[] = [];
      for (const text of found) {
        const owner = ownerOf[text];
        const tier = typo ? Tier.typo + (wrong.get(text) ?? 0) : tierOf(folded[text], typed, isLabel[text] === 1);
        const key = (2 * tier + Number(langOf[text] !== own)) * rank.length + rank[owner];
        if (keys[owner] === Number.POSITIVE_INFINITY) owners.push(owner);
        if (key >= keys[owner]) continue;
        keys[owner] = key;
        textOf[owner] = text;
      }
      const best = leastOf(owners, keys, limit).map((owner) => ({ owner, text: textOf[owner] }));
      for (const owner of owners) keys[owner] = Number.POSITIVE_INFINITY;
      return best;
    },
  };

  /** Least edits by which each text meets all words. */
  function countEdits(
    near: readonly (readonly { word: number; edits: number }[])[],
    found: readonly number[],
    wrong: Map<number, number>,
  ): void {
    const wanted = new Set(found);
    for (const list of near) {
      const least = new Map<number, number>();
      for (const { word, edits } of list)
        for (let at = offsets[word]; at < offsets[word + 1]; at++) {
          const text = postings[at];
          if (wanted.has(text)) least.set(text, Math.min(edits, least.get(text) ?? edits));
        }
      for (const [text, edits] of least) wrong.set(text, edits + (wrong.get(text) ?? 0));
    }
  }
}

function tierOf(text: string, typed: string, label: boolean): number {
  if (text === typed) return label ? Tier.exactLabel : Tier.exactSynonym;
  if (text.startsWith(typed)) return label ? Tier.labelPrefix : Tier.synonymPrefix;
  return label ? Tier.labelWords : Tier.synonymWords;
}

function wordsOf(typed: string): string[] {
  const words = [...new Set(typed.split(" "))].filter((word) => word !== "").slice(0, MOST_WORDS);
  const telling = words.filter((word, i) => i === words.length - 1 || !SMALL.has(word));
  return telling.map((word) => word.slice(0, MOST_LETTERS));
}

/** The owners with the least keys, ascending: a first letter meets a third of all, of which few are shown. */
function leastOf(owners: readonly number[], keys: Float64Array, limit: number): number[] {
  const best: number[] = [];
  for (const owner of owners) {
    if (best.length === limit && keys[owner] >= keys[best[limit - 1]]) continue;
    let at = best.length < limit ? best.length : limit - 1;
    for (; at > 0 && keys[best[at - 1]] > keys[owner]; at--) best[at] = best[at - 1];
    best[at] = owner;
  }
  return best;
}

/** Words with the texts that have them: [vocabulary] ascending; texts of word i are postings[offsets[i]] … */
function invert(folded: readonly string[]): { vocabulary: string[]; offsets: Uint32Array; postings: Uint32Array } {
  const seen = new Map<string, number>();
  const tokens: number[] = [];
  const owners: number[] = [];
  const last: number[] = [];
  folded.forEach((text, place) => {
    for (const word of text.split(" ")) {
      let token = seen.get(word);
      if (token === undefined) {
        token = seen.size;
        seen.set(word, token);
      }
      if (last[token] === place) continue;
      last[token] = place;
      tokens.push(token);
      owners.push(place);
    }
  });
  const words = [...seen.keys()];
  const vocabulary = words.toSorted();
  const sorted = new Uint32Array(words.length);
  vocabulary.forEach((word, i) => {
    sorted[seen.get(word)!] = i;
  });
  const offsets = new Uint32Array(vocabulary.length + 1);
  for (const token of tokens) offsets[sorted[token] + 1]++;
  for (let i = 0; i < vocabulary.length; i++) offsets[i + 1] += offsets[i];
  const next = offsets.slice();
  const postings = new Uint32Array(tokens.length);
  tokens.forEach((token, i) => {
    postings[next[sorted[token]]++] = owners[i];
  });
  return { vocabulary, offsets, postings };
}

function startingWith(vocabulary: readonly string[], start: string): number[] {
  let [low, high] = [0, vocabulary.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (vocabulary[middle] < start) low = middle + 1;
    else high = middle;
  }
  const list: number[] = [];
  for (let i = low; i < vocabulary.length && vocabulary[i].startsWith(start); i++) list.push(i);
  return list;
}

function nearOnes(
  vocabulary: readonly string[],
  letters: readonly Letters[],
  typed: string,
): { word: number; edits: number }[] {
  const most = lettersWrong(typed.length);
  if (most === 0) return startingWith(vocabulary, typed).map((word) => ({ word, edits: 0 }));
  const own = lettersOf(typed);
  const editsTo = editsFrom(typed, most);
  const near: { word: number; edits: number }[] = [];
  for (let word = 0; word < vocabulary.length; word++) {
    if (lacking(own, letters[word]) > most) continue;
    const edits = editsTo(vocabulary[word]);
    if (edits <= most) near.push({ word, edits });
  }
  return near;
}
