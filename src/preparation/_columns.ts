import type { BooleanColumn, Column, NumericColumn } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";

/** A column that holds a number, or NaN, in each row. */
export type NumberColumn = NumericColumn | BooleanColumn;

export const isNumbers = (column: Column): column is NumberColumn =>
  column.kind === "numeric" || column.kind === "boolean";

/** Codes in `to` of each level of `from`, -1 where `to` lacks it: levels go by name, as new data number them otherwise. */
export function levelCodes(from: readonly string[], to: readonly string[]): Int32Array {
  const codes = new Map(to.map((level, code) => [level, code]));
  return Int32Array.from(from, (level) => codes.get(level) ?? -1);
}

/** `name`, or `name~2`, `name~3` … where it is taken; the result is taken from then on. */
export function claimName(taken: Set<string>, name: string): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}~${n}`;
  taken.add(free);
  return free;
}

/** Number of missing cells. */
export function countMissing(column: Column): number {
  let count = 0;
  switch (column.kind) {
    case "numeric":
    case "boolean":
      for (let row = 0; row < column.values.length; row++) if (Number.isNaN(column.values[row])) count++;
      break;
    case "categorical":
      for (const code of column.codes) if (code < 0) count++;
      break;
    case "multilabel":
      for (const flag of column.missing) if (flag !== 0) count++;
  }
  return count;
}

/** Patients that have each level, [levels]. */
export function countLevels(column: Column & { readonly kind: "categorical" | "multilabel" }): Uint32Array {
  const counts = new Uint32Array(column.levels.length);
  for (let i = 0; i < column.codes.length; i++) if (column.codes[i] >= 0) counts[column.codes[i]]++;
  return counts;
}

/** The values that are not missing, as a new array. (On typed arrays `filter` and `for of` are many times slower.) */
export function presentValues(values: Float64Array): Float64Array {
  const present = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) present[count++] = values[i];
  return present.subarray(0, count);
}

/** @throws UserError when a statistic of a column is not finite, which infinite or huge values bring about */
export function requireFinite(statistic: number, name: string, step: string): number {
  if (Number.isFinite(statistic)) return statistic;
  throw new UserError(
    `column ${JSON.stringify(name)} holds infinite or too large values: ${step} has no finite result`,
    {
      where: `preparation step "${step}"`,
      fix: "Replace the infinite values in the data, or leave the column out.",
    },
  );
}
