import { badRequest } from "../refusal.ts";

/** Cells of a CSV text: RFC 4180, lines that are empty left out. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** @throws Refusal 400 naming the line, without what is in it */
export function parseCsv(text: string): CsvTable {
  const rows: string[][] = [];
  let row: string[] = [];
  let line = 1;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; ) {
    const { cell, end } = text[at] === '"' ? quoted(text, at, line) : plain(text, at);
    row.push(cell);
    const isLine = end >= text.length || text[end] !== ",";
    // A comma at the very end has an empty cell after it.
    if (!isLine && end + 1 === text.length) row.push("");
    if (isLine || end + 1 === text.length) {
      if (row.length > 1 || row[0] !== "") {
        if (rows.length > 0 && row.length > rows[0]!.length) throw tooLong(line);
        rows.push(row);
      }
      row = [];
      line++;
    }
    at = text.startsWith("\r\n", end) ? end + 2 : end + 1;
  }
  const [header = [], ...rest] = rows;
  return { header, rows: rest };
}

function plain(text: string, from: number): { cell: string; end: number } {
  let end = from;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 44 || code === 10 || code === 13) break;
  }
  return { cell: text.slice(from, end), end };
}

function quoted(text: string, from: number, line: number): { cell: string; end: number } {
  let cell = "";
  for (let at = from + 1; ; ) {
    const close = text.indexOf('"', at);
    if (close < 0) throw badRequest(`Failed to parse input as a CSV table: the quote in line ${line} is not closed`);
    cell += text.slice(at, close);
    if (text[close + 1] !== '"') {
      const rest = plain(text, close + 1);
      return { cell: cell + rest.cell, end: rest.end };
    }
    cell += '"';
    at = close + 2;
  }
}

const tooLong = (line: number): Error =>
  badRequest(`Failed to parse input as a CSV table: line ${line} has more cells than the header`);
