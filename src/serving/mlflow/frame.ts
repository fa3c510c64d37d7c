import { type Cell, cellsOf, InputError, type InputReader, type ReadInput } from "../../core/serving/input.ts";
import type { InputColumn } from "../../core/serving/serving.ts";
import type { ServeSettings } from "../context.ts";
import { badRequest, unprocessable } from "../refusal.ts";
import { parseCsv } from "./csv.ts";

/** The forms of MLflow's scoring protocol, as rows of the model's columns. */

type Limits = Pick<ServeSettings, "maxRows" | "maxColumns">;

/** Rows as they came: by place, by name, or column by column. */
interface Table {
  readonly rows: number;
  /** How many columns it has, where that is known without looking at each row. */
  readonly columns?: number;
  /** Whether the model's column is there at all. */
  has(column: number): boolean;
  readonly cell: Cell;
}

const FORMS = ["dataframe_split", "dataframe_records", "instances", "inputs"] as const;
const NEEDED = `The input must be a JSON dictionary with exactly one of the input fields ${FORMS.join(", ")}`;

/** @throws Refusal 400 for another form than the protocol's, 422 for columns or cells that the model cannot take */
export function readJsonRows(body: unknown, reader: InputReader, limits: Limits): ReadInput {
  if (!isObject(body)) throw badRequest(`${NEEDED}. Received ${whatIs(body)}.`);
  const given = FORMS.filter((form) => Object.hasOwn(body, form));
  if (given.length !== 1) throw badRequest(`${NEEDED}. Received ${given.length === 0 ? "none" : given.join(" and ")}.`);
  const form = given[0]!;
  return read(tableIn(form, body[form], reader.input), reader, limits);
}

/** @throws Refusal as `readJsonRows` */
export function readCsvRows(text: string, reader: InputReader, limits: Limits): ReadInput {
  const { header, rows } = parseCsv(text);
  return read(byPlace(header, rows, reader.input), reader, limits);
}

function read(table: Table, reader: InputReader, limits: Limits): ReadInput {
  const { input } = reader;
  if (table.rows > limits.maxRows) {
    throw unprocessable(`${table.rows} rows are more than the ${limits.maxRows} that one request may have`);
  }
  if (table.columns !== undefined && table.columns > limits.maxColumns) {
    throw unprocessable(`${table.columns} columns are more than the ${limits.maxColumns} that one request may have`);
  }
  const missing = input.filter((_, column) => !table.has(column)).map(({ name }) => name);
  if (missing.length > 0) {
    const names = missing.slice(0, 10).map((name) => `"${name}"`);
    const more = missing.length > names.length ? ` and ${missing.length - names.length} more` : "";
    throw unprocessable(`Model is missing inputs: ${names.join(", ")}${more}`, { missing });
  }
  try {
    // A record without one of the columns that others have does not know its value, as in pandas.
    return reader.read(table.rows, (column, row) => table.cell(column, row) ?? null);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw unprocessable(`The model cannot take ${error.message}`, { problems: error.problems });
  }
}

function tableIn(form: (typeof FORMS)[number], value: unknown, input: readonly InputColumn[]): Table {
  switch (form) {
    case "dataframe_split":
      return splitIn(value, input);
    case "dataframe_records":
      if (!Array.isArray(value))
        throw badRequest(`Dataframe records format must be a list of records. Got ${whatIs(value)}.`);
      return records(value, form, input);
    default:
      if (isObject(value)) return byColumn(value, form, input);
      if (!Array.isArray(value)) throw badRequest(`${form} must be a list or a dictionary. Got ${whatIs(value)}.`);
      if (value.every(isObject)) return records(value, form, input);
      // Plain values are those of the one column that there is.
      if (input.length === 1)
        return byPlace(
          [input[0]!.name],
          value.map((cell) => [cell]),
          input,
        );
      throw badRequest(`${form} must name the model's columns: a list of records, or a dictionary of lists`);
  }
}

function splitIn(value: unknown, input: readonly InputColumn[]): Table {
  if (!isObject(value)) throw badRequest(`Dataframe split format must be a dictionary. Got ${whatIs(value)}.`);
  const others = Object.keys(value).filter((key) => key !== "columns" && key !== "data" && key !== "index");
  const { columns = [], data } = value as { readonly columns?: unknown; readonly data?: unknown };
  if (!Array.isArray(data) || others.length > 0) {
    throw badRequest("Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields");
  }
  if (!Array.isArray(columns)) throw badRequest("'columns' of dataframe split format must be a list of names");
  const odd = data.findIndex((row) => !Array.isArray(row) || row.length !== columns.length);
  if (odd >= 0) {
    const row: unknown = data[odd];
    const has = Array.isArray(row) ? `has ${row.length} values` : "is not a list";
    throw badRequest(`Row ${odd} of 'data' ${has}; there are ${columns.length} columns`);
  }
  return byPlace(columns.map(String), data as readonly (readonly unknown[])[], input);
}

function byPlace(
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
  input: readonly InputColumn[],
): Table {
  const wanted = new Map(input.map(({ name }, column) => [name, column]));
  const places = new Int32Array(input.length).fill(-1);
  names.forEach((name, place) => {
    const column = wanted.get(name);
    if (column !== undefined && places[column]! < 0) places[column] = place;
  });
  return {
    rows: rows.length,
    columns: names.length,
    has: (column) => places[column]! >= 0,
    cell: (column, row) => rows[row]![places[column]!],
  };
}

function records(rows: readonly unknown[], form: string, input: readonly InputColumn[]): Table {
  const odd = rows.findIndex((row) => !isObject(row));
  if (odd >= 0) throw badRequest(`Record ${odd} of ${form} is not a dictionary. Got ${whatIs(rows[odd])}.`);
  const cell = cellsOf(input, rows as readonly object[]);
  return {
    rows: rows.length,
    has: (column) => rows.length === 0 || rows.some((_, row) => cell(column, row) !== undefined),
    cell,
  };
}

function byColumn(columns: Readonly<Record<string, unknown>>, form: string, input: readonly InputColumn[]): Table {
  const lists = input.map(({ name }) => {
    const list = Object.hasOwn(columns, name) ? columns[name] : undefined;
    return list === undefined || Array.isArray(list) ? list : [list];
  });
  const rows = lists.find((list) => list !== undefined)?.length ?? 0;
  const odd = lists.findIndex((list) => list !== undefined && list.length !== rows);
  if (odd >= 0) {
    const where = `column ${JSON.stringify(input[odd]!.name)} of ${form}`;
    throw badRequest(`The length of values for each input/column name are not the same (${where})`);
  }
  return { rows, has: (column) => lists[column] !== undefined, cell: (column, row) => lists[column]![row] };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const whatIs = (value: unknown): string =>
  Array.isArray(value) ? "a list" : value === null ? "null" : `type ${typeof value}`;
