import type { Notice } from "../core/dataset.ts";

/** Distinct trimmed texts, each of which occurs, in the order of their appearance; code -1 is a missing cell. */
export interface TextValues {
  readonly form: "text";
  readonly texts: readonly string[];
  /** [rows] */
  readonly codes: Int32Array;
}

/** NaN is a missing cell. `boolean` is set where the file itself says that the column is one. */
export interface NumberValues {
  readonly form: "numbers";
  readonly boolean: boolean;
  /** The mark before the decimals in a text file. */
  readonly decimal: "." | ",";
  /** [rows] */
  readonly values: Float64Array;
}

/** Lists of texts, as Parquet holds them; the fields are those of a MultilabelColumn, doubles and order as they came. */
export interface ListValues {
  readonly form: "lists";
  readonly texts: readonly string[];
  /** [rows + 1] */
  readonly offsets: Uint32Array;
  readonly codes: Int32Array;
  /** [rows] */
  readonly missing: Uint8Array;
}

/** A type that can be no feature: a date, a structure, bytes. Its values are not read. */
export interface OtherValues {
  readonly form: "other";
  readonly type: string;
}

export type RawValues = TextValues | NumberValues | ListValues | OtherValues;

export interface RawColumn {
  readonly name: string;
  readonly values: RawValues;
}

/** A file as read, before roles and kinds are decided. */
export interface RawTable {
  readonly rows: number;
  readonly columns: readonly RawColumn[];
  /** Whether "1,5" may be a number: where the comma is not the delimiter. */
  readonly decimalComma: boolean;
  readonly notices: readonly Notice[];
}

/** What a reader has to know of the wanted columns. */
export interface RawOptions {
  /** Columns that nobody wants: not kept in memory. */
  readonly skip: ReadonlySet<string>;
  /** Columns whose texts are wanted even where they look like numbers (target, group, categories). */
  readonly asText: ReadonlySet<string>;
  /** Texts that mean "missing", besides the empty one. */
  readonly missing: ReadonlySet<string>;
  readonly delimiter?: string;
  readonly limitRows?: number;
}
