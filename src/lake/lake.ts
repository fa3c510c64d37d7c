import type { LakeAddress, LakeStorage, TableVersion } from "../core/lake.ts";
import type { DuckOptions } from "./engine/duck.ts";
import type { Readers } from "./formats/index.ts";
import { type Collected, collectGarbage } from "./gc.ts";
import type { AddOptions, AddResult } from "./ingest/commit.ts";
import { ingestFiles } from "./ingest/ingest.ts";
import { openLease } from "./ingest/lease.ts";
import { type IngestLog, openLog } from "./ingest/log.ts";
import { findFiles } from "./ingest/sources.ts";
import { inParallel } from "./parallel.ts";
import { askLake, type QueryOptions, type QueryResult } from "./query.ts";
import { type Verified, verifyLake } from "./verify.ts";
import { parseAddress } from "./versions/address.ts";
import { openVersions, type Versions } from "./versions/versions.ts";
import { localParts } from "./versions/views.ts";

export interface LakeSettings {
  readonly storage: LakeStorage;
  readonly duck?: DuckOptions;
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Readers that need more than a file, besides those of src/lake/formats/index.ts. */
  readonly readers?: Readers;
  readonly notify: (notice: { readonly code: string; readonly message: string }) => void;
}

export interface Lake {
  readonly storage: LakeStorage;
  readonly table: Versions;
  readonly log: IngestLog;
  readonly duck: DuckOptions;
  readonly who: string;
  readonly now: () => number;
  /**
   * Takes files, folders and patterns in, as new versions of the tables that they hold. The same bytes again are passed over.
   * @throws UserError as `ingestFiles` does
   */
  addSource(
    source: string | readonly string[],
    options?: AddOptions & {
      /** Relative paths are from there. Default: the current folder. */
      readonly cwd?: string;
      readonly signal?: AbortSignal;
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<AddResult>;
  /** The newest version of every table, by name. */
  tables(): Promise<readonly TableVersion[]>;
  /** All versions of a table, oldest first. @throws UserError when there is no such table */
  versions(table: string): Promise<readonly TableVersion[]>;
  /** "lake://patients@v3", "patients". @throws UserError when there is none */
  resolve(address: string | LakeAddress): Promise<TableVersion>;
  /** Local Parquet files of a version; those of a bucket are fetched. Not all need have all columns: see `selectParts`. */
  paths(address: string | LakeAddress): Promise<readonly string[]>;
  /**
   * One SELECT over tables by their names, or "name@v2". It can read nothing else, and write nothing.
   * @throws UserError for anything but one SELECT, and with what DuckDB says
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /** Looks whether every file is what its hash says. */
  verify(options?: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  }): Promise<Verified>;
  /** Removes what killed ingests left. @throws UserError with `young` while somebody writes */
  collect(options?: { readonly dryRun?: boolean; readonly young?: boolean }): Promise<Collected>;
}

export function createLake({ storage, duck = {}, who, now, readers, notify }: LakeSettings): Lake {
  const versions = openVersions(storage);
  const log = openLog(storage, versions);
  const resolve: Lake["resolve"] = async (address) =>
    versions.resolve(typeof address === "string" ? parseAddress(address) : address);
  return {
    storage,
    table: versions,
    log,
    duck,
    who,
    now,
    async addSource(
      source,
      { cwd = process.cwd(), signal = new AbortController().signal, onProgress, ...options } = {},
    ) {
      const files = await findFiles(typeof source === "string" ? [source] : source, cwd);
      const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      let done = 0;
      const context = {
        storage,
        versions,
        log,
        duck,
        who,
        now,
        readers,
        signal,
        notice: (code: string, message: string) => notify({ code, message }),
        progress: (bytes: number) => {
          done += bytes;
          onProgress?.(done, total);
        },
      };
      if (options.dryRun) return ingestFiles(files, options, context);
      await using _lease = await openLease(storage, now());
      return await ingestFiles(files, options, context);
    },
    async tables() {
      const newest = [...(await versions.newest())].sort(([a], [b]) => (a < b ? -1 : 1));
      return inParallel(newest, 8, ([table, version]) => versions.read(table, version));
    },
    async versions(table) {
      await versions.resolve({ table });
      return inParallel(await versions.numbers(table), 8, (version) => versions.read(table, version));
    },
    resolve,
    async paths(address) {
      return localParts(storage, await resolve(address));
    },
    query: (sql, options = {}) => askLake({ storage, versions, duck }, sql, options),
    verify: ({ signal = new AbortController().signal, onProgress = () => {} } = {}) =>
      verifyLake({
        storage,
        versions: openVersions(storage),
        log: openLog(storage, versions),
        signal,
        progress: onProgress,
      }),
    collect: ({ dryRun = false, young = false } = {}) =>
      collectGarbage({ storage, versions, log, now: now(), dryRun, young }),
  };
}
