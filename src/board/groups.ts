import { textAt } from "../core/board/run-table.ts";
import { Attr, type RunTable } from "../core/board.ts";
import { configName, Tag } from "../core/trial.ts";
import { COUNT, cellText, NONE, spreadText } from "./format.ts";
import { ranksOf } from "./rank.ts";
import { compareNumbers } from "./sort.ts";
import type { BoardGroup, Spread } from "./types.ts";
import { CONFIGURATION, type SortKey } from "./view.ts";

const CONFIG = `tags.${Tag.configKey}`;

/**
 * Rows with the same values of some columns, in the order in which they come. Runs of which no configuration is known are
 * each a group of their own there.
 * @param order [n] rows
 */
export function groupRows(table: RunTable, by: readonly string[], order: Int32Array): BoardGroup[] {
  let numbers = new Int32Array(order.length); // of the group, by place in the order
  let size = 1;
  for (const id of by) {
    const codes = codesOf(table, id === CONFIGURATION ? CONFIG : id, order, id === CONFIGURATION);
    const next = new Int32Array(order.length);
    const most = codes.reduce((a, b) => Math.max(a, b), 0) + 1;
    const known = numbering(most * size, order.length);
    for (let i = 0; i < order.length; i++) next[i] = known.of(codes[i]! * size + numbers[i]!);
    numbers = next;
    size = known.size();
  }
  return groupsOf(table, by, order, numbers, order.length === 0 ? 0 : size);
}

/** Gives whole numbers from 0 to others as they come; by an array where that is not much larger than what is numbered. */
function numbering(domain: number, count: number): { of(value: number): number; size(): number } {
  let size = 0;
  if (domain <= 4 * count + 1024) {
    const known = new Int32Array(domain).fill(-1);
    return {
      of(value) {
        if (known[value] === -1) known[value] = size++;
        return known[value]!;
      },
      size: () => size,
    };
  }
  const known = new Map<number, number>();
  return {
    of(value) {
      const number = known.get(value) ?? size;
      if (number === size) known.set(value, size++);
      return number;
    },
    size: () => size,
  };
}

/** The rows of each group side by side in one array; names are made where they are asked for. */
function groupsOf(
  table: RunTable,
  by: readonly string[],
  order: Int32Array,
  numbers: Int32Array,
  size: number,
): BoardGroup[] {
  const ends = new Int32Array(size);
  for (const number of numbers) ends[number]!++;
  for (let g = 1; g < size; g++) ends[g]! += ends[g - 1]!;
  const all = new Int32Array(order.length);
  const at = ends.slice();
  for (let i = order.length - 1; i >= 0; i--) all[--at[numbers[i]!]!] = order[i]!;
  return Array.from(ends, (end, g) => {
    const rows = all.subarray(at[g], end);
    return {
      rows,
      get key() {
        return by.map((id) => keyOf(table, id, rows[0]!)).join("\u0000");
      },
      get label() {
        return by.map((id) => labelOf(table, id, rows[0]!)).join(" · ");
      },
    };
  });
}

/** A whole number for each value of a column. @param apart whether rows without a value differ from each other */
function codesOf(table: RunTable, id: string, order: Int32Array, apart: boolean): Float64Array {
  const column = table.column(id);
  const codes = new Float64Array(order.length);
  const known = new Map<number, number>();
  let lone = column?.kind === "text" ? column.texts.length : 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    if (column?.kind === "number") {
      const value = column.values[row]!;
      const code = known.get(value) ?? known.size;
      known.set(value, code);
      codes[i] = code;
      continue;
    }
    const code = column?.codes[row] ?? -1;
    codes[i] = code >= 0 ? code + 1 : apart ? ++lone : 0;
  }
  return codes;
}

function keyOf(table: RunTable, id: string, row: number): string {
  if (id === CONFIGURATION) return textAt(table, CONFIG, row) ?? table.runId(row);
  return textAt(table, id, row) ?? cellText(table, id, row);
}

function labelOf(table: RunTable, id: string, row: number): string {
  return id === CONFIGURATION ? configName(cellText(table, Attr.name, row)) : cellText(table, id, row);
}

/** Groups by the means of their runs, or by the text that all of them have; those without come last. */
export function sortGroups(table: RunTable, groups: readonly BoardGroup[], keys: readonly SortKey[]): BoardGroup[] {
  const values = keys.map(({ id }) => {
    const column = table.column(id);
    if (column?.kind === "number") return groups.map((group) => spreadOf(table, id, group.rows).mean);
    const ranks = column && ranksOf(column).ranks;
    return groups.map(({ rows }) => {
      const code = column?.codes[rows[0]!] ?? -1;
      return code < 0 || commonText(table, id, rows) === undefined ? Number.NaN : ranks![code]!;
    });
  });
  const order = groups.map((_, g) => g);
  order.sort((a, b) => {
    for (const [k, { descending }] of keys.entries()) {
      const found = compareNumbers(values[k]![a]!, values[k]![b]!, descending ? -1 : 1);
      if (found !== 0) return found;
    }
    return a - b;
  });
  return order.map((g) => groups[g]!);
}

/** Mean and spread of a column over those of the rows that finished. */
export function spreadOf(table: RunTable, id: string, rows: Int32Array): Spread {
  const column = table.column(id);
  const status = table.column(Attr.status);
  if (column?.kind !== "number") return { n: 0, mean: Number.NaN, sd: Number.NaN };
  let n = 0;
  let mean = 0;
  let squares = 0;
  const done = status?.kind === "text" ? status.texts.indexOf("FINISHED") : -1;
  for (const row of rows) {
    const value = column.values[row]!;
    if (Number.isNaN(value) || (status?.kind === "text" && status.codes[row] !== done)) continue;
    n += 1;
    const off = value - mean; // Welford's way: no loss of digits where the spread is small
    mean += off / n;
    squares += off * (value - mean);
  }
  return { n, mean: n === 0 ? Number.NaN : mean, sd: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1)) };
}

/** How many of the rows finished. */
export function finished(table: RunTable, rows: Int32Array): number {
  return rows.reduce((n, row) => n + (textAt(table, Attr.status, row) === "FINISHED" ? 1 : 0), 0);
}

/** The text that all rows have in a column; undefined when they differ or have none. */
export function commonText(table: RunTable, id: string, rows: Int32Array): string | undefined {
  const column = table.column(id);
  if (column?.kind !== "text" || rows.length === 0) return undefined;
  const code = column.codes[rows[0]!]!;
  return code >= 0 && rows.every((row) => column.codes[row] === code) ? column.texts[code] : undefined;
}

/** A cell of a group: "0.8123 ± 0.0040", the text that its runs share, or how many they have. */
export function groupText(table: RunTable, id: string, { rows }: BoardGroup): string {
  if (id === COUNT) return countText(table, rows);
  const column = table.column(id);
  if (column?.kind === "number") return spreadText(id, spreadOf(table, id, rows));
  if (!column) return NONE;
  const codes = new Set(rows.map((row) => column.codes[row]!));
  return codes.size === 1 ? cellText(table, id, rows[0]!) : `${codes.size} values`;
}

/** "5", or "3 of 5" where some did not finish. */
function countText(table: RunTable, rows: Int32Array): string {
  const done = finished(table, rows);
  return done === rows.length ? String(done) : `${done} of ${rows.length}`;
}
