/** Takes a patient out of every version of every table, and out of the files that they were made of. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { LakePart, LakeStorage, TableVersion } from "../../core/lake.ts";
import { type Duck, fileLiteral, identifier, literal, openDuck } from "../engine/duck.ts";
import { openLease, readLeases } from "../ingest/lease.ts";
import { type IngestRecord, openLog, recordPath } from "../ingest/log.ts";
import { schemaOf, writeParquet } from "../ingest/parts.ts";
import { hashFile } from "../ingest/sources.ts";
import type { Lake } from "../lake.ts";
import { showAddress } from "../versions/address.ts";
import { hashContent, manifestPath, toFile } from "../versions/manifest.ts";
import { openVersions } from "../versions/versions.ts";
import { keyedHash, keyedHashSql, pseudonymOf } from "./keyed.ts";
import { forgetOriginals, forgetQuarantine } from "./originals.ts";
import { patientColumns } from "./roles.ts";
import { addForgotten, readForgotten, replaceFile } from "./tombstones.ts";

export interface ForgetOptions {
  /** The patient's id, or what stands for it: HMAC under the project's key, hex, or its first 32 digits. */
  readonly patient: string;
  readonly isHash: boolean;
  readonly key: string;
  readonly reason?: string;
  readonly dryRun: boolean;
  /**
   * Forgets the patient outside of the lake's tables, while these still tell who it is; safe to be done again. In a dry run it only
   * counts.
   */
  elsewhere(found: Pick<Forgotten, "patient" | "ids" | "parts">, how: { readonly dryRun: boolean }): Promise<void>;
}

export interface Forgotten {
  readonly patient: string;
  /** Ids that rows named the patient by; in memory only, to find the patient elsewhere. */
  readonly ids: readonly string[];
  /** Versions that had the patient, the ones of earlier calls too. */
  readonly versions: readonly string[];
  readonly tables: Readonly<Record<string, number>>;
  readonly rows: number;
  /** Original files that held the patient. */
  readonly removed: readonly string[];
  /** New hash by the one that a file had. */
  readonly rewritten: Readonly<Record<string, string>>;
  readonly quarantined: number;
  /** Tables whose columns do not say whose a row is: they were not looked at. */
  readonly unchecked: readonly string[];
  /** Hashes of parts that are gone. */
  readonly parts: readonly string[];
}

/** A part that has rows of the patient. */
interface Held {
  readonly path: string;
  readonly table: string;
  readonly rows: number;
  /** Condition of SQL that a row is the patient's. */
  readonly isPatient: string;
}

/**
 * What was begun and killed is ended by the next call. A reader sees a version with the patient or without, never a half of one.
 * @throws UserError while somebody else writes to the lake
 */
export async function forgetInLake(lake: Lake, options: ForgetOptions): Promise<Forgotten> {
  const { storage } = lake;
  const hash = hashOf(options);
  if ((await readLeases(storage, lake.now())).since !== undefined) {
    throw new UserError("somebody is taking files in", { where: storage.uri, fix: "Wait for it, and run this again." });
  }
  await using _lease = options.dryRun ? undefined : await openLease(storage, lake.now());
  const log = openLog(storage, openVersions(storage));
  const records = options.dryRun ? (await log.read()).records : await log.settle();
  await using duck = await openDuck(lake.duck);
  const isOne = matcher(options, hash);
  const { held, ids, unchecked } = await find(duck, storage, isOne);
  const known = new Set([...(options.isHash ? [] : [options.patient]), ...ids]);
  const before = (await readForgotten(storage)).filter(({ patient }) => patient === hash);
  const hit = new Map(held.map((part) => [part.path, part]));
  const versions = (await allVersions(storage)).filter(({ parts }) => parts.some(({ path }) => hit.has(path)));
  const touched = records.filter(({ tables }) => tables.some(({ parts }) => parts.some(({ path }) => hit.has(path))));
  const asked = { storage, ids: [...known], ingests: touched, dryRun: true };
  const found = await forgetOriginals({ ...asked, records });
  const addresses = [...new Set([...before.flatMap((record) => record.versions), ...versions.map(showAddress)])].sort();
  const rows = held.reduce((sum, part) => sum + part.rows, 0);
  const tables = Object.fromEntries(
    [...Map.groupBy(held, ({ table }) => table)].map(([table, parts]) => [
      table,
      parts.reduce((sum, part) => sum + part.rows, 0),
    ]),
  );
  const result = {
    patient: hash,
    ids: [...known],
    versions: addresses,
    tables,
    rows,
    unchecked,
    parts: held.map(({ path }) => path.slice(-72, -8)),
  };
  if (options.dryRun) {
    await options.elsewhere(result, { dryRun: true });
    return { ...result, ...found, quarantined: await forgetQuarantine(asked) };
  }
  const rewritten: Readonly<Record<string, string>> = Object.assign(
    {},
    ...before.map((record) => record.rewritten),
    found.rewritten,
  );
  const sources = [...before.flatMap((record) => record.sources), ...found.removed, ...Object.keys(found.rewritten)];
  const record = {
    ...{ patient: hash, time: lake.now(), who: lake.who, reason: options.reason ?? null },
    ...{ versions: addresses, sources: [...new Set(sources)], rewritten, rows },
  };
  await addForgotten(storage, { ...record, state: "begun" });
  // Parts are the last to go: they say by which ids the patient is known.
  const only = new Set([...found.removed, ...Object.keys(found.rewritten)]);
  await forgetOriginals({ ...asked, records, only, dryRun: false });
  const quarantined = await forgetQuarantine({ ...asked, dryRun: false });
  await options.elsewhere(result, { dryRun: false });
  const made = await rewriteParts(duck, storage, held);
  // Who took files in meanwhile may have made a version of the old parts.
  while ((await rewriteManifests(storage, made, rewritten)) > 0);
  await rewriteRecords(storage, made, rewritten);
  for (const { path } of held) await storage.remove(path);
  await addForgotten(storage, { ...record, time: lake.now(), state: "done" });
  return { ...result, ...found, quarantined };
}

function hashOf({ patient, isHash, key }: ForgetOptions): string {
  if (!isHash) return keyedHash(key, patient);
  if (/^[0-9a-f]{64}$/.test(patient)) return patient;
  throw new UserError("not the hash of a patient", {
    where: "PATIENT",
    fix: "Give the 64 hex digits that the log of predictions or forgotten.ndjson has.",
  });
}

/** A condition on a column's text: the id, its hash, or its pseudonym. */
function matcher({ patient, isHash, key }: ForgetOptions, hash: string): (text: string) => string {
  const plain = [...(isHash ? [] : [patient]), hash, pseudonymOf(hash)].map(literal).join(", ");
  return (text) => `(${text} IN (${plain})${isHash ? ` OR ${keyedHashSql(key, text)} = ${literal(hash)}` : ""})`;
}

/** Parts with the patient, those that no version names too: a call that was killed may have left them. */
async function find(duck: Duck, storage: LakeStorage, isOne: (text: string) => string) {
  const held: Held[] = [];
  const ids = new Set<string>();
  const unchecked = new Set<string>();
  for await (const { path } of storage.list("curated/")) {
    const match = /^curated\/([^/]+)\/[0-9a-f]{64}\.parquet$/.exec(path);
    if (match === null) continue;
    const table = match[1]!;
    const file = await storage.local(path);
    const columns = patientColumns(table, await schemaOf(duck, file));
    if (columns.length === 0) unchecked.add(table);
    else {
      const texts = columns.map((name) => `${identifier(name)}::VARCHAR`);
      const from = `FROM read_parquet(${fileLiteral(file)}, hive_partitioning = false) WHERE`;
      const isPatient = texts.map(isOne).join(" OR ");
      const [count] = await duck.rows(`SELECT count(*)::DOUBLE AS n ${from} ${isPatient}`);
      if (Number(count!.n) === 0) continue;
      held.push({ path, table, rows: Number(count!.n), isPatient });
      const named = await duck.rows(
        texts.map((text) => `SELECT DISTINCT ${text} AS id ${from} ${isOne(text)}`).join(" UNION "),
      );
      for (const { id } of named) ids.add(String(id));
    }
  }
  return { held, ids: [...ids], unchecked: [...unchecked].sort() };
}

async function allVersions(storage: LakeStorage): Promise<readonly TableVersion[]> {
  const versions = openVersions(storage);
  const all: TableVersion[] = [];
  for (const table of (await versions.newest()).keys())
    for (const number of await versions.numbers(table)) all.push(await versions.read(table, number));
  return all;
}

type NewPart = Pick<LakePart, "path" | "rows" | "bytes" | "hash">;

/** The same parts without the patient; one that has nobody else stays, empty, for its ingest to be known. */
async function rewriteParts(
  duck: Duck,
  storage: LakeStorage,
  held: readonly Held[],
): Promise<ReadonlyMap<string, NewPart>> {
  const made = new Map<string, NewPart>();
  const folder = await mkdtemp(join(tmpdir(), "disease-forget-"));
  try {
    for (const [i, { path, table, isPatient }] of held.entries()) {
      const from = await storage.local(path);
      const file = join(folder, `${i}.parquet`);
      const source = `read_parquet(${fileLiteral(from)}, hive_partitioning = false)`;
      const rows = await writeParquet(duck, `SELECT * FROM ${source} WHERE NOT coalesce(${isPatient}, false)`, file);
      const hash = await hashFile(file);
      const own = { path: `curated/${table}/${hash}.parquet`, rows, bytes: (await stat(file)).size, hash };
      await storage.put(own.path, file);
      made.set(path, own);
    }
    return made;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const renamed = <T extends { readonly hash: string }>(
  sources: readonly T[],
  files: Readonly<Record<string, string>>,
): T[] => sources.map((source) => ({ ...source, hash: files[source.hash] ?? source.hash }));

const swap = <T extends LakePart>(parts: readonly T[], made: ReadonlyMap<string, NewPart>): T[] =>
  parts.map((part) => ({ ...part, ...made.get(part.path) }));

/** @returns how many named an old part or file */
async function rewriteManifests(
  storage: LakeStorage,
  made: ReadonlyMap<string, NewPart>,
  files: Readonly<Record<string, string>>,
): Promise<number> {
  const old = (await allVersions(storage)).filter(
    ({ parts, sources }) => parts.some(({ path }) => made.has(path)) || sources.some(({ hash }) => files[hash]),
  );
  for (const version of old) {
    const parts = swap(version.parts, made);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const next: TableVersion = {
      ...version,
      change: "forget",
      sources: renamed(version.sources, files),
      parts,
      rows,
      hash: hashContent(version.schema, parts),
    };
    await replaceFile(storage, manifestPath(version.table, version.version), toFile(next));
  }
  return old.length;
}

/** Records name parts too; read anew, as the log keeps what it has read. */
async function rewriteRecords(
  storage: LakeStorage,
  made: ReadonlyMap<string, NewPart>,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const { records } = await openLog(storage, openVersions(storage)).read();
  for (const record of records) {
    const isOld = record.tables.some(({ parts }) => parts.some(({ path }) => made.has(path)));
    if (!isOld && !record.sources.some(({ hash }) => files[hash])) continue;
    const tables: IngestRecord["tables"] = record.tables.map((table) => {
      const parts = swap(table.parts, made);
      const sources = table.sources.map((hash) => files[hash] ?? hash);
      return { ...table, parts, sources, rows: parts.reduce((sum, part) => sum + part.rows, 0) };
    });
    await replaceFile(
      storage,
      recordPath(record.id),
      toFile({ ...record, tables, sources: renamed(record.sources, files) }),
    );
  }
}
