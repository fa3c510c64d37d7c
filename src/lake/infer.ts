import type { Column, ColumnKind, Notice } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { BOOLEAN_WORDS, numberOf } from "../core/formats/cells.ts";
import type { ListValues, NumberValues, RawColumn, TextValues } from "./table.ts";
import { lookUp, splitTexts, toCategories, toMultilabel, toText } from "./values.ts";

/** What an experiment says of a column. */
export interface ColumnDeclaration {
  readonly role?: "feature" | "ignore" | "extra";
  readonly type?: ColumnKind;
  /** Between the labels of a multilabel column; told from the cells among | ; and , when not given. */
  readonly separator?: string;
}

export interface Inference {
  /** Absent: the column tells nothing and is left out, for the `reason`. */
  readonly column?: Column;
  readonly reason: string;
  readonly notice?: Notice;
}

/** What inference and its messages have to know of the table. */
export interface InferContext {
  readonly decimalComma: boolean;
  /** The file. */
  readonly place: string;
  /** [rows] row of the file (0-based) of each row that is kept */
  readonly rows: Int32Array;
}

const DATE = /^(?:\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?|\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2}))$/;
const ID_NAME = /(?:^|[_\s.-])(?:id|uuid|guid|index|idx|mrn|nhc|row)$|[a-z]I[Dd]$/i;
/** Fewer rows than this say nothing about whether a column identifies the patient. */
const ID_ROWS = 10;
const FREE_TEXT_LEVELS = 100;
/** Different numbers that a text column holds at least when it seems to be meant as numeric. */
const ALMOST_LEVELS = 10;

/**
 * Decides what a column is. The rules, in this order; a declared type goes before them:
 * - no cell filled: dropped; one value in every row: dropped;
 * - numbers: boolean if they are 0 and 1 (both occur), else numeric. Codes with few values (a grade 0–3) stay numeric
 *   unless they are declared categorical. Whole numbers that count the rows, or are all different under the name of an
 *   id: dropped;
 * - a pair of words such as yes/no, true/false, t/f, sí/no, present/absent (both occur): boolean;
 * - dates: dropped (the time between two of them may be a feature, the date itself is none);
 * - cells with | or ; whose labels come back in other cells: multilabel;
 * - texts that are all different, or more than 100 and more than half of the rows: an id or free text, dropped;
 * - other texts: categorical.
 * @throws UserError when a declared type does not fit
 */
export function inferColumn(raw: RawColumn, declared: ColumnDeclaration, context: InferContext): Inference {
  const { name, values } = raw;
  if (values.form === "other") {
    if (declared.type !== undefined) throw unfit(context, name, declared.type, `it holds ${values.type} values`);
    const date = values.type === "date";
    return leftOut(name, date ? "date-column" : "unsupported-column", `holds ${values.type} values`);
  }
  if (isEmpty(values)) return leftOut(name, "empty-column", "has no filled cell");
  if (isConstant(values)) return leftOut(name, "constant-column", "has the same value in every row");
  if (declared.type !== undefined) return { column: declaredColumn(raw, declared, context), reason: "declared" };
  if (values.form === "lists") return { column: toMultilabel(name, values), reason: "lists" };
  const asFeature = declared.role !== undefined;
  if (values.form === "numbers") return fromNumbers(name, values, asFeature);
  return fromText(name, values, asFeature, context);
}

function fromNumbers(name: string, { values, boolean }: NumberValues, asFeature: boolean): Inference {
  const clean = cleanNumbers(values);
  if (boolean || isZeroOne(clean)) return { column: { kind: "boolean", name, values: clean }, reason: "0 and 1" };
  if (!asFeature && identifies(name, clean)) return leftOut(name, "id-column", "looks like an id or a row number");
  return { column: { kind: "numeric", name, values: clean }, reason: "numbers" };
}

function fromText(name: string, values: TextValues, asFeature: boolean, context: InferContext): Inference {
  const { texts, codes } = values;
  const numbers = textNumbers(texts, context);
  if (numbers !== undefined) {
    // What follows from the texts needs no look at every row, and most columns of a large table are like this.
    const column = { name, values: lookUp(numbers, codes) };
    if (isZeroOne(numbers)) return { column: { kind: "boolean", ...column }, reason: "0 and 1" };
    if (texts.length < codes.length) return { column: { kind: "numeric", ...column }, reason: "numbers" };
    return fromNumbers(name, { form: "numbers", boolean: false, decimal: ".", values: column.values }, asFeature);
  }
  const words = booleanWords(texts);
  if (words !== undefined) return { column: fromWords(name, values, words), reason: words.join("/") };
  if (!asFeature && texts.every((text) => DATE.test(text))) return leftOut(name, "date-column", "holds dates");
  for (const separator of ["|", ";"]) {
    if (!texts.some((text) => text.includes(separator))) continue;
    const lists = splitTexts(values, separator);
    if (lists.texts.length < lists.codes.length) {
      return { column: toMultilabel(name, lists), reason: `labels between ${separator}` };
    }
  }
  const present = codes.filter((code) => code >= 0).length;
  const allDifferent = texts.length === present && present >= ID_ROWS;
  const almost = almostNumbers(name, values, present, context);
  if (!asFeature && (allDifferent || (texts.length > FREE_TEXT_LEVELS && texts.length > present / 2))) {
    const reason = `looks like an id or free text (${texts.length} different values)`;
    return almost === undefined ? leftOut(name, "id-column", reason) : { reason, notice: almost };
  }
  return { column: toCategories(name, values), reason: "texts", notice: almost };
}

/** A column of numbers with a few texts in it is rarely meant to be text. */
function almostNumbers(name: string, values: TextValues, present: number, context: InferContext): Notice | undefined {
  const { cells, first } = notNumbers(values, context);
  if (cells > present / 10 || values.texts.length - cells < ALMOST_LEVELS) return undefined;
  const message =
    `column ${JSON.stringify(name)} is not read as numbers because of ${cells} cells, the first in data row ${first}; ` +
    "mend them, or name them as missing values";
  return { code: "almost-numeric", message };
}

function leftOut(name: string, code: string, reason: string): Inference {
  return { reason, notice: { code, message: `column ${JSON.stringify(name)} ${reason}; it is left out` } };
}

function declaredColumn({ name, values }: RawColumn, declared: ColumnDeclaration, context: InferContext): Column {
  const type = declared.type!;
  if (values.form === "lists") {
    if (type !== "multilabel") throw unfit(context, name, type, "it holds lists");
    return toMultilabel(name, values);
  }
  if (type === "categorical") return toCategories(name, toText(values as TextValues | NumberValues)!);
  if (type === "multilabel") {
    const text = toText(values as TextValues | NumberValues)!;
    const separator =
      declared.separator ?? ["|", ";", ","].find((s) => text.texts.some((cell) => cell.includes(s))) ?? "|";
    return toMultilabel(name, splitTexts(text, separator));
  }
  if (type === "boolean" && values.form === "text") {
    const words = booleanWords(values.texts);
    if (words !== undefined) return fromWords(name, values, words);
  }
  const numbers = values.form === "text" ? asNumbers(values, context) : (values as NumberValues).values;
  if (numbers === undefined) {
    throw unfit(
      context,
      name,
      type,
      type === "numeric" ? badNumbers(values as TextValues, context) : "its values are no such pair",
    );
  }
  const clean = cleanNumbers(numbers);
  if (type === "boolean" && !clean.every((v) => v === 0 || v === 1 || Number.isNaN(v))) {
    throw unfit(context, name, type, "it holds numbers other than 0 and 1");
  }
  return { kind: type, name, values: clean };
}

function unfit({ place }: InferContext, name: string, type: ColumnKind, why: string): UserError {
  return new UserError(`column ${JSON.stringify(name)} cannot be ${type}: ${why}`, {
    where: `${place}, column ${JSON.stringify(name)}`,
    fix: "Mend the cells, name the tokens that mean a missing value (data.missing), or declare another type.",
  });
}

function badNumbers(values: TextValues, context: InferContext): string {
  const { cells, first } = notNumbers(values, context);
  return `${cells} cells are no numbers, the first in data row ${first}`;
}

/** How many filled cells are no numbers, by the decimal mark that suits most, and the file's row of the first, from 1. */
function notNumbers(
  { texts, codes }: TextValues,
  { rows, ...context }: InferContext,
): { cells: number; first: number } {
  const bads = decimalsOf(context).map((decimal) => {
    const bad = texts.map((text) => Number.isNaN(numberOf(text, decimal)));
    return codes.map((code) => (code >= 0 && bad[code] ? 1 : 0));
  });
  const counted = bads.map((bad) => ({ cells: bad.reduce((sum, n) => sum + n, 0), first: rows[bad.indexOf(1)]! + 1 }));
  return counted.reduce((least, other) => (other.cells < least.cells ? other : least));
}

function decimalsOf({ decimalComma }: Pick<InferContext, "decimalComma">): readonly NumberValues["decimal"][] {
  return decimalComma ? [".", ","] : ["."];
}

function asNumbers({ texts, codes }: TextValues, context: InferContext): Float64Array | undefined {
  const numbers = textNumbers(texts, context);
  return numbers && lookUp(numbers, codes);
}

/** The numbers that the texts write, with -0 as 0; undefined unless each of them writes one. */
function textNumbers(texts: readonly string[], context: InferContext): Float64Array | undefined {
  for (const decimal of decimalsOf(context)) {
    const numbers = Float64Array.from(texts, (text) => numberOf(text, decimal) + 0);
    if (!numbers.includes(Number.NaN)) return numbers;
  }
  return undefined;
}

/** The pair of words that the texts are; both have to occur. */
function booleanWords(texts: readonly string[]): readonly [string, string] | undefined {
  const words = new Set(texts.map((text) => text.toLowerCase()));
  return words.size === 2 ? BOOLEAN_WORDS.find((pair) => pair.every((word) => words.has(word))) : undefined;
}

function fromWords(name: string, { texts, codes }: TextValues, [one]: readonly [string, string]): Column {
  const numbers = Float64Array.from(texts, (text) => (text.toLowerCase() === one ? 1 : 0));
  return { kind: "boolean", name, values: lookUp(numbers, codes) };
}

/** -0 becomes 0 and every NaN the same one, so that equal columns have equal bytes. */
function cleanNumbers(values: Float64Array): Float64Array {
  const clean = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) clean[row] = Number.isNaN(values[row]!) ? Number.NaN : values[row]! + 0;
  return clean;
}

function isZeroOne(values: Float64Array): boolean {
  let zeros = 0;
  let ones = 0;
  for (const value of values) {
    if (value === 0) zeros++;
    else if (value === 1) ones++;
    else if (!Number.isNaN(value)) return false;
  }
  return zeros > 0 && ones > 0;
}

function identifies(name: string, values: Float64Array): boolean {
  if (values.length < ID_ROWS || !values.every(Number.isInteger)) return false;
  if (values.every((value, row) => value === values[0]! + row)) return true;
  return ID_NAME.test(name) && new Set(values).size === values.length;
}

function isEmpty(values: TextValues | NumberValues | ListValues): boolean {
  if (values.form === "text") return values.texts.length === 0;
  return values.form === "numbers" ? values.values.every(Number.isNaN) : !values.missing.includes(0);
}

function isConstant(values: TextValues | NumberValues | ListValues): boolean {
  if (values.form === "text") return values.texts.length === 1 && !values.codes.includes(-1);
  if (values.form === "numbers") return values.values.every((value) => value === values.values[0]);
  const { offsets, codes, missing } = toMultilabel("", values);
  const length = offsets[1]!;
  return (
    !missing.includes(1) &&
    offsets.every((offset, row) => offset === row * length) &&
    codes.every((code, i) => code === codes[i % length])
  );
}
