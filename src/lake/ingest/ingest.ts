import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { LakePart, LakeReader, LakeStorage, Quarantined, TableVersion } from "../../core/lake.ts";
import { diskError } from "../disk-error.ts";
import { type Duck, type DuckOptions, openDuck } from "../engine/duck.ts";
import { inParallel } from "../parallel.ts";
import { tableOf } from "../versions/address.ts";
import type { Versions } from "../versions/versions.ts";
import { detect, readerOf } from "./detect.ts";
import { type IngestLog, type IngestRecord, isPresent, nextId } from "./log.ts";
import { type Entry, makeParts, type SourcedPart, type Transform } from "./make.ts";
import { weigh } from "./parts.ts";
import { openQuarantine } from "./quarantine.ts";
import { type Reconciled, reconcile } from "./reconcile.ts";
import { type FileSource, hashFile, rawPath, stampOf } from "./sources.ts";

export interface AddOptions {
  /** For files whose reader does not name tables itself. */
  readonly table?: string;
  /** Id of the reader; found out when absent. */
  readonly format?: string;
  /** In place of what the tables hold. */
  readonly replace?: boolean;
  /** Reads and tells, and takes nothing in. */
  readonly dryRun?: boolean;
  /** Of the reader. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly transform?: Transform;
  /** Keep the original bytes. Default: true, without a transform. */
  readonly keepRaw?: boolean;
}

export interface IngestContext {
  readonly storage: LakeStorage;
  readonly versions: Versions;
  readonly log: IngestLog;
  readonly duck: DuckOptions;
  readonly who: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
  notice(code: string, message: string): void;
  /** Bytes of the files that were read since the last call. */
  progress(bytes: number): void;
}

export interface AddedTable {
  readonly table: string;
  /** Null in a dry run. */
  readonly version: number | null;
  /** That came in. */
  readonly added: number;
  /** That the version has. */
  readonly rows: number;
  readonly newColumns: readonly string[];
}

export interface AddedFile {
  readonly name: string;
  readonly bytes: number;
  /** Null where it was passed over: no reader knows it. */
  readonly reader: string | null;
  readonly quarantined: number;
  /** Its bytes were in the lake already. */
  readonly known: boolean;
}

export interface AddResult {
  /** Null when nothing came in. */
  readonly ingest: string | null;
  readonly tables: readonly AddedTable[];
  readonly files: readonly AddedFile[];
  readonly quarantined: number;
}

interface Item {
  readonly file: FileSource;
  readonly hash: string;
  readonly stamp: string;
  readonly key: string;
  readonly reader: LakeReader;
  readonly table?: string;
}

/**
 * Takes files in: original bytes into the raw zone, rows into parts, then the record, whose creation commits all of it, then the
 * versions of the tables. What another process took in meanwhile is not taken in twice.
 * @throws UserError when a file cannot be read, columns changed, or the disk is full; nothing is in the lake by it then
 */
export async function ingestFiles(
  files: readonly FileSource[],
  options: AddOptions,
  context: IngestContext,
): Promise<AddResult> {
  const found = await inParallel(files, 4, (file) => identify(file, options, context));
  const items = found.filter((item): item is Item => "key" in item);
  const passed = found.filter((item): item is { file: FileSource } => !("key" in item));
  if (items.length === 0) {
    throw new UserError("no reader knows the file", {
      where: passed
        .map(({ file }) => file.name)
        .slice(0, 3)
        .join(", "),
      fix: "Say what it is with --format, e.g. --format csv.",
    });
  }
  for (const { file } of passed) context.notice("unknown-format", `${file.name} is passed over: no reader knows it`);
  const unknown = passed.map(({ file }) => ({
    name: file.name,
    bytes: file.bytes,
    reader: null,
    quarantined: 0,
    known: false,
  }));
  for (;;) {
    const known = await knownKeys(context, options.replace === true, items);
    const fresh = new Map(items.filter(({ key }) => !known.has(key)).map((item) => [item.key, item]));
    const seen = items.filter((item) => fresh.get(item.key) !== item);
    const told = seen.map(({ file, reader }) => ({
      name: file.name,
      bytes: file.bytes,
      reader: reader.id,
      quarantined: 0,
      known: true,
    }));
    if (fresh.size === 0) return { ingest: null, tables: [], files: [...told, ...unknown], quarantined: 0 };
    const result = await ingestBatch([...fresh.values()], options, context);
    if (result !== "overtaken") return { ...result, files: [...result.files, ...told, ...unknown] };
  }
}

async function identify(
  file: FileSource,
  options: AddOptions,
  { signal }: IngestContext,
): Promise<Item | { file: FileSource }> {
  const reader = options.format === undefined ? await detect(file) : await readerOf(options.format);
  if (reader === undefined) return { file };
  const stamp = await stampOf(file.path);
  const hash = await hashFile(file.path, signal);
  const table = reader.kind === "sql" ? (options.table ?? tableOf(file.name)) : undefined;
  const key = hashJson([hash, reader.id, table ?? null, options.options ?? {}, options.transform?.id ?? null]);
  return { file, hash, stamp, key, reader, table };
}

/** Keys of what is in the tables now, after what others left half applied is finished. */
async function knownKeys(
  { log, versions }: IngestContext,
  replace: boolean,
  items: readonly Item[],
): Promise<ReadonlySet<string>> {
  const { records, pending } = await log.read();
  for (const record of records) if (pending.has(record.id)) await log.apply(record);
  const keys = new Set<string>();
  const wanted = new Set(items.map(({ key }) => key));
  for (const record of records) {
    if (!record.sources.some(({ key }) => wanted.has(key))) continue;
    if (replace ? await isAll(record, wanted, versions) : await isPresent(record, versions)) {
      for (const { key } of record.sources) keys.add(key);
    }
  }
  return keys;
}

/** Whether the tables of a record hold it and nothing else. */
async function isAll(record: IngestRecord, wanted: ReadonlySet<string>, versions: Versions): Promise<boolean> {
  if (record.sources.length !== wanted.size || record.sources.some(({ key }) => !wanted.has(key))) return false;
  const newest = await Promise.all(record.tables.map(({ table }) => versions.resolve({ table })));
  return newest.every(({ parts }) => parts.every(({ ingest }) => ingest === record.id));
}

async function ingestBatch(
  items: readonly Item[],
  options: AddOptions,
  context: IngestContext,
): Promise<AddResult | "overtaken"> {
  const { storage, signal } = context;
  const home = options.dryRun ? tmpdir() : (storage.scratch ?? tmpdir());
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, "ingest-"));
  const quarantine = openQuarantine(join(folder, "quarantine.ndjson"));
  const problems = new Map<string, number>();
  const putAside = (file: string, problem: Quarantined): void => {
    problems.set(file, (problems.get(file) ?? 0) + 1);
    quarantine.add(problem);
  };
  const duck = await openDuck(context.duck);
  const interrupt = (): void => duck.connection.interrupt();
  signal.addEventListener("abort", interrupt);
  try {
    const keepRaw = !options.dryRun && (options.keepRaw ?? options.transform === undefined);
    const make = {
      duck,
      folder,
      options: options.options ?? {},
      transform: options.transform,
      context: { signal, now: context.now(), notice: context.notice, progress: () => {} },
      quarantine: putAside,
    };
    const [parts] = await together([
      makeParts(entriesOf(items, context), make),
      keepRaw
        ? inParallel(items, 4, ({ file, hash }) => storage.put(rawPath(hash), file.path, { keep: true }))
        : undefined,
    ]);
    await quarantine.close();
    for (const { file, stamp } of items) {
      if ((await stampOf(file.path)) !== stamp) {
        throw new UserError("the file was changed while it was read", {
          where: file.name,
          fix: "Add it again when it is written.",
        });
      }
    }
    const draft: Draft = { items, parts, problems, options, folder };
    return options.dryRun
      ? await rehearse(draft, duck, context)
      : await commit(draft, duck, quarantine.count === 0 ? undefined : quarantine.path, context);
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, storage.uri);
  } finally {
    signal.removeEventListener("abort", interrupt);
    await quarantine.close().catch(() => {}); // what went wrong is being told already
    await duck[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

async function* entriesOf(items: readonly Item[], { progress }: IngestContext): AsyncGenerator<Entry> {
  for (const { file, hash, reader, table } of items) {
    yield { source: file, file: hash, reader, table };
    progress(file.bytes);
  }
}

interface Draft {
  readonly items: readonly Item[];
  readonly parts: readonly SourcedPart[];
  /** Lines that were put aside, by file. */
  readonly problems: ReadonlyMap<string, number>;
  readonly options: AddOptions;
  readonly folder: string;
}

type Newest = TableVersion | undefined;

/** The parts of each table, made to agree with what it holds now. */
async function agree(draft: Draft, duck: Duck, { versions }: IngestContext) {
  const tables = Map.groupBy(draft.parts, ({ table }) => table);
  const agreed = new Map<string, Reconciled & { readonly newest: Newest }>();
  for (const [table, parts] of tables) {
    const number = (await versions.numbers(table)).at(-1);
    const newest = number === undefined ? undefined : await versions.read(table, number);
    const before = draft.options.replace ? undefined : newest?.schema;
    agreed.set(table, { ...(await reconcile(duck, table, before, parts, draft.folder)), newest });
  }
  return agreed;
}

async function rehearse(draft: Draft, duck: Duck, context: IngestContext): Promise<AddResult> {
  const agreed = await agree(draft, duck, context);
  const tables = [...agreed].map(([table, { parts, added, newest }]) => {
    const rows = rowsOf(parts);
    const kept = draft.options.replace ? 0 : (newest?.rows ?? 0);
    return { table, version: null, added: rows, rows: kept + rows, newColumns: added.map(({ name }) => name) };
  });
  return { ingest: null, tables, ...toldOf(draft) };
}

async function commit(
  draft: Draft,
  duck: Duck,
  quarantine: string | undefined,
  context: IngestContext,
): Promise<AddResult | "overtaken"> {
  const { storage, log } = context;
  const agreed = await agree(draft, duck, context);
  const placed = new Map<string, Omit<LakePart, "ingest">[]>();
  for (const [table, { parts }] of agreed) {
    const done = await inParallel(parts, 4, async (part) => {
      const weighed = await weigh(part);
      const path = `curated/${table}/${weighed.hash}.parquet`;
      await storage.put(path, part.file);
      return { path, ...weighed };
    });
    placed.set(table, done);
  }
  const quarantinePath =
    quarantine === undefined ? null : `quarantine/${hashJson(draft.items.map(({ key }) => key)).slice(0, 32)}.ndjson`;
  if (quarantine !== undefined) await storage.put(quarantinePath!, quarantine);
  for (;;) {
    const { records, pending } = await log.read();
    for (const record of records) if (pending.has(record.id)) await log.apply(record);
    if (await isOvertaken(draft, agreed, records, context)) return "overtaken";
    const record = recordOf(nextId(records), draft, agreed, placed, quarantinePath, context);
    context.signal.throwIfAborted();
    if (!(await log.append(record))) continue;
    const versions = await log.apply(record);
    return {
      ingest: record.id,
      tables: versions.map(({ table, version, rows }) => ({
        table,
        version,
        added: rowsOf(agreed.get(table)!.parts),
        rows,
        newColumns: agreed.get(table)!.added.map(({ name }) => name),
      })),
      ...toldOf(draft),
    };
  }
}

/** Whether others took in one of the files, or changed a table's columns, since this ingest looked. */
async function isOvertaken(
  { items, options }: Draft,
  agreed: ReadonlyMap<string, { readonly newest: Newest }>,
  records: readonly IngestRecord[],
  { versions }: IngestContext,
): Promise<boolean> {
  for (const [table, { newest }] of agreed) {
    const number = (await versions.numbers(table)).at(-1);
    if (number === newest?.version || options.replace) continue;
    const now = number === undefined ? undefined : await versions.read(table, number);
    if (hashJson(now?.schema ?? null) !== hashJson(newest?.schema ?? null)) return true;
  }
  const wanted = new Set(items.map(({ key }) => key));
  if (options.replace) return false;
  for (const record of records) {
    if (record.sources.some(({ key }) => wanted.has(key)) && (await isPresent(record, versions))) return true;
  }
  return false;
}

function recordOf(
  id: string,
  { items, parts, problems, options }: Draft,
  agreed: Awaited<ReturnType<typeof agree>>,
  placed: ReadonlyMap<string, readonly Omit<LakePart, "ingest">[]>,
  quarantine: string | null,
  { who, now }: IngestContext,
): IngestRecord {
  return {
    id,
    time: now(),
    who,
    change: options.replace ? "replace" : "append",
    sources: items.map(({ file, hash, key, reader }) => ({
      name: file.name,
      hash,
      bytes: file.bytes,
      key,
      reader: reader.id,
      quarantined: problems.get(hash) ?? 0,
    })),
    tables: [...agreed].map(([table, { schema, newest }]) => {
      const own = parts.filter((part) => part.table === table);
      return {
        table,
        reader: [...new Set(own.map(({ reader }) => reader))].join("+"),
        schema: [...schema],
        parts: placed.get(table)!.map((part) => ({ ...part, ingest: id })),
        rows: rowsOf(own),
        base: newest?.version ?? 0,
        sources: [...new Set(own.flatMap(({ files }) => [...files]))],
      };
    }),
    quarantined: sum([...problems.values()]),
    quarantine,
    deidentified: options.transform !== undefined,
  };
}

function toldOf({ items, problems }: Draft): Pick<AddResult, "files" | "quarantined"> {
  return {
    files: items.map(({ file, hash, reader }) => ({
      name: file.name,
      bytes: file.bytes,
      reader: reader.id,
      quarantined: problems.get(hash) ?? 0,
      known: false,
    })),
    quarantined: sum([...problems.values()]),
  };
}

const rowsOf = (parts: readonly { readonly rows: number }[]): number => sum(parts.map(({ rows }) => rows));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Results of both when both have ended: what one fails with is thrown after the other has stopped too. */
async function together<A, B>([one, other]: readonly [Promise<A>, Promise<B> | undefined]): Promise<
  readonly [A, B | undefined]
> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return [first.value, second.value];
}
