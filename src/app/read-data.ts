import { basename, resolve } from "node:path";
import type { Dataset } from "../core/dataset.ts";
import type { TableConfig } from "../experiments/schema.ts";
import { readDataset } from "../lake/read.ts";
import type { Project } from "./project.ts";

/**
 * The data that an experiment names; `source` is the path as it is written there, or the address with its version.
 * @param memory bytes that may be used
 */
export async function readData(
  project: Project,
  { data }: Pick<TableConfig, "data">,
  memory?: number,
): Promise<Dataset> {
  const limit = memory === undefined ? {} : { memoryLimitMB: Math.max(1, Math.floor(memory / 2e6)) };
  if (data.path.startsWith("lake://")) {
    const { readLakeData } = await import("./lake/dataset.ts");
    return readLakeData(project, { data }, limit);
  }
  const dataset = await readDataset(resolve(project.root, data.path), {
    name: basename(data.path).replace(/\.(csv|tsv|parquet)(\.gz)?$/i, ""),
    target: data.target!, // the schema asks for it beside a file
    group: data.group,
    columns: data.columns,
    missing: data.missing,
    delimiter: data.delimiter,
    ...limit,
  });
  return { ...dataset, source: data.path };
}
