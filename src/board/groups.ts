import { Attr, type RunTable } from "../core/board/board.ts";
import { textAt } from "../core/board/run-table.ts";
import { configName, Tag } from "../core/trial.ts";
import type { RowTest } from "./code-test.ts";
import { COUNT, cellText, NONE, spreadText } from "./format.ts";
import { ranksOf } from "./rank.ts";
import { sortPlaces } from "./sort.ts";
import type { BoardGroup, Spread } from "./types.ts";
import { CONFIGURATION, type SortKey } from "./view.ts";

const CONFIG = `tags.${Tag.configKey}`;

/** The column whose values make a group. */
export function groupColumn(id: string): string {
  return id === CONFIGURATION ? CONFIG : id;
}

/**
 * Rows with the same values of some columns, in the order in which they come. Runs of which no configuration is known are
 * each a group of their own there.
 * @param order [n] rows
 */
export function groupRows(table: RunTable, by: readonly string[], order: Int32Array): BoardGroup[] {
  let numbers = new Int32Array(order.length); // of the group, by place in the order
  let size = 1;
  for (const id of by) {
    const { codes, domain } = codesOf(table, groupColumn(id), order, id === CONFIGURATION);
    const next = new Int32Array(order.length);
    const known = numbering(domain * size, order.length);
    for (let i = 0; i < order.length; i++) next[i] = known.of(codes[i]! * size + numbers[i]!);
    numbers = next;
    size = known.size();
  }
  return groupsOf(table, by, order, numbers, order.length === 0 ? 0 : size);
}

/** Gives whole numbers from 0 to others as they come; by an array where that is not much larger than what is numbered. */
export function numbering(domain: number, count: number): { of(value: number): number; size(): number } {
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

/** The rows of each group side by side in one array. */
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
  const groups: BoardGroup[] = [];
  for (let g = 0; g < size; g++) groups.push(new Group(table, by, all.subarray(at[g], ends[g])));
  return groups;
}

/** Names are made where they are asked for: there may be tens of thousands. */
class Group implements BoardGroup {
  readonly #table: RunTable;
  readonly #by: readonly string[];
  readonly rows: Int32Array;

  constructor(table: RunTable, by: readonly string[], rows: Int32Array) {
    this.#table = table;
    this.#by = by;
    this.rows = rows;
  }
  get key(): string {
    return this.#by.map((id) => keyOf(this.#table, id, this.rows[0]!)).join("\u0000");
  }
  get label(): string {
    return this.#by.map((id) => labelOf(this.#table, id, this.rows[0]!)).join(" · ");
  }
}

/** A whole number below the domain for each value of a column. @param apart whether rows without a value differ from each other */
function codesOf(
  table: RunTable,
  id: string,
  order: Int32Array,
  apart: boolean,
): { codes: Int32Array; domain: number } {
  const column = table.column(id);
  const codes = new Int32Array(order.length);
  if (column?.kind === "number") {
    const known = new Map<number, number>();
    const { values } = column;
    for (let i = 0; i < order.length; i++) {
      const value = values[order[i]!]!;
      const code = known.get(value) ?? known.size;
      known.set(value, code);
      codes[i] = code;
    }
    return { codes, domain: known.size };
  }
  let lone = column?.texts.length ?? 0;
  for (let i = 0; i < order.length; i++) {
    const code = column ? column.codes[order[i]!]! : -1;
    codes[i] = code >= 0 ? code + 1 : apart ? ++lone : 0;
  }
  return { codes, domain: lone + 1 };
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
  const numbers = keys.map(({ id, descending }) => {
    const column = table.column(id);
    if (column?.kind === "number") return { values: meansOf(table, id, groups), descending };
    const ranks = column && ranksOf(column).ranks;
    const values = Float64Array.from(groups, ({ rows }) => {
      const code = column?.codes[rows[0]!] ?? -1;
      return code < 0 || commonText(table, id, rows) === undefined ? Number.NaN : ranks![code]!;
    });
    return { values, descending };
  });
  return Array.from(sortPlaces(groups.length, numbers), (g) => groups[g]!);
}

/** [groups] the mean of a column over each group's finished runs, NaN where there is none. */
export function meansOf(table: RunTable, id: string, groups: readonly BoardGroup[]): Float64Array {
  const spread = spreadReader(table, id);
  const means = new Float64Array(groups.length);
  for (let g = 0; g < means.length; g++) means[g] = spread(groups[g]!.rows).mean;
  return means;
}

/** Mean and spread of a column over those of the rows that finished. */
export function spreadOf(table: RunTable, id: string, rows: Int32Array): Spread {
  return spreadReader(table, id)(rows);
}

function spreadReader(table: RunTable, id: string): (rows: Int32Array) => Spread {
  const column = table.column(id);
  if (column?.kind !== "number") return () => ({ n: 0, mean: Number.NaN, sd: Number.NaN });
  const { values } = column;
  const isDone = doneTest(table);
  return (rows) => {
    let n = 0;
    let mean = 0;
    let squares = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const value = values[row]!;
      if (Number.isNaN(value) || !isDone(row)) continue;
      n += 1;
      const off = value - mean; // Welford's way: no loss of digits where the spread is small
      mean += off / n;
      squares += off * (value - mean);
    }
    return { n, mean: n === 0 ? Number.NaN : mean, sd: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1)) };
  };
}

/** Whether a row's run finished; all did where no status is known. */
export function doneTest(table: RunTable): RowTest {
  const status = table.column(Attr.status);
  if (status?.kind !== "text") return () => true;
  const { codes } = status;
  const done = status.texts.indexOf("FINISHED");
  return (row) => codes[row] === done;
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
  const first = column.codes[rows[0]!];
  if (rows.every((row) => column.codes[row] === first)) return cellText(table, id, rows[0]!);
  return `${new Set(rows.map((row) => column.codes[row]!)).size} values`;
}

/** "5", or "3 of 5" where some did not finish. */
function countText(table: RunTable, rows: Int32Array): string {
  const done = finished(table, rows);
  return done === rows.length ? String(done) : `${done} of ${rows.length}`;
}
