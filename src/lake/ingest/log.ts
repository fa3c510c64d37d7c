import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { LakePart, LakeStorage, TableVersion } from "../../core/lake.ts";
import { inParallel } from "../parallel.ts";
import { diffLines, diffSchema, mergeSchema } from "../versions/diff.ts";
import { COLUMNS, fromFile, PARTS, SOURCES, toFile } from "../versions/manifest.ts";
import type { Versions } from "../versions/versions.ts";

const COUNT = z.int().nonnegative();

const RECORD = z.object({
  /** "000017": records are numbered without gaps, and each is made once: that commits the ingest as a whole. */
  id: z.string().regex(/^\d{6,}$/),
  time: z.number(),
  who: z.string(),
  change: z.enum(["append", "replace"]),
  sources: z.array(
    SOURCES.element.extend({
      /** Of bytes, reader and options: what was taken in under this key is not taken in again. */
      key: z.string(),
      reader: z.string(),
      quarantined: COUNT,
    }),
  ),
  tables: z.array(
    z.object({
      table: z.string(),
      reader: z.string(),
      schema: COLUMNS,
      parts: PARTS,
      rows: COUNT,
      /** Newest version when this was recorded, 0 for none: its own is a later one. */
      base: COUNT,
      /** Hashes of the sources that it has rows of. */
      sources: z.array(z.string()),
    }),
  ),
  quarantined: COUNT,
  /** Path of the file with the lines that were put aside. */
  quarantine: z.string().nullable(),
  deidentified: z.boolean(),
});

/** What one `lake add` took in. Its tables get their versions from it: by the process that wrote it, or by the next. */
export type IngestRecord = z.infer<typeof RECORD>;

export interface IngestLog {
  /** All records, oldest first, and the ids of those whose versions are not known to be made. */
  read(): Promise<{ readonly records: readonly IngestRecord[]; readonly pending: ReadonlySet<string> }>;
  /** Finishes what others left half applied. @returns all records, oldest first */
  settle(): Promise<readonly IngestRecord[]>;
  /** @returns false when another ingest was first */
  append(record: IngestRecord): Promise<boolean>;
  /** Makes the versions that a record wants and that are not there yet. Safe to do by several at once. */
  apply(record: IngestRecord): Promise<readonly TableVersion[]>;
}

const DONE = ".done";

export function openLog(storage: LakeStorage, versions: Versions): IngestLog {
  const known = new Map<string, IngestRecord>();
  const readOne = async (path: string): Promise<IngestRecord> => {
    const record = known.get(path) ?? fromFile(RECORD, await storage.read(path), path);
    known.set(path, record);
    return record;
  };
  const log: IngestLog = {
    async read() {
      const paths: string[] = [];
      const done = new Set<string>();
      for await (const { path } of storage.list("ingests/")) {
        if (/^ingests\/\d{6,}\.json$/.test(path)) paths.push(path);
        else if (path.endsWith(DONE)) done.add(path.slice("ingests/".length, -DONE.length));
      }
      const records = await inParallel(
        paths.sort((a, b) => numberOf(a) - numberOf(b)),
        16,
        readOne,
      );
      return { records, pending: new Set(records.map(({ id }) => id).filter((id) => !done.has(id))) };
    },
    async settle() {
      const { records, pending } = await log.read();
      for (const record of records) if (pending.has(record.id)) await log.apply(record);
      return records;
    },
    append: (record) => storage.putNew(recordPath(record.id), toFile(record)),
    async apply(record) {
      const made: TableVersion[] = [];
      for (const table of record.tables) made.push(await applyTo(versions, record, table));
      await storage.putNew(
        `ingests/${record.id}${DONE}`,
        toFile({ versions: made.map(({ table, version }) => [table, version]) }),
      );
      return made;
    },
  };
  return log;
}

export const recordPath = (id: string): string => `ingests/${id}.json`;

export const nextId = (records: readonly IngestRecord[]): string =>
  String(records.length === 0 ? 1 : Number(records.at(-1)!.id) + 1).padStart(6, "0");

const numberOf = (path: string): number => Number(/(\d+)\.json$/.exec(path)?.[1]);

export const isOf = (parts: readonly LakePart[], id: string): boolean => parts.some(({ ingest }) => ingest === id);

async function applyTo(
  versions: Versions,
  record: IngestRecord,
  own: IngestRecord["tables"][number],
): Promise<TableVersion> {
  const { table, base } = own;
  return versions.commit(table, async (newest) => {
    for (const version of (await versions.numbers(table)).filter((number) => number > base)) {
      const there = await versions.read(table, version);
      if (isOf(there.parts, record.id)) return there;
    }
    const before = record.change === "replace" ? undefined : newest;
    const retyped = before === undefined ? [] : diffSchema(before.schema, own.schema).retyped;
    if (retyped.length > 0) {
      throw new UserError(`table ${table} changed while ingest ${record.id} was written`, {
        where: `ingests/${record.id}.json`,
        fix: diffLines({ added: [], removed: [], retyped }),
      });
    }
    return {
      change: record.change,
      time: record.time,
      who: record.who,
      reader: own.reader,
      schema: before === undefined ? own.schema : mergeSchema(before.schema, own.schema),
      parts: [...(before?.parts ?? []), ...own.parts],
      sources: record.sources
        .filter(({ hash }) => own.sources.includes(hash))
        .map(({ name, hash, bytes }) => ({ name, hash, bytes })),
      lineage: before === undefined ? [] : [`lake://${table}@v${before.version}`],
      quarantined: record.sources
        .filter(({ hash }) => own.sources.includes(hash))
        .reduce((sum, { quarantined }) => sum + quarantined, 0),
      deidentified: record.deidentified && (before?.deidentified ?? true),
    };
  });
}

/** Whether what a record took in is still there: a table has its parts, or nothing came of it. */
export async function isPresent(record: IngestRecord, versions: Versions): Promise<boolean> {
  if (record.tables.length === 0) return true;
  for (const { table } of record.tables) {
    const newest = await versions.last(table);
    if (newest !== undefined && isOf(newest.parts, record.id)) return true;
  }
  return false;
}
