import type { TextColumn } from "../core/board/board.ts";
import { foldLetters } from "../core/formats/fold.ts";
import { perText } from "./fold.ts";

/** Place of each text in the order of its column. */
export interface Ranks {
  /** [codes] from 0 */
  readonly ranks: Uint32Array;
  /** Number of ranks. */
  readonly size: number;
}

interface Kept extends Ranks {
  readonly epoch: number;
  /** Codes by rank. */
  readonly order: Uint32Array;
}

/** The number that a text is, and what it is sorted by when it is none: digits by their value, so that "run 2" < "run 10". */
const sortTexts = perText((text) => foldLetters(text).replace(/\d+/g, (digits) => digits.padStart(12, "0")));
const sortNumbers = perText((text) => (/^\s*[-+.\d]/.test(text) ? Number(text) : Number.NaN));

const known = new WeakMap<TextColumn, Kept>();

/**
 * Ranks of a column's texts: numbers by value, then the others by folded text. Kept with the column; texts that came since
 * are sorted among themselves and merged.
 */
export function ranksOf(column: TextColumn): Ranks {
  const before = known.get(column);
  const n = column.texts.length;
  if (before?.epoch === column.epoch && before.size === n) return before;
  const texts = sortTexts(column);
  const numbers = sortNumbers(column);
  const compare = (a: number, b: number): number => {
    const [x, y] = [numbers[a]!, numbers[b]!];
    if (x < y) return -1;
    if (x > y) return 1;
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    if (texts[a]! !== texts[b]!) return texts[a]! < texts[b]! ? -1 : 1;
    return column.texts[a]! < column.texts[b]! ? -1 : 1;
  };
  const kept = before?.epoch === column.epoch ? before.order : new Uint32Array(0);
  const fresh = Uint32Array.from({ length: n - kept.length }, (_, i) => kept.length + i).sort(compare);
  const order = kept.length === 0 ? fresh : merged(kept, fresh, compare);
  const ranks = new Uint32Array(n);
  for (let rank = 0; rank < n; rank++) ranks[order[rank]!] = rank;
  const now = { epoch: column.epoch, order, ranks, size: n };
  known.set(column, now);
  return now;
}

/** Two sorted lists as one; of equals those of `a` come first. */
export function merged<T extends Uint32Array | Int32Array>(a: T, b: T, compare: (x: number, y: number) => number): T {
  const out = new (a.constructor as new (length: number) => T)(a.length + b.length);
  let from = 0;
  let at = 0;
  for (const value of b) {
    // where it goes, by halving: b is short as a rule
    let low = from;
    let high = a.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(a[middle]!, value) <= 0) low = middle + 1;
      else high = middle;
    }
    out.set(a.subarray(from, low), at);
    at += low - from;
    from = low;
    out[at++] = value;
  }
  out.set(a.subarray(from), at);
  return out;
}
