/** What is compared: configurations, or the repeats of one. Pure. */

import type { RunTable } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { configName, Tag } from "../../core/trial.ts";
import { nameOf } from "../detail/subject.ts";

export interface Item {
  /** A, B, … */
  readonly label: string;
  readonly name: string;
  /** Marked runs of it. */
  readonly rows: readonly number[];
}

export interface Compared {
  readonly items: readonly Item[];
  /** All are repeats of one configuration: there is nothing to test. */
  readonly repeats: boolean;
}

/** Marked runs by configuration; of one configuration alone, run by run. */
export function comparedOf(table: RunTable, rows: readonly number[]): Compared {
  const byConfig = new Map<string, number[]>();
  for (const row of rows) {
    const key = textAt(table, `tags.${Tag.configKey}`, row) ?? table.runId(row);
    byConfig.set(key, [...(byConfig.get(key) ?? []), row]);
  }
  const repeats = byConfig.size === 1;
  const groups = repeats ? rows.map((row) => [row]) : [...byConfig.values()];
  const items = groups.map((group, i): Item => {
    const name = nameOf(table, group[0]!);
    return { label: String.fromCharCode(65 + i), name: group.length > 1 ? configName(name) : name, rows: group };
  });
  return { items, repeats };
}
