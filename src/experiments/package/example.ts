import type { Column, Frame } from "../../core/dataset.ts";
import type { FittedPipeline } from "../../preparation/_pipeline.ts";

/** A value a raw column; null is missing. */
export type ExampleRow = Readonly<Record<string, number | string | boolean | null>>;

/** Rows that are looked at: enough to be typical. */
const MOST = 1001;

/**
 * A made-up patient that is typical of these: medians and the most frequent levels, column by column, so that it is nobody
 * in particular.
 */
export function typicalRow(frame: Frame): ExampleRow {
  const every = Math.max(1, Math.floor(frame.rows / MOST));
  const rows = Array.from({ length: Math.floor(frame.rows / every) }, (_, i) => i * every);
  return Object.fromEntries(frame.columns.map((column) => [column.name, typical(column, rows)]));
}

function typical(column: Column, rows: readonly number[]): ExampleRow[string] {
  if (column.kind === "numeric" || column.kind === "boolean") {
    const values = rows.map((row) => column.values[row]!).filter((value) => !Number.isNaN(value));
    const median = values.sort((a, b) => a - b)[(values.length - 1) >> 1];
    return median === undefined ? null : column.kind === "boolean" ? median === 1 : median;
  }
  const counts = new Uint32Array(column.levels.length);
  for (const row of rows) {
    if (column.kind === "categorical") {
      if (column.codes[row]! >= 0) counts[column.codes[row]!]!++;
    } else {
      for (let at = column.offsets[row]!; at < column.offsets[row + 1]!; at++) counts[column.codes[at]!]!++;
    }
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? null : column.levels[counts.indexOf(most)]!;
}

/** What stands for a patient where a model was saved without an example: nothing but a level of each category. */
export function exampleFor(pipeline: FittedPipeline): ExampleRow {
  return Object.fromEntries(
    pipeline.input.map(({ name, kind, levels }) => [name, kind === "boolean" ? false : (levels?.[0] ?? null)]),
  );
}
