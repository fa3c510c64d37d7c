import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { LakeColumn } from "../../core/lake.ts";
import { type Duck, fileLiteral, identifier, literal } from "../engine/duck.ts";
import { hashFile } from "./sources.ts";

/** A Parquet file that is not in the lake yet. */
export interface MadePart {
  readonly table: string;
  readonly file: string;
  readonly schema: readonly LakeColumn[];
  readonly rows: number;
}

/** A part of a version, but for its place and the ingest. */
export interface Weighed {
  readonly rows: number;
  readonly bytes: number;
  readonly hash: string;
}

/** Writes what a query gives as a Parquet file. @returns its rows */
export function writeParquet(duck: Duck, query: string, file: string): Promise<number> {
  return duck.run(`COPY (${query}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`);
}

/** Columns of a Parquet file as DuckDB reads it. */
export const schemaOf = (duck: Duck, file: string): Promise<readonly LakeColumn[]> =>
  duck.columns(`SELECT * FROM read_parquet(${fileLiteral(file)}, hive_partitioning = false)`);

export async function weigh(part: MadePart): Promise<Weighed> {
  const [{ size }, hash] = await Promise.all([stat(part.file), hashFile(part.file)]);
  return { rows: part.rows, bytes: size, hash };
}

/** The same rows with other types. */
export async function retype(
  duck: Duck,
  part: MadePart,
  types: ReadonlyMap<string, string>,
  folder: string,
): Promise<MadePart> {
  const columns = part.schema.map(({ name }) => {
    const type = types.get(name);
    return type === undefined ? identifier(name) : `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`;
  });
  const file = join(folder, `retyped-${part.file.split(/[/\\]/).at(-1)}`);
  const query = `SELECT ${columns.join(", ")} FROM read_parquet(${fileLiteral(part.file)}, hive_partitioning = false)`;
  await writeParquet(duck, query, file);
  return { ...part, file, schema: await schemaOf(duck, file) };
}
