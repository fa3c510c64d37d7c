import type { Column } from "../core/dataset.ts";
import type { ColumnOrigin, LakeDataset } from "./build.ts";

/** What is known of a column, without any value of a patient but the extremes of numbers. */
export interface ColumnDescription extends ColumnOrigin {
  /** Rows of the dataset in which it is missing; 0 for the target. Absent for a column that was left out. */
  readonly missing?: number;
  readonly missingFraction?: number;
  /** Different values, or different labels of a multilabel column. */
  readonly distinct?: number;
  /** Of a numeric column: its smallest and greatest finite value. */
  readonly range?: readonly [number, number];
  /** Of a categorical, boolean or multilabel column and of the target: how many rows hold each level, most first. */
  readonly topCounts?: readonly number[];
}

const TOP = 5;

/** Describes every column of the file in its order, for `disease exp plan` and reports. */
export function describeColumns(dataset: LakeDataset): readonly ColumnDescription[] {
  const { frame, target, group, extra } = dataset;
  const columns = new Map<string, Column>();
  for (const column of [...frame.columns, ...extra, ...(group ? [group] : [])]) columns.set(column.name, column);
  const { name, classes: levels, codes } = target;
  columns.set(name, { kind: "categorical", name, levels, codes });
  return dataset.columns.map((origin) => {
    const column = columns.get(origin.name);
    if (column === undefined) return origin;
    const { missing, ...rest } = summary(column, frame.rows);
    return { ...origin, missing, missingFraction: missing / frame.rows, ...rest };
  });
}

type Summary = Pick<ColumnDescription, "distinct" | "range" | "topCounts"> & { readonly missing: number };

function summary(column: Column, rows: number): Summary {
  switch (column.kind) {
    case "numeric": {
      const present = column.values.filter((value) => !Number.isNaN(value)).sort();
      let distinct = 0;
      for (let i = 0; i < present.length; i++) if (i === 0 || present[i] !== present[i - 1]) distinct++;
      const finite = present.filter(Number.isFinite);
      const range = finite.length > 0 ? ([finite[0]!, finite.at(-1)!] as const) : undefined;
      return { missing: rows - present.length, distinct, ...(range && { range }) };
    }
    case "boolean": {
      const counts = [0, 0];
      for (const value of column.values) if (!Number.isNaN(value)) counts[value]!++;
      return { missing: rows - counts[0]! - counts[1]!, ...levelCounts(counts) };
    }
    case "categorical": {
      const counts = countCodes(column.codes, column.levels.length);
      return { missing: rows - counts.reduce((sum, n) => sum + n, 0), ...levelCounts(counts) };
    }
    case "multilabel": {
      const counts = countCodes(column.codes, column.levels.length);
      return { missing: column.missing.reduce((sum, m) => sum + m, 0), ...levelCounts(counts) };
    }
  }
}

function countCodes(codes: Int32Array, levels: number): number[] {
  const counts = new Array<number>(levels).fill(0);
  for (const code of codes) if (code >= 0) counts[code]!++;
  return counts;
}

function levelCounts(counts: readonly number[]): Pick<Summary, "distinct" | "topCounts"> {
  const held = counts.filter((n) => n > 0).sort((a, b) => b - a);
  return { distinct: held.length, topCounts: held.slice(0, TOP) };
}
