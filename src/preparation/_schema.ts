import { z } from "zod";
import type { Column, ColumnKind, Frame } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { countMissing } from "./_columns.ts";

/** The columns that a preparation was fitted on. */
export const Schema = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(["numeric", "boolean", "categorical", "multilabel"]),
    /** Of the dataset that was trained on; null where the kind has none. */
    levels: z.array(z.string()).nullable(),
  }),
);
export type Schema = z.infer<typeof Schema>;

export function schemaOf(frame: Frame): Schema {
  return frame.columns.map((column) => ({
    name: column.name,
    kind: column.kind,
    levels: "levels" in column ? [...column.levels] : null,
  }));
}

/** No rows with the columns of a schema. */
export function emptyFrame(schema: Schema): Frame {
  return { rows: 0, columns: schema.map(({ name, kind }) => emptyColumn(name, kind, 0)) };
}

/**
 * The columns of a schema, in its order, out of a frame that may have them in another order and others besides.
 * Kinds that a small file makes look different are put right where nothing is lost: 0/1 numbers and booleans, single
 * labels and label lists, columns with no value at all.
 * @throws UserError naming the columns that are missing, or of another kind
 */
export function conform(frame: Frame, schema: Schema): Frame {
  const given = new Map(frame.columns.map((column) => [column.name, column]));
  const missing = schema.filter((want) => !given.has(want.name));
  if (missing.length > 0) {
    const wanted = new Set(schema.map((want) => want.name));
    const unknown = frame.columns.filter((column) => !wanted.has(column.name));
    const others = unknown.length === 0 ? "" : `; it has ${list(unknown)}, which the model does not know`;
    throw new UserError(`the data lack ${list(missing)}, which the model was trained on${others}`, {
      fix: "Give the columns the names they had in training; a value that is not known may stay empty.",
    });
  }
  const columns = schema.map((want) => conformed(given.get(want.name)!, want.kind, frame.rows));
  return { rows: frame.rows, columns };
}

const list = (columns: readonly { readonly name: string }[]): string => {
  const names = columns.slice(0, 5).map((column) => JSON.stringify(column.name));
  const rest = columns.length - names.length;
  return `${columns.length === 1 ? "column" : "columns"} ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
};

function conformed(column: Column, kind: ColumnKind, rows: number): Column {
  if (column.kind === kind) return column;
  const { name } = column;
  if (countMissing(column) === rows) return emptyColumn(name, kind, rows);
  if (column.kind === "boolean" && kind === "numeric") return { ...column, kind };
  if (column.kind === "numeric" && kind === "boolean") {
    if (column.values.every((v) => v === 0 || v === 1 || Number.isNaN(v))) return { ...column, kind };
  }
  if (column.kind === "categorical" && kind === "multilabel") {
    const offsets = new Uint32Array(rows + 1);
    for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + (column.codes[row] < 0 ? 0 : 1);
    const missing = Uint8Array.from(column.codes, (code) => (code < 0 ? 1 : 0));
    return { kind, name, levels: column.levels, offsets, codes: column.codes.filter((code) => code >= 0), missing };
  }
  throw new UserError(`column ${JSON.stringify(name)} is ${column.kind}, but was ${kind} in training`, {
    fix: `Check the column's values, or state its type (${kind}) where the data are read.`,
  });
}

function emptyColumn(name: string, kind: ColumnKind, rows: number): Column {
  switch (kind) {
    case "numeric":
    case "boolean":
      return { kind, name, values: new Float64Array(rows).fill(Number.NaN) };
    case "categorical":
      return { kind, name, levels: [], codes: new Int32Array(rows).fill(-1) };
    case "multilabel": {
      const none = { offsets: new Uint32Array(rows + 1), codes: new Int32Array(0) };
      return { kind, name, levels: [], ...none, missing: new Uint8Array(rows).fill(1) };
    }
  }
}
