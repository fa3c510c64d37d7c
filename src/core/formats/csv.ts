import { visibleLines } from "../visible.ts";

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
