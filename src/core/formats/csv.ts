import { visibleLines } from "./visible.ts";

/**
 * A cell of a CSV file: quoted by RFC 4180, control characters as text, and with an apostrophe before what a spreadsheet would run
 * as a formula (a text that is a number, "-1", is none). Nothing for null, undefined and NaN.
 */
export function csvCell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = visibleLines(String(value));
  const isFormula = typeof value === "string" && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text));
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Rows of a text in RFC 4180's format, at most so many; quotes that do not end are read to the end of the text. For what is
 * shown: experiments' data are read by lake/.
 */
export function csvRows(text: string, delimiter = ",", most = Number.POSITIVE_INFINITY): string[][] {
  const rows: string[][] = [];
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)(?:"|$)|([^${delimiter}\r\n]*))[^${delimiter}\r\n]*(${delimiter}|\r?\n|\r|$)`,
    "y",
  );
  let row: string[] = [];
  while (cell.lastIndex < text.length && rows.length < most) {
    const [, quoted, plain, end] = cell.exec(text)!;
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === delimiter) continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push([...row, ""]);
  return rows;
}
