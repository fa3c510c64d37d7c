import type { BoardColumn, NumberColumn, RunTable, TextColumn, WritableRunTable } from "./board.ts";

/** Batches whose rows are remembered; who looks more rarely than this looks at all rows. */
const REMEMBERED = 64;
const FIRST_ROWS = 256;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Numbers extends Mutable<NumberColumn> {
  readonly nans: Set<number>;
}
interface Texts extends Mutable<TextColumn> {
  texts: string[];
  codeOf: Map<string, number>;
}

/** An empty table. */
export function createRunTable(): WritableRunTable {
  const runIds: string[] = [];
  const rowByRun = new Map<string, number>();
  const columns = new Map<string, Numbers | Texts>();
  const ids: string[] = [];
  const batches: { readonly version: number; readonly rows: Int32Array }[] = [];
  let capacity = FIRST_ROWS;
  let version = 0;
  let touched: number[] = [];
  /** [capacity] version of the batch that touched the row last */
  let stamps = new Int32Array(capacity);

  function grow(): void {
    capacity *= 2;
    stamps = lengthened(stamps, capacity, 0);
    for (const column of columns.values()) {
      if (column.kind === "number") column.values = lengthened(column.values, capacity, Number.NaN);
      else column.codes = lengthened(column.codes, capacity, -1);
    }
  }

  function touch(row: number, column?: Numbers | Texts): void {
    if (column) column.version = version + 1;
    if (stamps[row] === version + 1) return;
    stamps[row] = version + 1;
    touched.push(row);
  }

  function made<K extends BoardColumn["kind"]>(id: string, kind: K): Extract<Numbers | Texts, { kind: K }> {
    const known = columns.get(id);
    const column = known ?? (kind === "number" ? numbers(id, capacity) : texts(id, capacity));
    if (!known) {
      columns.set(id, column);
      ids.push(id);
    }
    if (column.kind !== kind) throw new TypeError(`column ${id} holds ${column.kind}s`);
    return column as Extract<Numbers | Texts, { kind: K }>;
  }

  return {
    get rows() {
      return runIds.length;
    },
    get version() {
      return version;
    },
    columnIds: ids,
    column: (id) => columns.get(id),
    runId: (row) => runIds[row]!,
    rowOf: (runId) => rowByRun.get(runId),

    changedSince(since) {
      if (since >= version) return new Int32Array(0);
      if (batches.length === 0 || batches[0]!.version > since + 1) return undefined;
      const later = batches.filter((batch) => batch.version > since);
      if (later.length === 1) return later[0]!.rows;
      return Int32Array.from(new Set(later.flatMap((batch) => [...batch.rows])));
    },

    add(runId) {
      const known = rowByRun.get(runId);
      if (known !== undefined) return known;
      const row = runIds.length;
      if (row === capacity) grow();
      runIds.push(runId);
      rowByRun.set(runId, row);
      touch(row);
      return row;
    },

    setNumber(id, row, value) {
      if (value === undefined && !columns.has(id)) return;
      const column = made(id, "number");
      const isNan = value !== undefined && Number.isNaN(value);
      if (column.nans.has(row) !== isNan) {
        if (isNan) column.nans.add(row);
        else column.nans.delete(row);
      } else if (Object.is(column.values[row], value ?? Number.NaN)) return;
      column.values[row] = value ?? Number.NaN;
      touch(row, column);
    },

    setText(id, row, text) {
      if (text === undefined && !columns.has(id)) return;
      const column = made(id, "text");
      let code = -1;
      if (text !== undefined) {
        code = column.codeOf.get(text) ?? column.texts.length;
        if (code === column.texts.length) {
          column.texts.push(text);
          column.codeOf.set(text, code);
        }
      }
      if (column.codes[row] === code) return;
      column.codes[row] = code;
      touch(row, column);
    },

    commit() {
      if (touched.length === 0) return false;
      version += 1;
      batches.push({ version, rows: Int32Array.from(touched) });
      if (batches.length > REMEMBERED) batches.shift();
      touched = [];
      for (const column of columns.values()) {
        if (column.kind === "text" && column.texts.length > 2 * runIds.length + FIRST_ROWS) {
          recode(column, runIds.length);
        }
      }
      return true;
    },
  };
}

function numbers(id: string, capacity: number): Numbers {
  return { kind: "number", id, values: new Float64Array(capacity).fill(Number.NaN), nans: new Set(), version: 0 };
}

function texts(id: string, capacity: number): Texts {
  const codes = new Int32Array(capacity).fill(-1);
  return { kind: "text", id, codes, texts: [], codeOf: new Map(), epoch: 0, version: 0 };
}

function lengthened<T extends Float64Array | Int32Array>(array: T, length: number, rest: number): T {
  const longer = new (array.constructor as new (length: number) => T)(length);
  longer.set(array);
  longer.fill(rest, array.length);
  return longer;
}

/** Drops texts that are of no row any more: a tag that keeps changing must not fill the memory. */
function recode(column: Texts, rows: number): void {
  const before = column.texts;
  column.texts = [];
  column.codeOf = new Map();
  column.codes = column.codes.map((code, row) => {
    if (row >= rows || code < 0) return -1;
    const text = before[code]!;
    const now = column.codeOf.get(text) ?? column.texts.push(text) - 1;
    column.codeOf.set(text, now);
    return now;
  });
  column.epoch += 1;
}

/** The text of a cell; undefined where there is none. */
export function textAt(table: RunTable, id: string, row: number): string | undefined {
  const column = table.column(id);
  return column?.kind === "text" ? column.texts[column.codes[row]!] : undefined;
}

/** The number of a cell; NaN where there is none. */
export function numberAt(table: RunTable, id: string, row: number): number {
  const column = table.column(id);
  return column?.kind === "number" ? column.values[row]! : Number.NaN;
}
