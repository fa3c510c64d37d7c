import { foldLetters } from "../../core/formats/fold.ts";

/** Text as it is compared: lower case, no diacritics, words separated by one space. */
export function fold(text: string): string {
  const letters = foldLetters(text);
  // Nearly all texts of an English ontology are ASCII, for which Unicode's classes are most of the time.
  const between = /[^\x00-\x7f]/.test(letters) ? /[^\p{L}\p{N}]+/gu : /[^a-z0-9]+/g;
  return letters.replace(between, " ").trim();
}

/** Letters that may be wrong in a word of this many. */
export const lettersWrong = (length: number): number => (length < 4 ? 0 : length < 8 ? 1 : 2);

/** Which letters a word has, and which more than once: a bit each, those beyond a–z share bits. */
export interface Letters {
  readonly once: number;
  readonly twice: number;
}

export function lettersOf(word: string): Letters {
  let [once, twice] = [0, 0];
  for (let i = 0; i < word.length; i++) {
    const bit = 1 << (word.charCodeAt(i) & 31);
    twice |= once & bit;
    once |= bit;
  }
  return { once, twice };
}

/** Letters of `typed` that the other word lacks: each is an edit. */
export const lacking = (typed: Letters, other: Letters): number =>
  bitsIn(typed.once & ~other.once) + bitsIn(typed.twice & ~other.twice);

function bitsIn(word: number): number {
  let [rest, bits] = [word, 0];
  for (; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

/**
 * Edits (insert, delete, replace, swap of neighbours) from what is typed to the nearest beginning of a word; `most + 1` stands for any more.
 * The optimal string alignment distance, in the band of the diagonal.
 */
export function editsFrom(typed: string, most: number): (word: string) => number {
  const size = typed.length + most + 1;
  let [before, last, row] = [new Uint8Array(size), new Uint8Array(size), new Uint8Array(size)];
  return (word) => {
    const width = Math.min(word.length, size - 1);
    if (typed.length > width + most) return most + 1;
    for (let j = 0; j <= width; j++) last[j] = j;
    for (let i = 1; i <= typed.length; i++) {
      row.fill(most + 1);
      if (i <= most) row[0] = i;
      let least = row[0];
      const letter = typed.charCodeAt(i - 1);
      for (let j = Math.max(1, i - most); j <= Math.min(width, i + most); j++) {
        const other = word.charCodeAt(j - 1);
        let edits = Math.min(last[j - 1] + Number(letter !== other), last[j] + 1, row[j - 1] + 1);
        if (i > 1 && j > 1 && letter === word.charCodeAt(j - 2) && typed.charCodeAt(i - 2) === other)
          edits = Math.min(edits, before[j - 2] + 1);
        row[j] = edits;
        if (edits < least) least = edits;
      }
      if (least > most) return most + 1;
      [before, last, row] = [last, row, before];
    }
    let least = most + 1;
    for (let j = 0; j <= width; j++) least = Math.min(least, last[j]);
    return least;
  };
}
