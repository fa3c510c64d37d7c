/** Predictions as CSV, JSON lines or Parquet: to standard output, or to a file that is there whole or not at all. */
import { chmodSync, createWriteStream, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { messageOf, UserError } from "../../core/errors.ts";
import { csvToParquet } from "../../lake/rows/parquet.ts";

export const OUTPUT_FORMATS = ["csv", "ndjson", "parquet"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export type OutputCell = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;

/** Predictions are of patients. */
const PRIVATE = 0o600;

/** DuckDB's types. */
export type OutputType = "BIGINT" | "VARCHAR" | "DOUBLE" | "BOOLEAN";
export interface OutputColumn {
  readonly name: string;
  readonly type: OutputType;
}

export interface PredictionOutput {
  /** Rows of cells in the order of the columns; lists and objects are JSON in a table. Waits while the reader is slow. */
  write(rows: readonly (readonly OutputCell[])[]): Promise<void>;
  /** Puts the file in its place. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

/** By the ending of a name, else CSV. */
export function formatFor(out: string | undefined): OutputFormat {
  if (out !== undefined && /\.parquet$/i.test(out)) return "parquet";
  return out !== undefined && /\.(?:ndjson|jsonl)$/i.test(out) ? "ndjson" : "csv";
}

/** @throws UserError when the file cannot be written */
export function openOutput(
  out: string | undefined,
  format: OutputFormat,
  columns: readonly OutputColumn[],
  stdout: Writable,
): PredictionOutput {
  if (out === undefined) return toStream(stdout, format, columns);
  const path = resolve(out);
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const parquet = `${part}.parquet`;
  const file = createWriteStream(part, { mode: PRIVATE });
  const unwritable = (error: unknown): UserError =>
    new UserError(`the predictions cannot be written: ${messageOf(error)}`, {
      where: out,
      fix: "Name a file in a folder that you may write to.",
    });
  const rows = toStream(file, format === "ndjson" ? "ndjson" : "csv", columns);
  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      throw unwritable(error);
    }
  };
  return {
    write: (cells) => guarded(() => rows.write(cells)),
    finish: () =>
      guarded(async () => {
        await rows.finish();
        file.end();
        await finished(file);
        if (format === "parquet") {
          await csvToParquet(part, parquet, Object.fromEntries(columns.map(({ name, type }) => [name, type])));
          chmodSync(parquet, PRIVATE);
          renameSync(parquet, path);
          rmSync(part);
        } else renameSync(part, path);
      }),
    async abandon() {
      file.destroy();
      await finished(file).catch(() => {});
      for (const left of [part, parquet]) rmSync(left, { force: true });
    },
  };
}

function toStream(stream: Writable, format: OutputFormat, columns: readonly OutputColumn[]): PredictionOutput {
  let failed: Error | undefined;
  stream.on("error", (error: Error) => {
    failed = error;
  });
  let isFirst = true;
  const room = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        for (const event of ["drain", "close"]) stream.off(event, done);
        resolve();
      };
      for (const event of ["drain", "close"]) stream.on(event, done);
    });
  const send = async (text: string): Promise<void> => {
    if (failed) throw failed;
    if (text !== "" && !stream.write(text) && !stream.destroyed) await room();
    if (failed) throw failed;
  };
  const head = (): string =>
    format === "csv" && isFirst ? `${columns.map(({ name }) => csvCell(name)).join(",")}\n` : "";
  return {
    async write(rows) {
      const text = rows.map((row) => (format === "csv" ? csvLine(row) : jsonLine(row, columns))).join("");
      const all = head() + text;
      isFirst = false;
      await send(all);
    },
    async finish() {
      await send(head());
      isFirst = false;
    },
    abandon: async () => {},
  };
}

const csvLine = (row: readonly OutputCell[]): string => `${row.map(csvCell).join(",")}\n`;

function csvCell(cell: OutputCell): string {
  if (cell === null) return "";
  const text = typeof cell === "object" ? JSON.stringify(cell) : String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const jsonLine = (row: readonly OutputCell[], columns: readonly OutputColumn[]): string =>
  `${JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])))}\n`;
