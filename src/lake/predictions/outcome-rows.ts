import { UserError } from "../../core/errors.ts";
import { readCsv } from "../csv.ts";
import { chunksOf, openSource, type Source } from "../source.ts";
import type { RawColumn } from "../table.ts";

/** Columns of a table of outcomes, keys of its NDJSON. Others are not looked at. */
export const OUTCOME_COLUMNS = ["prediction_id", "patient", "outcome", "time"] as const;
export type OutcomeColumn = (typeof OUTCOME_COLUMNS)[number];

/** A row as the file has it; empty cells are null. */
export type OutcomeRow = Readonly<Record<OutcomeColumn, string | null>> & {
  /** Of a table from 1, without the header; of NDJSON the line. */
  readonly row: number;
};

/**
 * Reads outcomes from a table with a header (CSV, TSV; also gzipped) or from NDJSON, told by the first character.
 * @throws UserError for a file that cannot be read, or has not the columns
 */
export async function readOutcomeRows(path: string): Promise<readonly OutcomeRow[]> {
  const source = await openSource(path);
  if (source.format === "parquet") {
    throw new UserError("outcomes are read from CSV or NDJSON, not from Parquet", {
      where: path,
      fix: "Export the table as CSV.",
    });
  }
  const isNdjson = /^[\ufeff\s]*\{/.test(source.head.toString("utf8"));
  return isNdjson ? readNdjson(source) : readTable(source);
}

async function readTable(source: Source): Promise<readonly OutcomeRow[]> {
  const table = await readCsv(source, { skip: new Set(), asText: new Set(OUTCOME_COLUMNS), missing: new Set() });
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  if (!columns.has("outcome") || !(columns.has("prediction_id") || columns.has("patient"))) {
    const names = [...columns.keys()].map((name) => JSON.stringify(name));
    throw new UserError(`no column ${columns.has("outcome") ? "prediction_id or patient" : "outcome"}`, {
      where: `${source.path}, header`,
      fix: [
        `It has ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}.`,
        "Name the columns prediction_id or patient, outcome, and time where it is known.",
      ],
    });
  }
  return Array.from({ length: table.rows }, (_, i) => ({
    row: i + 1,
    prediction_id: textAt(columns.get("prediction_id"), i),
    patient: textAt(columns.get("patient"), i),
    outcome: textAt(columns.get("outcome"), i),
    time: textAt(columns.get("time"), i),
  }));
}

function textAt(column: RawColumn | undefined, row: number): string | null {
  return column?.values.form === "text" ? (column.values.texts[column.values.codes[row]!] ?? null) : null;
}

async function readNdjson(source: Source): Promise<readonly OutcomeRow[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(source)) chunks.push(chunk);
  const lines = Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split("\n");
  return lines.flatMap((line, i) => (line.trim() === "" ? [] : [rowOf(line, i + 1, source.path)]));
}

function rowOf(line: string, row: number, path: string): OutcomeRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UserError("the line is no JSON", { where: `${path}:${row}`, fix: "Write one object a line." });
  }
  const read = (name: OutcomeColumn): string | null => {
    const cell =
      typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : null;
    if (cell === null || cell === "") return null;
    if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean") return String(cell).trim();
    throw new UserError(`"${name}" has to be a text`, { where: `${path}:${row}` });
  };
  return {
    row,
    prediction_id: read("prediction_id"),
    patient: read("patient"),
    outcome: read("outcome"),
    time: read("time"),
  };
}
