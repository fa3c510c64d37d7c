import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { messageOf, UserError } from "../../core/errors.ts";
import type { SqlReader } from "../../core/lake.ts";
import { withPath } from "../archives/bytes.ts";
import { listZip } from "../archives/zip.ts";
import { fileSource } from "../ingest/sources.ts";
import { reader as csv } from "./csv.ts";

const optionsSchema = z.object({ sheet: z.string().optional(), header: z.boolean().optional() });

/** Bytes of XML that a workbook may unpack to: it is read into memory. */
const MOST_BYTES = 400e6;
const AS_CSV = "Save the sheet as CSV (UTF-8) and take that in.";

type Cell = string | number | boolean | Date | null;

export const reader: SqlReader = {
  id: "excel",
  title: "Excel workbook (XLSX)",
  kind: "sql",
  detect: (name, head) => (/\.(xlsx|xlsm)$/i.test(name) ? 0.95 : /\.xls$/i.test(name) || isOld(head) ? 0.8 : 0),

  /** @throws UserError for what is no workbook, too large, or has no such sheet */
  async prepare(source, folder, context, options) {
    const { sheet, header } = optionsSchema.parse(options);
    const where = source.name;
    const { path } = await withPath(source, folder);
    if (/\.xls$/i.test(where)) {
      throw new UserError("files of Excel before 2007 (.xls) are not read", {
        where,
        fix: `Save it as XLSX. Or: ${AS_CSV}`,
      });
    }
    refuseLarge(path, where);
    const cells = await sheetOf(path, where, sheet);
    const rows = table(cells);
    if (rows.rows.length === 0)
      throw new UserError("the sheet is empty", { where, fix: "Name another one with --sheet." });
    if (rows.above > 0) context.notice("rows-above", `${where}: ${rows.above} rows above the header are passed over`);
    const file = join(folder, "sheet.csv");
    // A cell whose formula failed (#N/A) is empty by now.
    const line = (row: readonly Cell[]): string =>
      `${Array.from({ length: rows.width }, (_, i) => quoted(row[i] ?? null)).join(",")}\n`;
    await pipeline(Readable.from(rows.rows.map(line)), createWriteStream(file, { mode: 0o600 }));
    return csv.prepare!(fileSource(file, where, 0), folder, context, { delimiter: ",", header });
  },
  query: csv.query,
  mend: ({ input, error }, source, folder, context, options) =>
    csv.mend!({ input, error }, fileSource(input.path, source.name, 0), folder, context, options),
};

const isOld = (head: Uint8Array): boolean =>
  head[0] === 0xd0 && head[1] === 0xcf && head[2] === 0x11 && head[3] === 0xe0;

function refuseLarge(path: string, where: string): void {
  const entries = listZip(path);
  if (entries.some(({ isEncrypted }) => isEncrypted))
    throw new UserError("the workbook is encrypted", { where, fix: AS_CSV });
  const bytes = entries.reduce((sum, { unpacked }) => sum + unpacked, 0);
  const packed = entries.reduce((sum, entry) => sum + entry.packed, 0);
  if (bytes <= MOST_BYTES && packed * 1100 >= bytes) return;
  throw new UserError(`the workbook is too large (${Math.round(bytes / 1e6)} MB unpacked)`, { where, fix: AS_CSV });
}

async function sheetOf(path: string, where: string, wanted: string | undefined): Promise<readonly (readonly Cell[])[]> {
  const { default: readWorkbook } = await import("read-excel-file/node");
  let sheets: readonly { readonly sheet: string; readonly data: unknown }[];
  try {
    sheets = await readWorkbook(path, { trim: false });
  } catch (error) {
    throw new UserError("the workbook cannot be read", { where, fix: AS_CSV, cause: messageOf(error) });
  }
  const found =
    wanted === undefined ? sheets[0] : (sheets.find(({ sheet }) => sheet === wanted) ?? sheets[Number(wanted) - 1]);
  if (found === undefined) {
    const names = sheets.map(({ sheet }) => JSON.stringify(sheet)).join(", ");
    throw new UserError(`the workbook has no sheet ${JSON.stringify(wanted ?? "1")}`, {
      where,
      fix: `Its sheets are ${names}.`,
    });
  }
  return found.data as readonly (readonly Cell[])[];
}

/** Rows from the header on: the first row that fills at least half of the columns, and two where there are several. */
function table(cells: readonly (readonly Cell[])[]): {
  rows: readonly (readonly Cell[])[];
  above: number;
  width: number;
} {
  const filled = (row: readonly Cell[]): number => row.filter((cell) => cell !== null && cell !== "").length;
  const most = Math.max(0, ...cells.slice(0, 1000).map(filled));
  const first = cells.findIndex((row) => filled(row) >= Math.max(1, most / 2));
  const rows = cells.slice(Math.max(0, first)).filter((row) => filled(row) > 0);
  const width = rows.reduce((wide, row) => Math.max(wide, row.findLastIndex((cell) => cell !== null) + 1), 0);
  return { rows, above: cells.slice(0, Math.max(0, first)).filter((row) => filled(row) > 0).length, width };
}

function quoted(cell: Cell): string {
  if (cell === null) return "";
  if (cell instanceof Date) {
    const iso = cell.toISOString();
    return iso.endsWith("T00:00:00.000Z") ? iso.slice(0, 10) : iso.slice(0, 23).replace("T", " ");
  }
  const text = String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
