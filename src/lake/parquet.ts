import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection, DuckDBDoubleVector, DuckDBListVector, DuckDBVector } from "@duckdb/node-api";
import { messageOf, UserError } from "../core/errors.ts";
import { fileLiteral } from "./engine/duck.ts";
import { columnNames } from "./names.ts";
import { chunksOf, type Source } from "./source.ts";
import type { RawColumn, RawOptions, RawTable, RawValues } from "./table.ts";

type Form = "numbers" | "boolean" | "text" | "lists";

const NUMBERS = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\))$/;
const DATES = /^(?:DATE|TIMESTAMP.*|TIME.*)$/;

/**
 * Reads a Parquet file by DuckDB, column by column from its vectors. A gzipped file is unpacked into a temporary folder
 * first; DuckDB's own temporary files go there too, never beside the data, and it loads no extension from the net.
 */
export async function readParquet(source: Source, options: RawOptions, memoryLimitMB?: number): Promise<RawTable> {
  await using duck = await openParquet(source, memoryLimitMB);
  return await duck.does((connection) => readColumns(connection, duck.file, options));
}

/** A Parquet file, and DuckDB to read it by. */
export interface OpenParquet extends AsyncDisposable {
  /** As SQL writes it. */
  readonly file: string;
  /** @throws UserError where DuckDB cannot */
  does<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}

/** @throws UserError when the file cannot be unpacked */
export async function openParquet(source: Source, memoryLimitMB?: number): Promise<OpenParquet> {
  const folder = await mkdtemp(join(tmpdir(), "disease-parquet-"));
  const { DuckDBInstance } = await import("@duckdb/node-api");
  try {
    let file = resolve(source.path);
    if (source.gzip) {
      file = join(folder, "unpacked.parquet");
      await pipeline(chunksOf(source), createWriteStream(file));
    }
    const instance = await DuckDBInstance.create(":memory:", {
      temp_directory: join(folder, "spill"),
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      ...(memoryLimitMB !== undefined && { memory_limit: `${memoryLimitMB}MB` }),
    });
    return {
      file: fileLiteral(file),
      async does(action) {
        try {
          return await action(await instance.connect());
        } catch (cause) {
          if (cause instanceof UserError || !(cause instanceof Error)) throw cause;
          throw new UserError("the Parquet file cannot be read", {
            where: source.path,
            fix: `DuckDB says: ${messageOf(cause).split("\n")[0]}`,
            cause,
          });
        }
      },
      async [Symbol.asyncDispose]() {
        instance.closeSync();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function readColumns(connection: DuckDBConnection, file: string, options: RawOptions): Promise<RawTable> {
  const { table, columns: described, notices } = await describeParquet(connection, file);
  const columns = described.map((column) => (options.skip.has(column.name) ? { ...column, form: undefined } : column));
  const wanted = columns.filter((column) => column.form !== undefined);
  const limit = options.limitRows === undefined ? "" : ` LIMIT ${options.limitRows}`;
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM (SELECT 1 FROM ${table}${limit})`);
  const rows = Number(counted.getRows()[0]![0]);
  const collectors = wanted.map(({ form }) => collector(form!, rows, options.missing));
  if (wanted.length > 0) {
    const select = wanted.map(({ column, form }) => expression(column, form!)).join(", ");
    const result = await connection.stream(`SELECT ${select} FROM ${table}${limit}`);
    for (let at = 0; at < rows; ) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      for (let i = 0; i < collectors.length; i++) collectors[i]!.take(chunk.getColumnVector(i), chunk.rowCount, at);
      at += chunk.rowCount;
    }
  }
  const values = new Map(wanted.map(({ name }, i) => [name, collectors[i]!.finish()]));
  const raw = columns.map(({ name, type }): RawColumn => {
    const other = { form: "other", type: DATES.test(type) ? "date" : type.toLowerCase() } as const;
    return { name, values: values.get(name) ?? other };
  });
  return { rows, columns: raw, decimalComma: false, notices };
}

/** Columns of a file (`OpenParquet.file`) with their types in DuckDB; `form` is undefined for those that can be no feature. */
export async function describeParquet(connection: DuckDBConnection, file: string) {
  const table = `read_parquet(${file}, hive_partitioning = false)`;
  const described = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`)).getRows();
  const { names, notices } = columnNames(described.map(([name]) => String(name)));
  const columns = names.map((name, i) => {
    const type = String(described[i]![1]);
    return { name, type, form: formOf(type), column: quoted(described[i]![0]) };
  });
  return { table, columns, notices };
}

function formOf(type: string): Form | undefined {
  if (NUMBERS.test(type)) return "numbers";
  if (type === "BOOLEAN") return "boolean";
  if (type === "VARCHAR" || type === "UUID" || type.startsWith("ENUM(")) return "text";
  if (type.endsWith("[]") && (formOf(type.slice(0, -2)) ?? "lists") !== "lists") return "lists";
  return undefined;
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}

/** What is selected of a column so that its values are of its form. */
export function expression(column: string, form: Form): string {
  if (form === "text") return `CAST(${column} AS VARCHAR)`;
  if (form === "lists") return `CAST(${column} AS VARCHAR[])`;
  return `CAST(${column} AS DOUBLE)`;
}

interface Collector {
  take(vector: DuckDBVector, count: number, at: number): void;
  finish(): RawValues;
}

function collector(form: Form, rows: number, missing: ReadonlySet<string>): Collector {
  if (form === "text") return textCollector(rows, missing);
  if (form === "lists") return listCollector(rows, missing);
  const values = new Float64Array(rows);
  return {
    take(vector, count, at) {
      for (let i = 0; i < count; i++) values[at + i] = (vector as DuckDBDoubleVector).getItem(i) ?? Number.NaN;
    },
    finish: () => ({ form: "numbers", boolean: form === "boolean", decimal: ".", values }),
  };
}

/** Gives each distinct trimmed text a code; -1 for a missing one. */
function dictionary(missing: ReadonlySet<string>): { texts: string[]; codeOf(text: unknown): number } {
  const texts: string[] = [];
  const codes = new Map<unknown, number>([[null, -1]]);
  const codeOf = (text: unknown): number => {
    const known = codes.get(text);
    if (known !== undefined) return known;
    const trimmed = String(text).trim();
    let code = trimmed === "" || missing.has(trimmed) ? -1 : codes.get(trimmed);
    if (code === undefined) {
      code = texts.push(trimmed) - 1;
      codes.set(trimmed, code);
    }
    codes.set(text, code);
    return code;
  };
  return { texts, codeOf };
}

function textCollector(rows: number, missing: ReadonlySet<string>): Collector {
  const { texts, codeOf } = dictionary(missing);
  const codes = new Int32Array(rows);
  return {
    take(vector, count, at) {
      for (let i = 0; i < count; i++) codes[at + i] = codeOf(vector.getItem(i));
    },
    finish: () => ({ form: "text", texts, codes }),
  };
}

function listCollector(rows: number, missing: ReadonlySet<string>): Collector {
  const { texts, codeOf } = dictionary(missing);
  const offsets = new Uint32Array(rows + 1);
  const absent = new Uint8Array(rows);
  const codes: number[] = [];
  return {
    take(vector, count, at) {
      for (let i = 0; i < count; i++) {
        const list = (vector as DuckDBListVector).getItemVector(i);
        absent[at + i] = list === null ? 1 : 0;
        for (let j = 0; j < (list?.itemCount ?? 0); j++) {
          const code = codeOf(list!.getItem(j));
          if (code >= 0) codes.push(code);
        }
        offsets[at + i + 1] = codes.length;
      }
    },
    finish: () => ({ form: "lists", texts, offsets, codes: Int32Array.from(codes), missing: absent }),
  };
}
