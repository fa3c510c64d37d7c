import { Attr, type RunTable } from "../core/board/board.ts";
import { visible } from "../core/formats/visible.ts";
import { VALIDATION } from "../core/trial.ts";
import { compact, duration, moment } from "./numbers.ts";
import type { Spread } from "./types.ts";

/** What a cell without a value shows. */
export const NONE = "–";
/** The column that says how many runs a line stands for. */
export const COUNT = "n";

/** How the numbers of a column are to be read. */
export type Unit = "number" | "score" | "time" | "seconds";

export function unitOf(id: string): Unit {
  if (id === Attr.start || id === Attr.end) return "time";
  if (id === Attr.duration || /^metrics\..*_seconds$/.test(id)) return "seconds";
  return id.startsWith(`metrics.${VALIDATION}`) ? "score" : "number";
}

/** A number of a column, for a person. */
export function numberText(id: string, value: number): string {
  const unit = unitOf(id);
  if (unit === "time") return moment(value);
  if (unit === "seconds") return duration(value);
  // The figures of a column stand under each other: 1 beside 0.9694, 0.00001 beside 0.0014.
  return unit === "score" && Math.abs(value) < 100 ? value.toFixed(4) : compact(value);
}

/** A cell as it is shown: no control characters, "–" where there is nothing. A run's status tells a pruned one apart. */
export function cellText(table: RunTable, id: string, row: number): string {
  const column = table.column(id);
  if (id === COUNT) return "1";
  if (!column) return NONE;
  if (column.kind === "number") {
    const value = column.values[row]!;
    if (!Number.isNaN(value)) return numberText(id, value);
    return column.nans.has(row) ? "NaN" : NONE;
  }
  const code = column.codes[row]!;
  return code < 0 ? NONE : visible(column.texts[code]!);
}

/** "0.8123 ± 0.0040"; without the spread where there is one value. */
export function spreadText(id: string, { n, mean, sd }: Spread): string {
  if (n === 0) return NONE;
  const unit = unitOf(id);
  const text = numberText(id, mean);
  if (Number.isNaN(sd) || unit === "time") return text;
  return `${text} ± ${numberText(id, sd)}`;
}
