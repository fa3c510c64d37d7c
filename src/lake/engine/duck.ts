import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ExitCode, UserError } from "../../core/errors.ts";
import type { LakeColumn } from "../../core/lake.ts";
import { diskError } from "../disk-error.ts";

export interface DuckOptions {
  /** As DuckDB writes it, "2GB"; a quarter of the memory when absent. */
  readonly memory?: string;
  readonly threads?: number;
}

/** A DuckDB in memory, whose temporary files lie in a folder of their own in the system's temporary folder. */
export interface Duck extends AsyncDisposable {
  readonly connection: DuckDBConnection;
  /** Statements of ours, which give no rows. @returns the rows that the last one changed or wrote */
  run(sql: string): Promise<number>;
  /** All rows, as plain JavaScript values. */
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Does something with the connection; errors are told as those of `run`. */
  does<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** Names and types of what a query gives. */
  columns(query: string): Promise<readonly LakeColumn[]>;
}

/** @throws UserError for a memory limit that DuckDB does not know */
export async function openDuck(options: DuckOptions = {}): Promise<Duck> {
  const memory = options.memory ?? `${Math.max(128, Math.floor(memoryOfMachine() / 4 / 1e6))}MB`;
  if (!/^\d+(\.\d+)?\s*([KMGT]i?B)$/i.test(memory)) {
    throw new UserError(`not an amount of memory: ${JSON.stringify(memory)}`, {
      where: "--memory",
      fix: "Write it as 2GB or 500MB.",
    });
  }
  const folder = await mkdtemp(join(tmpdir(), "disease-lake-"));
  try {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:", {
      memory_limit: memory,
      threads: String(options.threads ?? availableParallelism()),
      temp_directory: join(folder, "spill"),
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
      try {
        return await action();
      } catch (error) {
        throw duckError(error, memory);
      }
    };
    return {
      connection,
      run: (sql) => guarded(async () => (await connection.run(sql)).rowsChanged),
      rows: (sql) => guarded(async () => (await connection.runAndReadAll(sql)).getRowObjectsJS()),
      does: (action) => guarded(() => action(connection)),
      columns: (query) =>
        guarded(async () => {
          const rows = (await connection.runAndReadAll(`DESCRIBE ${query}`)).getRows();
          return rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
        }),
      async [Symbol.asyncDispose]() {
        connection.closeSync();
        instance.closeSync();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A text as SQL writes it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name as SQL writes it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A path as SQL writes it; in names with * ? [ each of them stands for itself. */
export const fileLiteral = (path: string): string => literal(path.replace(/[*?[]/g, "[$&]"));

/** What DuckDB said, without the values that it quotes: they may be a patient's. Full memory and full disks by name. */
export function duckError(error: unknown, memory: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const disk = diskError(error, "the lake or the folder for temporary files");
  if (disk instanceof UserError) return disk;
  const text = error.message;
  if (/Out of Memory/i.test(text)) {
    return new UserError(`DuckDB's memory is not enough (${memory})`, {
      exitCode: ExitCode.unreachable,
      where: "--memory",
      fix: "Give it more, e.g. --memory 2GB.",
    });
  }
  return new UserError(withoutValues(text), { fix: "DuckDB says so; look at the file or the query." });
}

/** First line of a message with quoted texts left out, but for names of columns, tables and types. */
export function withoutValues(text: string): string {
  const [line = ""] = text.split("\n");
  return line.replace(
    /(column(?: name)?:? |Table with name |type |to )?(["'])(.*?)\2/gi,
    (all, lead: string | undefined) => (lead === undefined ? "…" : all),
  );
}

function memoryOfMachine(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
