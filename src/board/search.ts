import { Attr, type RunTable } from "../core/board/board.ts";
import { foldLetters } from "../core/formats/fold.ts";
import { codeTest, type RowTest } from "./code-test.ts";
import { foldedTexts } from "./fold.ts";

/**
 * A search as a test of rows: each of its words must be in the run's name, id or one of the columns. Case and accents do not
 * count. Texts are looked at once for each distinct one.
 * @param ids columns besides the name; those of numbers are passed over
 * @returns undefined for an empty search
 */
export function compileSearch(text: string, table: RunTable, ids: readonly string[]): RowTest | undefined {
  const words = foldLetters(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  const columns = [...new Set([Attr.name, ...ids])].map((id) => table.column(id)).filter((c) => c?.kind === "text");
  const tests = words.map((word) => {
    const inColumns = columns.map((column) =>
      codeTest(
        () => column,
        (folded) => folded.includes(word),
        foldedTexts,
      ),
    );
    const isId = /^[0-9a-f]{4,32}$/.test(word);
    return (row: number) => inColumns.some((test) => test(row)) || (isId && table.runId(row).startsWith(word));
  });
  return tests.length === 1 ? tests[0] : (row) => tests.every((test) => test(row));
}
