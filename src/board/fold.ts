import type { TextColumn } from "../core/board/board.ts";
import { foldLetters } from "../core/formats/fold.ts";

interface Known<T> {
  readonly epoch: number;
  readonly values: T[];
}

/** A function of a column's texts whose values are kept while the column lives, each worked out once. */
export function perText<T>(work: (text: string) => T): (column: TextColumn) => readonly T[] {
  const known = new WeakMap<TextColumn, Known<T>>();
  return (column) => {
    let kept = known.get(column);
    if (kept?.epoch !== column.epoch) {
      kept = { epoch: column.epoch, values: [] };
      known.set(column, kept);
    }
    for (let code = kept.values.length; code < column.texts.length; code++) kept.values.push(work(column.texts[code]!));
    return kept.values;
  };
}

/** The folded texts of a column, by code. */
export const foldedTexts = perText(foldLetters);
