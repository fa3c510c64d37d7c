/** Tables of the lake as data of experiments, and as patients to predict. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset, Notice } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { TableVersion } from "../../core/lake.ts";
import type { TableConfig } from "../../experiments/schema.ts";
import type { Lake } from "../../lake/lake.ts";
import { readRoles } from "../../lake/learning/roles.ts";
import { type ReadOptions, readDataset } from "../../lake/read.ts";
import { readParquetRows } from "../../lake/rows/parquet.ts";
import type { RowBatch } from "../../lake/rows/text.ts";
import { openSource } from "../../lake/source.ts";
import { showAddress } from "../../lake/versions/address.ts";
import type { Project } from "../project.ts";
import { openLake } from "./open.ts";

/**
 * A version of a table as an experiment names it; target, group and columns are those of its declaration where the experiment names
 * none. Its source is the address with the version, whether or not one was named.
 * @throws UserError when there is none, or nothing says what the target is
 */
export async function readLakeData(
  project: Project,
  { data }: Pick<TableConfig, "data">,
  options: Pick<ReadOptions, "memoryLimitMB">,
): Promise<Dataset> {
  const notices: Notice[] = [];
  const lake = openLake(project, { notify: (notice) => notices.push(notice) });
  const version = await lake.resolve(data.path);
  const roles = readRoles(version);
  const target = data.target ?? roles?.target;
  if (target === undefined) {
    throw new UserError(`${version.table} is no learning table: nothing says which column is the target`, {
      where: data.path,
      fix: [`Name it: data: {path: ${data.path}, target: COLUMN},`, "or declare a table: `disease lake build --help`."],
    });
  }
  await using file = await openTableFile(lake, version);
  const dataset = await readDataset(file.path, {
    name: version.table,
    target,
    group: data.group ?? roles?.group,
    columns: { ...roles?.columns, ...data.columns },
    missing: data.missing,
    ...options,
  });
  const made = version.lineage.filter((entry) => entry.startsWith("lake"));
  const lineage = made.length === 0 ? [] : [{ code: "lineage", message: `made of ${made.join(", ")}` }];
  return { ...dataset, source: showAddress(version), notices: [...notices, ...dataset.notices, ...lineage] };
}

/** The one Parquet file that a version is; one of several parts is written as such a file for the time. */
export async function openTableFile(
  lake: Lake,
  version: TableVersion,
): Promise<AsyncDisposable & { readonly path: string }> {
  const [only, ...more] = await lake.paths(version);
  if (only !== undefined && more.length === 0) return { path: only, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "disease-table-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, `${version.table}.parquet`);
    await lake.query(`SELECT * FROM "${version.table}@v${version.version}"`, { out: path });
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Rows of a table of the lake, as they are read from a Parquet file. @throws UserError when there is none */
export async function* readLakeRows(
  project: Project,
  address: string,
  notify: (notice: { readonly message: string }) => void,
): AsyncGenerator<RowBatch> {
  const lake = openLake(project, { notify });
  await using file = await openTableFile(lake, await lake.resolve(address));
  yield* readParquetRows(await openSource(file.path));
}
