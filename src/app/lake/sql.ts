import { chmodSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, UserError } from "../../core/errors.ts";
import type { LakeColumn } from "../../core/lake.ts";
import type { Lake } from "../../lake/lake.ts";

export type LakeCell = string | number | boolean | null;

export interface LakeAnswer {
  readonly columns: readonly LakeColumn[];
  readonly rows: readonly Readonly<Record<string, LakeCell>>[];
  readonly count: number;
  /** Whether there are more rows than were asked for. */
  readonly more: boolean;
}

/**
 * Answers a SELECT over the lake's tables.
 * @param options.out gets the rows instead, whole or not at all, readable by its owner
 * @param options.limit rows at most, 0 for all
 * @throws UserError with what is wrong about the query, and when the file cannot be written
 */
export async function lakeSql(
  lake: Lake,
  sql: string,
  options: { readonly out?: string; readonly limit?: number },
): Promise<LakeAnswer> {
  if (options.out !== undefined) return toFile(lake, sql, options.out);
  const { columns, rows, count, more } = await lake.query(sql, { limit: options.limit || undefined });
  const named = rows.map((row) => Object.fromEntries(columns.map(({ name, type }, i) => [name, cellOf(row[i], type)])));
  return { columns, rows: named, count, more };
}

async function toFile(lake: Lake, sql: string, out: string): Promise<LakeAnswer> {
  const path = resolve(out);
  if (!/\.(parquet|csv)$/i.test(path)) {
    throw new UserError("the file's ending says what is written", { where: out, fix: "End it in .parquet or .csv." });
  }
  const ending = /\.\w+$/.exec(path)![0];
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.part${ending}`);
  try {
    const { columns, count } = await lake.query(sql, { out: part });
    chmodSync(part, 0o600);
    renameSync(part, path);
    return { columns, rows: [], count, more: false };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the file cannot be written: ${messageOf(error)}`, { where: out, cause: error });
  } finally {
    rmSync(part, { force: true });
  }
}

/** As JSON can hold it: times in ISO 8601, whole numbers that a double cannot hold as text, lists and structures as JSON. */
function cellOf(value: unknown, type: string): LakeCell {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return type === "DATE" ? value.toISOString().slice(0, 10) : value.toISOString();
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? Number(inner) : inner));
}
