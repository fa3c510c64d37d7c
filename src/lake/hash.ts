import type { Column, Dataset } from "../core/dataset.ts";
import { hashBytes } from "../core/hash.ts";

/**
 * SHA-256 over the features, the target and the groups, in the order of columns and rows: the same table has the same
 * hash wherever it lies and whatever format it was read from.
 */
export function hashDataset({ frame, target, group }: Pick<Dataset, "frame" | "target" | "group">): string {
  const header = {
    columns: frame.columns.map(columnHeader),
    target: { name: target.name, classes: target.classes },
    group: group && columnHeader(group),
  };
  const arrays = [...frame.columns, ...(group ? [group] : [])].flatMap(columnArrays);
  return hashBytes("disease dataset 1", JSON.stringify(header), ...arrays, target.codes);
}

function columnHeader(column: Column): unknown {
  const { kind, name } = column;
  return kind === "categorical" || kind === "multilabel" ? { kind, name, levels: column.levels } : { kind, name };
}

function columnArrays(column: Column): ArrayBufferView[] {
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return [column.values];
    case "categorical":
      return [column.codes];
    case "multilabel":
      return [column.offsets, column.codes, column.missing];
  }
}
