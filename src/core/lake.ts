/** The data lake: what came, kept byte for byte, and the tables that were made of it, version by version. */

/** As DuckDB writes types; nested ones too: "STRUCT(a INTEGER)". Readers of ours give the plain ones. */
export type LakeType = "VARCHAR" | "DOUBLE" | "BIGINT" | "BOOLEAN" | "TIMESTAMP" | "DATE" | (string & {});

export interface LakeColumn {
  readonly name: string;
  readonly type: LakeType;
}

/** A file of a table. Parts are never changed; versions share them. */
export interface LakePart {
  /** From the lake's root: "curated/patients/0f3a….parquet". */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly hash: string;
  /** Of the ingest that made it. */
  readonly ingest: string;
}

/** What was read for a version: its bytes lie in the raw zone by their hash, unless they were forgotten. */
export interface LakeSource {
  /** As the user named it, without folders that are the user's own. */
  readonly name: string;
  /** SHA-256 of the original bytes. */
  readonly hash: string;
  readonly bytes: number;
}

/** One version of a table, as its manifest says: `manifests/TABLE/vN.json`, whose creation is the commit. */
export interface TableVersion {
  readonly table: string;
  /** 1, 2, … */
  readonly version: number;
  readonly change: "append" | "replace" | "build" | "forget";
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly who: string;
  /** Id of the reader, "sql" for a query, "build" for a learning table. */
  readonly reader: string;
  readonly schema: readonly LakeColumn[];
  readonly parts: readonly LakePart[];
  readonly rows: number;
  /** Of this version's own change; earlier versions have theirs. */
  readonly sources: readonly LakeSource[];
  /** Addresses that it was made of, "lake://observations@v2", and the declaration with its hash. */
  readonly lineage: readonly string[];
  /** Rows that were put aside, see the quarantine. */
  readonly quarantined: number;
  /** Whether identities were taken out on the way in. */
  readonly deidentified: boolean;
  /** SHA-256 over schema and parts: equal content, equal hash. */
  readonly hash: string;
}

/** "lake://patients@v3", or the newest version where none is named. */
export interface LakeAddress {
  readonly table: string;
  readonly version?: number;
}

/** Where a lake's files are: a folder or a bucket. Paths are relative, with "/". */
export interface LakeStorage {
  /** "/data/lake" or "s3://bucket/prefix", without credentials. */
  readonly uri: string;
  /** @throws UserError when it is not there */
  read(path: string): Promise<Uint8Array>;
  /** Its bytes as they are now, whatever a cache holds. @throws UserError when it is not there */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** A file on this disk with the content: the file itself, or a copy in the cache. */
  local(path: string): Promise<string>;
  /** Folder on this disk from which `put` need not copy, where there is one. */
  readonly scratch?: string;
  /** Whole or not at all, in place of what is there. @param file on this disk; it may be moved, but not with `keep` */
  put(path: string, file: string, options?: { readonly keep?: boolean }): Promise<void>;
  /** Whole or not at all. @returns false when there is one already: nothing is written then */
  putNew(path: string, bytes: Uint8Array): Promise<boolean>;
  list(prefix: string): AsyncIterable<{ readonly path: string; readonly bytes: number; readonly modified: number }>;
  remove(path: string): Promise<void>;
}

/** Bytes to be read, by its name: a file, an entry of an archive. */
export interface ByteSource {
  /** For messages: "export.zip/Patient.ndjson". */
  readonly name: string;
  /** On this disk, where it is a file of its own. */
  readonly path?: string;
  readonly bytes?: number;
  open(): AsyncIterable<Uint8Array>;
}

export type LakeValue = string | number | bigint | boolean | null;

/** Rows of one table, column by column; columns that are absent are null. Times are milliseconds since the epoch. */
export interface RowBatch {
  readonly table: string;
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly LakeValue[]>>;
}

/** A row, line or file that could not be read; the rest goes in. Never the value itself in `reason`. */
export interface Quarantined {
  readonly source: string;
  /** From 1. */
  readonly line?: number;
  /** Of its first byte, from 0. */
  readonly offset?: number;
  readonly reason: string;
  /** The original text, which is kept in the quarantine of the lake, not shown. */
  readonly text?: string;
}

export interface ReadContext {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch: what lies after it is in the future. */
  readonly now: number;
  quarantine(problem: Quarantined): void;
  /** What was noticed: units that were converted, duplicates, encodings. */
  notice(code: string, message: string): void;
  progress(bytes: number): void;
  /** What readers keep from one file of an ingest to the next, by their id; without it each file is read by itself. */
  readonly shared?: Map<string, unknown>;
  /** Of the ingest, for readers that have some. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Rows that the ingest's DuckDB gives for a query over local files. */
  ask?(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

interface Reader {
  /** Its file's name in src/lake/formats. */
  readonly id: string;
  readonly title: string;
  /** 0: not this; 1: surely. By name and first bytes (up to 64 kB). */
  detect(name: string, head: Uint8Array): number;
}

/** Reads files that DuckDB can read itself. */
export interface SqlReader extends Reader {
  readonly kind: "sql";
  /**
   * What DuckDB can read, made of a source: files in `folder` where bytes must be decoded first or hold several tables. Without it
   * the source's own file is read, which is copied to disk when it has none.
   */
  prepare?(
    source: ByteSource,
    folder: string,
    context: ReadContext,
    options: Readonly<Record<string, unknown>>,
  ): Promise<readonly SqlInput[]>;
  /**
   * Query over a local file that gives the rows of one table. Lines that `read_csv(…, store_rejects = true)` rejects are put aside by
   * the ingest.
   */
  query(path: string, options: Readonly<Record<string, unknown>>): string;
  /**
   * Another input in place of one that DuckDB could not read: a mended copy in `folder`, without the lines that were put aside, or other
   * options. Asked again while that fails too; undefined when there is nothing to mend.
   */
  mend?(
    failed: { readonly input: SqlInput; readonly error: unknown },
    source: ByteSource,
    folder: string,
    context: ReadContext,
    options: Readonly<Record<string, unknown>>,
  ): Promise<SqlInput | undefined>;
}

export interface SqlInput {
  readonly path: string;
  /** Named by the source's file name when absent. */
  readonly table?: string;
  /** Those of the user when absent. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Reads clinical formats into tidy tables. */
export interface RowReader extends Reader {
  readonly kind: "rows";
  readonly tables: Readonly<Record<string, readonly LakeColumn[]>>;
  read(source: ByteSource, context: ReadContext): AsyncIterable<RowBatch>;
  /** After the last file of an ingest: tells what was counted over all of them. */
  finish?(context: ReadContext): void;
}

export type LakeReader = SqlReader | RowReader;
