import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { LakePart, LakeReader, LakeStorage, TableVersion } from "../../core/lake.ts";
import type { Archive } from "../archives/archive.ts";
import type { Duck, DuckOptions } from "../engine/duck.ts";
import type { Readers } from "../formats/index.ts";
import { inParallel } from "../parallel.ts";
import type { Versions } from "../versions/versions.ts";
import { type IngestLog, type IngestRecord, isPresent, nextId } from "./log.ts";
import type { SourcedPart, Transform } from "./make.ts";
import { weigh } from "./parts.ts";
import { type Reconciled, reconcile } from "./reconcile.ts";
import { type FileSource, rawPath } from "./sources.ts";

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
  /** Besides those of src/lake/formats/index.ts. */
  readonly readers?: Readers;
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

export interface Item {
  readonly file: FileSource;
  readonly hash: string;
  readonly stamp: string;
  readonly key: string;
  readonly reader: LakeReader | Archive;
  readonly table?: string;
}

/** Original bytes on their way into the raw zone. */
export interface Staged {
  readonly hash: string;
  readonly file: string;
  readonly keep: boolean;
}

export interface Draft {
  readonly items: readonly Item[];
  readonly parts: readonly SourcedPart[];
  readonly raw: readonly Staged[];
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
    const newest = await versions.last(table);
    if (!draft.options.replace && newest !== undefined) refuseMixture(newest, draft.options.transform !== undefined);
    const before = draft.options.replace ? undefined : newest?.schema;
    agreed.set(table, { ...(await reconcile(duck, table, before, parts, draft.folder)), newest });
  }
  return agreed;
}

/** Rows with and without identities in one table would tell who the others are. */
function refuseMixture({ table, deidentified }: TableVersion, isNow: boolean): void {
  if (deidentified === isNow) return;
  throw new UserError(
    `table ${table} ${deidentified ? "has no identities, and these rows have" : "has identities, and these rows have none"}`,
    {
      where: table,
      fix: `${deidentified ? "Add --deidentify" : "Leave out --deidentify"}, or take them in under another name with --table, or with --replace.`,
    },
  );
}

/** What would come in. */
export async function rehearse(draft: Draft, duck: Duck, context: IngestContext): Promise<AddResult> {
  const agreed = await agree(draft, duck, context);
  const tables = [...agreed].map(([table, { parts, added, newest }]) => {
    const rows = rowsOf(parts);
    const kept = draft.options.replace ? 0 : (newest?.rows ?? 0);
    return { table, version: null, added: rows, rows: kept + rows, newColumns: added.map(({ name }) => name) };
  });
  return { ingest: null, tables, ...toldOf(draft) };
}

/** Puts all files in their places, then the record, then the versions. @returns "overtaken" when it must be made anew */
export async function commit(
  draft: Draft,
  duck: Duck,
  quarantine: string | undefined,
  context: IngestContext,
): Promise<AddResult | "overtaken"> {
  const { storage, log } = context;
  const agreed = await agree(draft, duck, context);
  await inParallel(draft.raw, 4, ({ hash, file, keep }) => storage.put(rawPath(hash), file, { keep }));
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
    const records = await log.settle();
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
  if (options.replace) return false;
  for (const [table, { newest }] of agreed) {
    const now = await versions.last(table);
    if (hashJson(now?.schema ?? null) !== hashJson(newest?.schema ?? null)) return true;
  }
  const wanted = new Set(items.map(({ key }) => key));
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
      name: options.transform?.sourceName(file.name) ?? file.name,
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
