import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import type { LakeStorage } from "../core/lake.ts";
import { LONGEST, readLeases } from "./ingest/lease.ts";
import type { IngestLog } from "./ingest/log.ts";
import { rawPath } from "./ingest/sources.ts";
import type { Versions } from "./versions/versions.ts";

export interface Collected {
  readonly removed: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Without a reference too, but not old enough. */
  readonly young: number;
}

export interface CollectContext {
  readonly storage: LakeStorage;
  readonly versions: Versions;
  readonly log: IngestLog;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly dryRun: boolean;
  /** Young files too. @see collectGarbage */
  readonly young: boolean;
}

/**
 * Removes parts, original files, quarantines and temporary files that no version and no record names: what ingests that were killed
 * left. Only what is a day old and older than any writer that is at work, unless `young`.
 * @throws UserError with `young` while somebody writes
 */
export async function collectGarbage({
  storage,
  versions,
  log,
  now,
  dryRun,
  young,
}: CollectContext): Promise<Collected> {
  const { since, dead } = await readLeases(storage, now);
  if (young && since !== undefined) {
    throw new UserError("somebody is taking files in", { where: storage.uri, fix: "Wait for it, or leave out --now." });
  }
  // What is there is listed before what is named is read: a part that comes after the list is not on it.
  const found: { path: string; bytes: number; modified: number }[] = [];
  for (const zone of ["raw/", "curated/", "quarantine/"]) {
    for await (const file of storage.list(zone)) found.push(file);
  }
  const named = await namedFiles(versions, log);
  const limit = young ? Number.POSITIVE_INFINITY : Math.min(now - LONGEST, since ?? Number.POSITIVE_INFINITY);
  const orphans = found.filter(({ path }) => !named.has(path));
  const old = orphans.filter(({ modified }) => modified < limit);
  const scratch = storage.scratch === undefined ? [] : await oldScratch(storage.scratch, limit);
  if (!dryRun) {
    for (const { path } of old) await storage.remove(path);
    for (const { file } of scratch) await rm(file, { recursive: true, force: true });
    for (const path of dead) await storage.remove(path);
  }
  const removed = [
    ...old.map(({ path, bytes }) => ({ path, bytes })),
    ...scratch.map(({ path, bytes }) => ({ path, bytes })),
  ];
  return { removed, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0), young: orphans.length - old.length };
}

async function namedFiles(versions: Versions, log: IngestLog): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  const { records } = await log.read();
  for (const { sources, tables, quarantine } of records) {
    for (const { hash } of sources) named.add(rawPath(hash));
    for (const { parts } of tables) for (const { path } of parts) named.add(path);
    if (quarantine !== null) named.add(quarantine);
  }
  for (const table of (await versions.newest()).keys()) {
    for (const number of await versions.numbers(table)) {
      const { parts, sources } = await versions.read(table, number);
      for (const { path } of parts) named.add(path);
      for (const { hash } of sources) named.add(rawPath(hash));
    }
  }
  return named;
}

async function oldScratch(
  folder: string,
  limit: number,
): Promise<readonly { path: string; file: string; bytes: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const all = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const inside = await readdir(file, { recursive: true }).catch(() => []);
      const stats = await Promise.all(
        [file, ...inside.map((one) => join(file, one))].map((path) => stat(path).catch(() => undefined)),
      );
      const newest = Math.max(...stats.map((info) => info?.mtimeMs ?? 0));
      const bytes = stats.reduce((sum, info) => sum + (info?.isFile() ? info.size : 0), 0);
      return { path: `.tmp/${name}`, file, bytes, newest };
    }),
  );
  return all.filter(({ newest }) => newest < limit);
}
