import Table from "cli-table3";
import { csvCell } from "../core/formats/csv.ts";
import { paint, plainLength, shorten, visible } from "./text.ts";

export interface TableColumn {
  readonly key: string;
  readonly title: string;
  readonly align?: "left" | "right";
}

export type Cell = string | number | boolean | null | undefined;

export interface TableData {
  readonly columns: readonly TableColumn[];
  /** Machine-readable values by column key. */
  readonly rows: readonly object[];
  /** How a value is shown to a person; the plain text of it when absent. */
  readonly show?: (key: string, row: Readonly<Record<string, Cell>>) => string;
}

export type TableFormat = "table" | "csv" | "md";

/** Columns of the terminal; no limit where standard output is not one. */
export function terminalWidth(): number {
  const { columns, isTTY } = process.stdout;
  // A sweep in a process of its own is told the width of the terminal that will show its report.
  return columns || (isTTY ? 80 : Number.POSITIVE_INFINITY);
}

/**
 * Leaves out columns from the right until a table fits the width, never the first `keep`.
 * @returns the table, and the titles of what was left out
 */
export function fitColumns(
  data: TableData,
  width: number,
  keep: number,
): { data: TableData; dropped: readonly string[] } {
  const dropped: string[] = [];
  let columns = data.columns;
  const widthOf = (): number =>
    Math.max(
      ...renderTable({ ...data, columns }, "table", Number.POSITIVE_INFINITY)
        .split("\n")
        .map(plainLength),
    );
  while (columns.length > keep && widthOf() > width) {
    dropped.unshift(columns.at(-1)!.title);
    columns = columns.slice(0, -1);
  }
  return { data: { ...data, columns }, dropped };
}

/** Renders a table for a person, as CSV (RFC 4180) or as Markdown. For a person, long cells are shortened to fit the width. */
export function renderTable(data: TableData, format: TableFormat = "table", width = terminalWidth()): string {
  const rows = data.rows as readonly Readonly<Record<string, Cell>>[];
  const shown = (row: Readonly<Record<string, Cell>>, key: string): string =>
    data.show?.(key, row) ?? visible(plain(row[key]));
  if (format === "csv") {
    const lines = [
      data.columns.map((c) => csvCell(c.key)),
      ...rows.map((row) => data.columns.map((c) => csvCell(row[c.key]))),
    ];
    return lines.map((cells) => cells.join(",")).join("\n");
  }
  if (format === "md") {
    const line = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
    return [
      line(data.columns.map((c) => c.title)),
      line(data.columns.map((c) => (c.align === "right" ? "---:" : "---"))),
      ...rows.map((row) => line(data.columns.map((c) => shown(row, c.key)))),
    ].join("\n");
  }
  const cells = rows.map((row) => data.columns.map((c) => shown(row, c.key)));
  const titles = data.columns.map((c) => c.title);
  const limits = columnWidths([titles, ...cells], width);
  const aligns = data.columns.map((c) => c.align ?? "left");
  const head = titles.map((title, i) => paint("strong", shorten(title, limits[i]!)));
  const body = cells.map((row) => row.map((cell, i) => shorten(cell, limits[i]!)));
  // cli-table3 compares every row with all before it: long tables are drawn in pieces of the same widths.
  const widths = body.length > PIECE ? limits.map((limit) => limit + 2) : [];
  const pieces = Array.from({ length: Math.max(1, Math.ceil(body.length / PIECE)) }, (_, i) => {
    const table = new Table({ ...PLAIN, head: i === 0 ? head : [], colWidths: widths, colAligns: aligns });
    table.push(...body.slice(i * PIECE, (i + 1) * PIECE));
    return table.toString();
  });
  return pieces.join("\n");
}

/** Rows that are drawn at once. */
const PIECE = 200;

/** Without lines. */
const PLAIN = {
  style: { head: [], border: [], compact: true },
  chars: {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "",
  },
};

/** Widths of the columns, the widest narrowed (to eight at least) until a row fits with its spaces. */
function columnWidths(rows: readonly (readonly string[])[], width: number): number[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => plainLength(row[i]!))));
  const spaces = 2 * widths.length;
  for (let over = widths.reduce((a, b) => a + b, spaces) - width; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= 8) break;
    widths[widest]!--;
  }
  return widths;
}

function plain(value: Cell): string {
  return value === null || value === undefined || (typeof value === "number" && Number.isNaN(value))
    ? ""
    : String(value);
}
