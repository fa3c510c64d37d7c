/** From what a client or a file gives, cell by cell, to the columns that a model was trained on. */

import type { Column, Frame } from "../dataset.ts";
import { BOOLEAN_WORDS, MISSING_TOKENS, numberOf, PLAIN_NUMBER } from "../formats/cells.ts";
import type { InputColumn, RawRow, RawValue } from "./serving.ts";

export interface InputProblem {
  /** Place among the rows that were given, from 0. */
  readonly row: number;
  readonly column: string;
  /** Without the value. */
  readonly problem: string;
}

/** Rows that a model cannot take. */
export class InputError extends Error {
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    const { row, column, problem } = problems[0]!;
    super(`row ${row}, column ${JSON.stringify(column)}: ${problem}`);
    this.name = "InputError";
    this.problems = problems;
  }
}

/** Most problems that one error lists. */
const MOST_PROBLEMS = 20;

/** A cell as it comes: undefined where the row has no such column, null where its value is missing. */
export type Cell = (column: number, row: number) => unknown;

export interface ReadInput {
  readonly frame: Frame;
  /** What was taken otherwise than it was meant, perhaps; without values. */
  readonly notices: readonly string[];
}

/**
 * Reads rows for a model. Numbers may be written as texts, booleans as the words that a table may have; a level that training did not
 * have is handed on as one more level, which the model treats as its preparation does new levels.
 */
export interface InputReader {
  readonly input: readonly InputColumn[];
  /**
   * @param decimalComma whether "1,5" may be a number
   * @throws InputError for cells that are missing altogether or of another kind
   */
  read(rows: number, cell: Cell, decimalComma?: boolean): ReadInput;
}

/** @param input columns of the model, as a ServedTable has them */
export function createInputReader(input: readonly InputColumn[]): InputReader {
  const readers = input.map(readerOf);
  return {
    input,
    read(rows, cell, decimalComma = false) {
      const problems: InputProblem[] = [];
      const notices: string[] = [];
      const columns = readers.map((reader, j) => {
        const tell = (row: number, problem: string): void => {
          if (problems.length < MOST_PROBLEMS) problems.push({ row, column: input[j]!.name, problem });
        };
        return reader({ rows, at: (row) => cell(j, row), tell, notices, decimalComma });
      });
      if (problems.length > 0) throw new InputError(problems.sort((a, b) => a.row - b.row));
      return { frame: { rows, columns }, notices };
    },
  };
}

/** Cells of rows that are objects, by the columns' names; other keys are not looked at. */
export function cellsOf(input: readonly InputColumn[], rows: readonly object[]): Cell {
  const names = input.map(({ name }) => name);
  return (column, row) => {
    const name = names[column]!;
    return Object.hasOwn(rows[row]!, name) ? (rows[row] as Record<string, unknown>)[name] : undefined;
  };
}

/** One row as raw values, e.g. for the prediction log. */
export function rawRowOf({ columns }: Frame, row: number): RawRow {
  return Object.fromEntries(columns.map((column) => [column.name, rawValueOf(column, row)]));
}

/** A cell as a raw value; null is missing. */
export function rawValueOf(column: Column, row: number): RawValue {
  switch (column.kind) {
    case "numeric":
      return Number.isNaN(column.values[row]) ? null : column.values[row]!;
    case "boolean":
      return Number.isNaN(column.values[row]) ? null : column.values[row] === 1;
    case "categorical":
      return column.levels[column.codes[row]!] ?? null;
    case "multilabel":
      return column.missing[row] === 1
        ? null
        : Array.from(column.codes.subarray(column.offsets[row], column.offsets[row + 1]), (c) => column.levels[c]!);
  }
}

interface Reading {
  readonly rows: number;
  readonly at: (row: number) => unknown;
  readonly tell: (row: number, problem: string) => void;
  readonly notices: string[];
  readonly decimalComma: boolean;
}
type ColumnReader = (reading: Reading) => Column;

const MISSING: ReadonlySet<string> = new Set(["", ...MISSING_TOKENS]);
const WORDS: ReadonlyMap<string, number> = new Map(
  BOOLEAN_WORDS.flatMap(([yes, no]): [string, number][] => [
    [yes, 1],
    [no, 0],
  ]),
);
/** Models compute in single precision. */
const LARGEST = 3.4028234663852886e38;
const ABSENT = "is absent: give its value, or null where it is not known";

function readerOf(column: InputColumn): ColumnReader {
  switch (column.kind) {
    case "numeric":
      return numbers(column.name);
    case "boolean":
      return booleans(column.name);
    case "categorical":
      return categories(column.name, column.levels ?? []);
    case "multilabel":
      return labels(column.name, column.levels ?? []);
  }
}

/** null for what means "missing". */
const cleaned = (value: unknown): unknown => {
  if (typeof value !== "string") return typeof value === "number" && Number.isNaN(value) ? null : value;
  const text = value.trim();
  return MISSING.has(text) ? null : text;
};

function numbers(name: string): ColumnReader {
  return ({ rows, at, tell, decimalComma }) => {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const value = cleaned(at(row));
      const number = value === null ? Number.NaN : numberIn(value, decimalComma);
      if (value === undefined) tell(row, ABSENT);
      else if (value !== null && Number.isNaN(number)) tell(row, `has to be a number, not ${kindOf(value)}`);
      else if (Math.abs(number) > LARGEST) tell(row, "is too large a number");
      values[row] = number + 0;
    }
    return { kind: "numeric", name, values };
  };
}

function numberIn(value: unknown, decimalComma: boolean): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return Number.NaN;
  return numberOf(value, decimalComma && value.includes(",") ? "," : ".");
}

function booleans(name: string): ColumnReader {
  return ({ rows, at, tell }) => {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const value = cleaned(at(row));
      const truth = value === null ? Number.NaN : truthOf(value);
      if (value === undefined) tell(row, ABSENT);
      else if (truth === undefined) tell(row, `has to be true or false, not ${kindOf(value)}`);
      values[row] = truth ?? Number.NaN;
    }
    return { kind: "boolean", name, values };
  };
}

function truthOf(value: unknown): number | undefined {
  if (typeof value === "string") return WORDS.get(value.toLowerCase()) ?? truthOf(numberOf(value, "."));
  return value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined;
}

/** Codes of levels by name; new names come after the known ones, until `sorted` puts them in order. */
function createLevels(known: readonly string[]): {
  /** Undefined for what is no level, whatever it is called. */
  textOf(value: unknown): string | undefined;
  begin(): { codeOf(text: string): number; finish(codes: Int32Array): { levels: readonly string[]; extra: number } };
} {
  const codes = new Map(known.map((level, code) => [level, code]));
  const plain = known.every((level) => PLAIN_NUMBER.test(level));
  return {
    textOf(value) {
      // As the reader of tables names the levels of numbers: "1.0" is "1".
      if (typeof value === "string") return plain && PLAIN_NUMBER.test(value) ? String(Number(value)) : value;
      if (typeof value === "number") return Number.isFinite(value) ? String(value === 0 ? 0 : value) : undefined;
      return typeof value === "boolean" ? String(value) : undefined;
    },
    begin() {
      const fresh = new Map<string, number>();
      return {
        codeOf(text) {
          const code = codes.get(text) ?? fresh.get(text);
          if (code !== undefined) return code;
          fresh.set(text, known.length + fresh.size);
          return known.length + fresh.size - 1;
        },
        finish(used) {
          if (fresh.size === 0) return { levels: known, extra: 0 };
          const now = [...known, ...fresh.keys()];
          const levels = [...now].sort();
          const place = new Map(levels.map((level, i) => [level, i]));
          used.forEach((code, i) => {
            if (code >= 0) used[i] = place.get(now[code]!)!;
          });
          return { levels, extra: fresh.size };
        },
      };
    },
  };
}

const newLevels = (name: string, rows: number): string =>
  `column ${JSON.stringify(name)} has levels that training did not have, in ${rows} ${rows === 1 ? "row" : "rows"}`;

function categories(name: string, known: readonly string[]): ColumnReader {
  const levels = createLevels(known);
  return ({ rows, at, tell, notices }) => {
    const { codeOf, finish } = levels.begin();
    const codes = new Int32Array(rows).fill(-1);
    let strange = 0;
    for (let row = 0; row < rows; row++) {
      const value = cleaned(at(row));
      if (value === null) continue;
      const text = levels.textOf(value);
      if (value === undefined) tell(row, ABSENT);
      else if (text === undefined) tell(row, `has to be a text, not ${kindOf(value)}`);
      else codes[row] = codeOf(text);
      if (codes[row]! >= known.length) strange++;
    }
    const { levels: all } = finish(codes);
    if (strange > 0) notices.push(newLevels(name, strange));
    return { kind: "categorical", name, levels: all, codes };
  };
}

function labels(name: string, known: readonly string[]): ColumnReader {
  const levels = createLevels(known);
  const isKnown = new Set(known);
  return ({ rows, at, tell, notices }) => {
    const { codeOf, finish } = levels.begin();
    const lists: number[][] = [];
    const missing = new Uint8Array(rows);
    let strange = 0;
    for (let row = 0; row < rows; row++) {
      const value = cleaned(at(row));
      const list = Array.isArray(value)
        ? value.map(cleaned)
        : typeof value === "string"
          ? cut(value, isKnown)
          : [value];
      const texts = value === null || value === undefined ? [] : list.map(levels.textOf);
      if (value === undefined) tell(row, ABSENT);
      else if (texts.includes(undefined)) tell(row, `has to be a list of texts, not ${kindOf(value)}`);
      missing[row] = value === null ? 1 : 0;
      const codes = texts.flatMap((text) => (text === undefined ? [] : codeOf(text)));
      if (codes.some((code) => code >= known.length)) strange++;
      lists.push(codes);
    }
    const flat = Int32Array.from(lists.flat());
    const { levels: all } = finish(flat);
    if (strange > 0) notices.push(newLevels(name, strange));
    return { kind: "multilabel", name, levels: all, missing, ...rowsOf(lists, flat) };
  };
}

/** Offsets and codes, ascending and without doubles within a row. @param flat codes of all lists, one list after the other */
function rowsOf(lists: readonly (readonly number[])[], flat: Int32Array): { offsets: Uint32Array; codes: Int32Array } {
  const offsets = new Uint32Array(lists.length + 1);
  const codes: number[] = [];
  let at = 0;
  lists.forEach(({ length }, row) => {
    codes.push(...new Set(flat.slice(at, at + length).sort()));
    at += length;
    offsets[row + 1] = codes.length;
  });
  return { offsets, codes: Int32Array.from(codes) };
}

/** A cell of labels between | or ; or commas, as far as a comma belongs to no label. */
function cut(cell: string, known: ReadonlySet<string>): readonly string[] {
  if (known.has(cell)) return [cell];
  const separator = ["|", ";", ","].find((each) => cell.includes(each));
  if (separator === undefined) return [cell];
  const parts = cell
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return separator === "," && !parts.every((part) => known.has(part)) ? [cell] : parts;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value === "string" ? "text" : typeof value}`;
}
