import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, messageOf, UserError } from "../../core/errors.ts";
import type {
  ByteSource,
  LakeColumn,
  LakeReader,
  Quarantined,
  ReadContext,
  RowBatch,
  RowReader,
  SqlInput,
  SqlReader,
} from "../../core/lake.ts";
import { withPath } from "../archives/bytes.ts";
import type { Duck } from "../engine/duck.ts";
import { tableOf } from "../versions/address.ts";
import { checkKeys, type KeyOptions, noticeTimes } from "./doubts.ts";
import { type MadePart, schemaOf, writeParquet } from "./parts.ts";
import { openRowWriter, type RowWriter } from "./row-writer.ts";

/** Changes what comes in, on its way: takes identities out. Its id says all that its result depends on. */
export interface Transform {
  readonly id: string;
  /** Tables' columns after it. */
  columns(table: string, columns: readonly LakeColumn[]): readonly LakeColumn[];
  batch(batch: RowBatch): RowBatch;
  /** A file's name as the lake keeps it. */
  sourceName(name: string): string;
  /** The query over a query. */
  sql(query: string, table: string, columns: readonly LakeColumn[]): string;
}

/** An entry to be read, with the file that it is of. */
export interface Entry {
  readonly source: ByteSource;
  /** SHA-256 of the file. */
  readonly file: string;
  readonly reader: LakeReader;
  /** Of a file's only table, where its reader does not name tables. */
  readonly table?: string;
}

/** A part, and the files that it has rows of. */
export interface SourcedPart extends MadePart {
  readonly reader: string;
  readonly files: ReadonlySet<string>;
}

export interface MakeContext {
  readonly duck: Duck;
  /** On this disk, empty. */
  readonly folder: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly transform?: Transform;
  readonly context: Omit<ReadContext, "quarantine">;
  quarantine(file: string, problem: Quarantined): void;
}

/** Reads entries into Parquet parts in a folder, in constant memory. */
export async function makeParts(entries: AsyncIterable<Entry>, make: MakeContext): Promise<readonly SourcedPart[]> {
  const parts: SourcedPart[] = [];
  const writers = new Map<string, { writer: RowWriter; files: Map<string, Set<string>> }>();
  const finishers = new Map<string, () => void>();
  const shared = new Map<string, unknown>();
  let count = 0;
  for await (const entry of entries) {
    make.context.signal.throwIfAborted();
    count++;
    const { reader } = entry;
    const context = {
      ...make.context,
      shared,
      options: make.options,
      quarantine: (problem: Quarantined) => make.quarantine(entry.file, problem),
      ask: make.duck.rows,
    };
    if (reader.kind === "sql") {
      const folder = join(make.folder, String(count));
      parts.push(...(await readBySql(reader, entry, folder, make, context)));
      continue;
    }
    const there = writers.get(reader.id) ?? { writer: await rowWriter(reader, make, writers.size), files: new Map() };
    writers.set(reader.id, there);
    finishers.set(reader.id, () => reader.finish?.(context));
    for await (const batch of reader.read(entry.source, context)) {
      make.context.signal.throwIfAborted();
      if (batch.rows === 0) continue;
      await there.writer.write(make.transform?.batch(batch) ?? batch);
      const files = there.files.get(batch.table) ?? new Set();
      there.files.set(batch.table, files.add(entry.file));
    }
  }
  for (const finish of finishers.values()) finish();
  for (const [reader, { writer, files }] of writers) {
    for (const part of await writer.finish()) parts.push({ ...part, reader, files: files.get(part.table)! });
  }
  await checkKeys(make.duck, parts, make.options as KeyOptions, make.context.notice);
  return parts;
}

async function rowWriter(reader: RowReader, make: MakeContext, count: number): Promise<RowWriter> {
  const folder = join(make.folder, `rows-${count}`);
  await mkdir(folder, { recursive: true });
  const tables = Object.entries(reader.tables).map(([table, columns]) => [
    table,
    make.transform?.columns(table, columns) ?? columns,
  ]);
  return openRowWriter(make.duck, folder, Object.fromEntries(tables));
}

async function readBySql(
  reader: SqlReader,
  entry: Entry,
  folder: string,
  make: MakeContext,
  context: ReadContext,
): Promise<readonly SourcedPart[]> {
  const { source } = entry;
  await mkdir(folder, { recursive: true });
  const inputs = (await reader.prepare?.(source, folder, context, make.options)) ?? [
    { path: (await withPath(source, folder)).path },
  ];
  const parts: SourcedPart[] = [];
  for (const [i, input] of inputs.entries()) {
    const table = input.table ?? entry.table ?? tableOf(source.name);
    const file = join(folder, `part-${i}.parquet`);
    const rows = await reading(source, () => writeInput(reader, input, entry, table, file, folder, make, context));
    await putAside(make.duck, source, context);
    const schema = await schemaOf(make.duck, file);
    const part = { table, file, schema, rows, reader: reader.id, files: new Set([entry.file]) };
    if (!make.transform) await noticeTimes(make.duck, part, source.name, context);
    parts.push(part);
  }
  return parts;
}

/** Writes what an input holds; one that fails is mended by its reader, if it can. @returns rows */
async function writeInput(
  reader: SqlReader,
  first: SqlInput,
  { source }: Entry,
  table: string,
  file: string,
  folder: string,
  { duck, options, transform, context: { signal } }: MakeContext,
  context: ReadContext,
): Promise<number> {
  for (let input = first; ; ) {
    try {
      let query = reader.query(input.path, input.options ?? options);
      if (transform) query = transform.sql(query, table, await duck.columns(query));
      await forgetRejects(duck);
      return await writeParquet(duck, query, file);
    } catch (error) {
      signal.throwIfAborted();
      const isOurs = error instanceof UserError && error.exitCode === ExitCode.unreachable;
      const mended = isOurs
        ? undefined
        : await reader.mend?.({ input, error }, source, folder, context, input.options ?? options);
      if (mended === undefined) throw error;
      input = mended;
    }
  }
}

async function reading<T>(source: ByteSource, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode === ExitCode.unreachable) throw error;
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, {
      where: source.name,
      fix: error.fix,
      cause: error,
    });
  }
}

const REJECTS = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'";

async function forgetRejects(duck: Duck): Promise<void> {
  if ((await duck.rows(REJECTS)).length === 0) return;
  await duck.run("DROP TABLE reject_errors");
  await duck.run("DROP TABLE reject_scans");
}

/** Lines that read_csv rejected, once each, by what was wrong first. */
async function putAside(duck: Duck, source: ByteSource, context: ReadContext): Promise<void> {
  if ((await duck.rows(REJECTS)).length === 0) return;
  const result = await duck.connection.stream(
    `SELECT line, min(line_byte_position), arg_min(error_type, column_idx)::VARCHAR, arg_min(column_name, column_idx), any_value(csv_line)
     FROM reject_errors GROUP BY line ORDER BY line`,
  );
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [line, offset, type, column, text] of chunk.getRows()) {
      context.quarantine({
        source: source.name,
        line: Number(line),
        ...(offset !== null && { offset: Number(offset) - 1 }),
        reason: reasonOf(String(type), column),
        ...(text !== null && { text: String(text) }),
      });
    }
  }
}

function reasonOf(type: string, column: unknown): string {
  const where = column === null ? "" : `, column ${JSON.stringify(column)}`;
  return `${type.toLowerCase()}${where}`;
}
