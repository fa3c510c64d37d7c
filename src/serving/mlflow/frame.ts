import { type Cell, InputError, type InputReader, type ReadInput } from "../../core/input.ts";
import type { InputColumn } from "../../core/serving.ts";
import type { ServeSettings } from "../context.ts";
import { badRequest, unprocessable } from "../refusal.ts";
import { parseCsv } from "./csv.ts";

/** The forms of MLflow's scoring protocol, as rows of the model's columns. */

type Limits = Pick<ServeSettings, "maxRows" | "maxColumns">;

/** Rows as they came: by place, by name, or column by column. */
interface Table {
  readonly rows: number;
  /** Names that were given; null where each row has its own. */
  readonly names: readonly string[] | null;
  cellsOf(input: readonly InputColumn[]): Cell;
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
  return read(byPlace(header, rows), reader, limits);
}

function read(table: Table, reader: InputReader, limits: Limits): ReadInput {
  const { input } = reader;
  if (table.rows > limits.maxRows) {
    throw unprocessable(`${table.rows} rows are more than the ${limits.maxRows} that one request may have`);
  }
  if (table.names !== null && table.names.length > limits.maxColumns) {
    throw unprocessable(
      `${table.names.length} columns are more than the ${limits.maxColumns} that one request may have`,
    );
  }
  const cells = table.cellsOf(input);
  const isThere = (_: InputColumn, column: number): boolean => {
    for (let row = 0; row < table.rows; row++) if (cells(column, row) !== undefined) return true;
    return table.rows === 0;
  };
  const missing = input.filter((column, j) => !isThere(column, j)).map(({ name }) => name);
  if (missing.length > 0) {
    const names = missing.slice(0, 10).map((name) => `"${name}"`);
    const more = missing.length > names.length ? ` and ${missing.length - names.length} more` : "";
    throw unprocessable(`Model is missing inputs: ${names.join(", ")}${more}`, { missing });
  }
  try {
    // A record without one of the columns that others have does not know its value, as in pandas.
    return reader.read(table.rows, (column, row) => cells(column, row) ?? null);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw unprocessable(`The model cannot take ${error.message}`, { problems: error.problems });
  }
}

function tableIn(form: (typeof FORMS)[number], value: unknown, input: readonly InputColumn[]): Table {
  switch (form) {
    case "dataframe_split":
      return splitIn(value);
    case "dataframe_records":
      if (!Array.isArray(value))
        throw badRequest(`Dataframe records format must be a list of records. Got ${whatIs(value)}.`);
      return records(value, form);
    default:
      if (isObject(value)) return byColumn(value, form);
      if (!Array.isArray(value)) throw badRequest(`${form} must be a list or a dictionary. Got ${whatIs(value)}.`);
      if (value.every(isObject)) return records(value, form);
      // Plain values are those of the one column that there is.
      if (input.length === 1)
        return byPlace(
          [input[0]!.name],
          value.map((cell) => [cell]),
        );
      throw badRequest(`${form} must name the model's columns: a list of records, or a dictionary of lists`);
  }
}

function splitIn(value: unknown): Table {
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
  return byPlace(columns.map(String), data as readonly (readonly unknown[])[]);
}

function byPlace(names: readonly string[], rows: readonly (readonly unknown[])[]): Table {
  return {
    rows: rows.length,
    names,
    cellsOf(input) {
      const places = new Map(names.map((name, place) => [name, place]).reverse() as [string, number][]);
      const place = input.map(({ name }) => places.get(name) ?? -1);
      // A line of CSV may be shorter than its header.
      return (column, row) => (place[column]! < 0 ? undefined : (rows[row]![place[column]!] ?? null));
    },
  };
}

function records(rows: readonly unknown[], form: string): Table {
  const odd = rows.findIndex((row) => !isObject(row));
  if (odd >= 0) throw badRequest(`Record ${odd} of ${form} is not a dictionary. Got ${whatIs(rows[odd])}.`);
  return {
    rows: rows.length,
    names: rows.length === 1 ? Object.keys(rows[0] as object) : null,
    cellsOf: (input) => (column, row) => own(rows[row] as object, input[column]!.name),
  };
}

function byColumn(columns: Readonly<Record<string, unknown>>, form: string): Table {
  const lists = new Map(Object.entries(columns).map(([name, list]) => [name, Array.isArray(list) ? list : [list]]));
  const [first = []] = lists.values();
  for (const [name, { length }] of lists) {
    if (length !== first.length) {
      throw badRequest(
        `The length of values for each input/column name are not the same (column "${name}" of ${form})`,
      );
    }
  }
  return {
    rows: first.length,
    names: [...lists.keys()],
    cellsOf(input) {
      const own = input.map(({ name }) => lists.get(name));
      return (column, row) => own[column]?.[row];
    },
  };
}

/** What `row` itself has, never what its prototype has. */
function own(row: object, name: string): unknown {
  return Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const whatIs = (value: unknown): string =>
  Array.isArray(value) ? "a list" : value === null ? "null" : `type ${typeof value}`;
