import { UserError } from "../core/errors.ts";
import { CsvScanner } from "./csv-scan.ts";

export type Encoding = "utf-8" | "windows-1252" | "utf-16le" | "utf-16be";

export const DELIMITERS = [",", ";", "\t", "|"] as const;

/** Records looked at to tell the delimiter. */
const SNIFFED_RECORDS = 100;

/** The encoding by the byte order mark; without one UTF-8, until a cell proves that it is not. */
export function encodingOf(head: Buffer, path: string): { encoding: Encoding; markBytes: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: "utf-8", markBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", markBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", markBytes: 2 };
  if (head.includes(0)) {
    throw new UserError("the file holds zero bytes: it is not a text table", {
      where: path,
      fix: "Export the table as CSV in UTF-8, or as Parquet.",
    });
  }
  return { encoding: "utf-8", markBytes: 0 };
}

/**
 * The delimiter that cuts the first records into the most fields, all the same number; a delimiter that cuts unevenly
 * is taken only where no other cuts at all.
 * @param head the first bytes of the file, without a byte order mark, in an encoding where ASCII is ASCII
 */
export function sniffDelimiter(head: Buffer, path: string): string {
  let best = ",";
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const counts = fieldCounts(head, delimiter, path);
    const fields = counts[0] ?? 1;
    if (fields < 2) continue;
    const even = counts.filter((n) => n === fields).length / counts.length;
    const score = even === 1 ? 1000 + fields : even;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

function fieldCounts(head: Buffer, delimiter: string, path: string): number[] {
  const counts: number[] = [];
  const scanner = new CsvScanner(delimiter, path, ({ fields }) => counts.push(fields) < SNIFFED_RECORDS);
  try {
    scanner.write(head);
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // quotes that make no sense with this delimiter
  }
  // A head without a whole record is a file of one line: the end of the head ends it.
  if (counts.length === 0) {
    try {
      scanner.end();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return counts;
}
