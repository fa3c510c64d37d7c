import { join } from "node:path";
import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { LakeColumn, LakeValue, RowBatch } from "../../core/lake.ts";
import { type Duck, identifier } from "../engine/duck.ts";
import { type MadePart, writeParquet } from "./parts.ts";

/** DuckDB's vectors hold as many. */
const CHUNK = 2048;
/** Rows that are gathered before they are written as a part: some 100 MB of clinical rows. */
const PART_ROWS = 1_000_000;

export interface RowWriter {
  write(batch: RowBatch): Promise<void>;
  /** What is left, too. */
  finish(): Promise<readonly MadePart[]>;
}

/** Writes rows of tables into Parquet parts in a folder. A part has the columns that its table is declared with. */
export async function openRowWriter(
  duck: Duck,
  folder: string,
  tables: Readonly<Record<string, readonly LakeColumn[]>>,
): Promise<RowWriter> {
  const { DuckDBDataChunk, DuckDBTimestampValue, DuckDBDateValue } = await import("@duckdb/node-api");
  const made: MadePart[] = [];
  const open = new Map<string, { rows: number; readonly types: readonly DuckDBType[] }>();
  const waiting = new Map<string, RowBatch & { readonly columns: Readonly<Record<string, LakeValue[]>> }>();

  const flush = async (table: string, rows: number): Promise<void> => {
    const file = join(folder, `${table}-${made.length}.parquet`);
    await writeParquet(duck, `SELECT * FROM ${identifier(table)}`, file);
    await duck.run(`DROP TABLE ${identifier(table)}`);
    open.delete(table);
    made.push({ table, file, schema: tables[table]!, rows });
  };

  const begin = async (table: string): Promise<{ rows: number; readonly types: readonly DuckDBType[] }> => {
    const columns = tables[table]!.map(({ name, type }) => `${identifier(name)} ${type}`);
    await duck.run(`CREATE TABLE ${identifier(table)} (${columns.join(", ")})`);
    const appender = await duck.connection.createAppender(table);
    const types = columns.map((_, i) => appender.columnType(i));
    appender.closeSync();
    const state = { rows: 0, types };
    open.set(table, state);
    return state;
  };

  const cell = (type: string): ((value: LakeValue) => DuckDBValue) => {
    if (type === "TIMESTAMP")
      return (value) => (value === null ? null : new DuckDBTimestampValue(BigInt(Math.round(Number(value))) * 1000n));
    if (type === "DATE")
      return (value) => (value === null ? null : new DuckDBDateValue(Math.floor(Number(value) / 86_400_000)));
    if (type === "BIGINT") return (value) => (typeof value === "number" ? BigInt(value) : value);
    return (value) => value;
  };

  const append = async ({ table, rows, columns }: RowBatch): Promise<void> => {
    const state = open.get(table) ?? (await begin(table));
    const appender = await duck.connection.createAppender(table);
    for (let at = 0; at < rows; at += CHUNK) {
      const count = Math.min(CHUNK, rows - at);
      const chunk: DuckDBDataChunk = DuckDBDataChunk.create(state.types, count);
      tables[table]!.forEach(({ name, type }, i) => {
        const values = columns[name];
        const convert = cell(type);
        const cells = Array.from({ length: count }, (_, row) => convert(values?.[at + row] ?? null));
        chunk.setColumnValues(i, cells);
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    state.rows += rows;
    if (state.rows >= PART_ROWS) await flush(table, state.rows);
  };

  return {
    // Thousands of files may have a row or two each: they are gathered, as an append of its own costs as much as a thousand rows.
    async write(batch) {
      const { table, rows, columns } = batch;
      if (tables[table] === undefined) throw new Error(`the reader declares no table ${table}`);
      const held = waiting.get(table);
      if (held === undefined && rows >= CHUNK) return append(batch);
      const names = tables[table].map(({ name }) => name);
      const gathered = held?.columns ?? Object.fromEntries(names.map((name): [string, LakeValue[]] => [name, []]));
      for (const name of names) {
        for (let row = 0; row < rows; row++) gathered[name]!.push(columns[name]?.[row] ?? null);
      }
      const all = { table, rows: (held?.rows ?? 0) + rows, columns: gathered };
      waiting.set(table, all);
      if (all.rows < CHUNK) return;
      waiting.delete(table);
      await append(all);
    },
    async finish() {
      for (const batch of waiting.values()) await append(batch);
      waiting.clear();
      for (const [table, { rows }] of [...open]) await flush(table, rows);
      return made;
    },
  };
}
