import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { LakeColumn, LakePart, TableVersion } from "../../core/lake.ts";

const HASH = z.string().regex(/^[0-9a-f]{64}$/);
const COUNT = z.int().nonnegative();

export const COLUMNS = z.array(z.object({ name: z.string(), type: z.string() }));
export const PARTS = z.array(
  z.object({
    path: z.string().regex(/^curated\/[a-z0-9_]+\/[0-9a-f]{64}\.parquet$/),
    rows: COUNT,
    bytes: COUNT,
    hash: HASH,
    ingest: z.string(),
  }),
);
export const SOURCES = z.array(z.object({ name: z.string(), hash: HASH, bytes: COUNT }));

const VERSION = z.object({
  table: z.string(),
  version: z.int().positive(),
  change: z.enum(["append", "replace", "build", "forget"]),
  time: z.number(),
  who: z.string(),
  reader: z.string(),
  schema: COLUMNS,
  parts: PARTS,
  rows: COUNT,
  sources: SOURCES,
  lineage: z.array(z.string()),
  quarantined: COUNT,
  deidentified: z.boolean(),
  hash: HASH,
});

/** SHA-256 over schema and parts. */
export function hashContent(schema: readonly LakeColumn[], parts: readonly LakePart[]): string {
  return hashJson([schema, parts.map(({ hash }) => hash)]);
}

export const manifestPath = (table: string, version: number): string => `manifests/${table}/v${version}.json`;

/** A value as a JSON file of the lake. */
export const toFile = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);

/**
 * A JSON file of the lake, checked.
 * @throws UserError when it is broken
 */
export function fromFile<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw new UserError("a file of the lake is broken", {
      where: path,
      fix: "`disease lake verify` lists all that is broken; put this file back from a copy.",
      cause,
    });
  }
}

/** @throws UserError when it is broken, its hash too */
export function parseVersion(bytes: Uint8Array, path: string): TableVersion {
  const version = fromFile(VERSION, bytes, path);
  if (
    version.hash === hashContent(version.schema, version.parts) &&
    path === manifestPath(version.table, version.version)
  )
    return version;
  throw new UserError("a manifest does not agree with itself", { where: path, fix: "Put this file back from a copy." });
}
