import { copyFile, mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { LakeStorage, Quarantined } from "../../core/lake.ts";
import { type Archive, archiveOf, entriesIn, MAX_UNPACKED } from "../archives/archive.ts";
import { diskError } from "../disk-error.ts";
import { openDuck } from "../engine/duck.ts";
import { inParallel } from "../parallel.ts";
import { refuseForgotten } from "../privacy/tombstones.ts";
import { tableOf } from "../versions/address.ts";
import type { Versions } from "../versions/versions.ts";
import {
  type AddOptions,
  type AddResult,
  commit,
  type Draft,
  type IngestContext,
  type Item,
  rehearse,
  type Staged,
} from "./commit.ts";
import { detect, readerOf } from "./detect.ts";
import { type IngestRecord, isPresent } from "./log.ts";
import { type Entry, makeParts } from "./make.ts";
import { openQuarantine } from "./quarantine.ts";
import { type FileSource, hashFile, headOf, stampOf } from "./sources.ts";

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
  await refuseForgotten(context.storage, items);
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
  { signal, readers }: IngestContext,
): Promise<Item | { file: FileSource }> {
  const head = await headOf(file);
  const known =
    options.format === undefined ? await detect(file.name, head, readers) : await readerOf(options.format, readers);
  const archive = archiveOf(file.name, head);
  const reader = archive !== undefined && (known?.detect(file.name, head) ?? 0) === 0 ? archive : known;
  if (reader === undefined) return { file };
  const stamp = await stampOf(file.path);
  const hash = await hashFile(file.path, signal);
  const table =
    reader.kind === "rows" ? undefined : (options.table ?? (reader.kind === "sql" ? tableOf(file.name) : undefined));
  // What is only checked makes no other rows.
  const { key: _key, unique: _unique, maxUnpacked: _most, ...reading } = options.options ?? {};
  const key = hashJson([hash, reader.id, table ?? null, reading, options.transform?.id ?? null]);
  return { file, hash, stamp, key, reader, table };
}

/** Keys of what is in the tables now, after what others left half applied is finished. */
async function knownKeys(
  { log, versions }: IngestContext,
  replace: boolean,
  items: readonly Item[],
): Promise<ReadonlySet<string>> {
  const records = await log.settle();
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
    const { transform } = options;
    // What a transform takes out is not kept in what could not be read.
    quarantine.add(transform ? { ...problem, source: transform.sourceName(problem.source), text: undefined } : problem);
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
    const [parts, raw = []] = await together([
      makeParts(entriesOf(items, options, context), make),
      keepRaw ? stageRaw(items, storage, folder) : undefined,
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
    const draft: Draft = { items, parts, raw, problems, options, folder };
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

async function* entriesOf(items: readonly Item[], options: AddOptions, context: IngestContext): AsyncGenerator<Entry> {
  for (const { file, hash, reader, table } of items) {
    if (reader.kind === "archive") yield* unpackedOf({ file, hash, reader }, options, context);
    else yield { source: file, file: hash, reader, table };
    context.progress(file.bytes);
  }
}

/** What an archive holds, each entry by the reader that knows it. */
async function* unpackedOf(
  { file, hash, reader: archive }: { readonly file: FileSource; readonly hash: string; readonly reader: Archive },
  { options = {}, format, table }: AddOptions,
  { readers, notice }: IngestContext,
): AsyncGenerator<Entry> {
  const { maxUnpacked = MAX_UNPACKED } = options;
  const passed: string[] = [];
  let count = 0;
  for (const source of entriesIn(archive, file, { maxUnpacked: Number(maxUnpacked) })) {
    const reader =
      format === undefined ? await detect(source.name, await headOf(source), readers) : await readerOf(format, readers);
    if (reader === undefined) passed.push(source.name);
    else {
      count++;
      const own = reader.kind === "sql" ? (table ?? tableOf(source.name)) : undefined;
      yield { source, file: hash, reader, table: own };
    }
  }
  if (count === 0) {
    throw new UserError("no reader knows what the archive holds", {
      where: file.name,
      fix: "Say what it is with --format, e.g. --format csv.",
    });
  }
  if (passed.length > 0) {
    const few = passed.slice(0, 3).join(", ");
    notice(
      "unknown-format",
      `${few}${passed.length > 3 ? ` and ${passed.length - 3} more` : ""}: passed over, no reader knows it`,
    );
  }
}

/** Copies files to the lake's disk, from where they need only be moved; those of a bucket are sent from where they are. */
async function stageRaw(items: readonly Item[], storage: LakeStorage, folder: string): Promise<readonly Staged[]> {
  const own = join(folder, "raw");
  await mkdir(own);
  return inParallel(items, 4, async ({ file, hash }) => {
    if (storage.scratch === undefined) return { hash, file: file.path, keep: true };
    await copyFile(file.path, join(own, hash));
    // Written to the disk now, while rows are read: not when all wait for it.
    await using copy = await open(join(own, hash), "r+");
    await copy.sync();
    return { hash, file: join(own, hash), keep: false };
  });
}

/** Results of both when both have ended: what one fails with is thrown after the other has stopped too. */
async function together<A, B>([one, other]: readonly [Promise<A>, Promise<B> | undefined]): Promise<
  readonly [A, B | undefined]
> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return [first.value, second.value];
}
