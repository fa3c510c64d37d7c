import type { BoardColumn, TextColumn } from "../core/board/board.ts";

export type RowTest = (row: number) => boolean;

/**
 * A test of rows by a text column, which looks at each distinct text once. Rows without a text do not pass.
 * @param column asked at each row: it may come while the table is filled
 * @param texts what is tested, by code; the column's own texts when absent
 */
export function codeTest(
  column: () => BoardColumn | undefined,
  test: (text: string) => boolean,
  texts: (column: TextColumn) => readonly string[] = (of) => of.texts,
): RowTest {
  let known = new Uint8Array(0); // 0: not looked at, 1: no, 2: yes
  let of: TextColumn | undefined;
  let epoch = -1;
  return (row) => {
    const here = column();
    if (here?.kind !== "text") return false;
    const code = here.codes[row]!;
    if (code < 0) return false;
    if (of !== here || epoch !== here.epoch) [known, of, epoch] = [new Uint8Array(here.texts.length), here, here.epoch];
    if (code >= known.length) known = lengthened(known, here.texts.length);
    if (known[code] === 0) known[code] = test(texts(here)[code]!) ? 2 : 1;
    return known[code] === 2;
  };
}

function lengthened(array: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(length);
  longer.set(array);
  return longer;
}
