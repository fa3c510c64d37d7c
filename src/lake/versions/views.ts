import type { LakeStorage, TableVersion } from "../../core/lake.ts";
import { type Duck, fileLiteral, identifier } from "../engine/duck.ts";
import { inParallel } from "../parallel.ts";

/** Local files of a version's parts; those of a bucket are fetched. */
export function localParts(storage: LakeStorage, version: TableVersion): Promise<readonly string[]> {
  return inParallel(version.parts, 8, ({ path }) => storage.local(path));
}

/** Query over the parts of a version: its columns in their order, null where an older part has not got one. */
export function selectParts(version: Pick<TableVersion, "schema">, files: readonly string[]): string {
  const columns = version.schema.map(({ name, type }) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`);
  if (files.length === 0) {
    const empty = version.schema.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${identifier(name)}`);
    return `SELECT ${empty.join(", ")} WHERE false`;
  }
  const list = files.map(fileLiteral).join(", ");
  return `SELECT ${columns.join(", ")} FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
}

/** Makes a view of a version. @returns the files that it reads */
export async function makeView(
  duck: Duck,
  storage: LakeStorage,
  name: string,
  version: TableVersion,
): Promise<readonly string[]> {
  const files = await localParts(storage, version);
  await duck.run(`CREATE VIEW ${identifier(name)} AS ${selectParts(version, files)}`);
  return files;
}
