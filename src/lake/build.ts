import type { CategoricalColumn, Column, ColumnKind, Dataset, Notice, Target } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { numberOf } from "../core/formats/cells.ts";
import { hashDataset } from "./hash.ts";
import { type ColumnDeclaration, inferColumn } from "./infer.ts";
import { nearest } from "./source.ts";
import type { RawColumn, RawTable, TextValues } from "./table.ts";
import { selectValues, toCategories, toText } from "./values.ts";

/** A numeric target with more values than this is a quantity, not a disease. */
const MAX_NUMERIC_CLASSES = 50;

/** What became of a column of the file, and why. */
export interface ColumnOrigin {
  readonly name: string;
  readonly role: "feature" | "target" | "group" | "extra" | "ignored";
  /** Absent where the column was not read into a kind. */
  readonly kind?: ColumnKind;
  /** Whether the experiment says so, or the rules of inference do. */
  readonly declared: boolean;
  readonly reason: string;
}

/** A dataset that knows how its columns came about. */
export interface LakeDataset extends Dataset {
  /** All columns of the file, in its order. */
  readonly columns: readonly ColumnOrigin[];
}

export interface BuildOptions {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly group?: string;
  readonly columns: Readonly<Record<string, ColumnDeclaration>>;
}

/**
 * Gives each column its role and kind; drops rows without a target and columns that tell nothing, each with a notice.
 * @throws UserError naming the column that is missing or wrong
 */
export function buildDataset(table: RawTable, options: BuildOptions): LakeDataset {
  checkNames(table, options);
  const notices: Notice[] = [...table.notices];
  const { target, rows } = readTarget(table, options, notices);
  const columns =
    rows.length === table.rows
      ? table.columns
      : table.columns.map((column) => ({ ...column, values: selectValues(column.values, rows) }));

  const context = { decimalComma: table.decimalComma, place: options.source, rows };
  let group: CategoricalColumn | undefined;
  const features: Column[] = [];
  const extra: Column[] = [];
  const origins = columns.map((raw): ColumnOrigin => {
    const { name } = raw;
    if (name === options.target) return { name, role: "target", kind: "categorical", declared: true, reason: "target" };
    if (name === options.group) {
      group = readGroup(raw, options.source, notices);
      return { name, role: "group", kind: "categorical", declared: true, reason: "group" };
    }
    const declaration = options.columns[name] ?? {};
    const declared = declaration.role !== undefined || declaration.type !== undefined;
    if (declaration.role === "ignore") return { name, role: "ignored", declared, reason: "declared" };
    const { column, notice, reason } = inferColumn(raw, declaration, context);
    if (notice !== undefined) notices.push(notice);
    if (column === undefined) return { name, role: "ignored", declared, reason };
    const role = declaration.role ?? "feature";
    (role === "extra" ? extra : features).push(column);
    return { name, role, kind: column.kind, declared, reason };
  });

  if (features.length === 0) {
    throw new UserError("no column is left as a feature", {
      where: options.source,
      fix: ["Look at what was left out:", ...notices.map(({ message }) => message)],
    });
  }
  notices.push(...infinityNotices(features), ...decimalNotices(table));
  const frame = { rows: rows.length, columns: features };
  const hash = hashDataset({ frame, target, group });
  const { name, source } = options;
  return { name, source, hash, frame, target, ...(group && { group }), extra, notices, columns: origins };
}

function checkNames(table: RawTable, { source, target, group, columns }: BuildOptions): void {
  const names = table.columns.map(({ name }) => name);
  const check = (name: string, what: string): void => {
    if (names.includes(name)) return;
    const near = nearest(name, names);
    throw new UserError(`there is no column ${JSON.stringify(name)} (${what})`, {
      where: source,
      fix: near !== undefined ? `Did you mean ${JSON.stringify(near)}?` : `The columns are ${shortList(names)}.`,
    });
  };
  check(target, "target");
  if (group !== undefined) check(group, "group");
  for (const name of Object.keys(columns)) check(name, "in columns");
  if (group === target) {
    throw new UserError("the group column cannot be the target", { where: source, fix: "Name another group column." });
  }
  for (const [name, what] of [
    [target, "target"],
    [group, "group"],
  ] as const) {
    if (name !== undefined && columns[name]?.role !== undefined) {
      throw new UserError(`column ${JSON.stringify(name)} is the ${what} and cannot have another role`, {
        where: source,
        fix: "Take its role out of columns, or name another column.",
      });
    }
  }
  if (table.rows === 0) {
    throw new UserError("the table has a header and no rows", { where: source, fix: "Give one row a patient." });
  }
}

function readTarget(
  table: RawTable,
  { source, target: name, columns }: BuildOptions,
  notices: Notice[],
): { target: Target; rows: Int32Array } {
  const where = `${source}, column ${JSON.stringify(name)}`;
  const text = textOf(table, name, where);
  const rows = Int32Array.from(text.codes.keys()).filter((row) => text.codes[row]! >= 0);
  if (rows.length === 0) {
    throw new UserError("the target is missing in every row", { where, fix: "Name another target column." });
  }
  if (rows.length < table.rows) {
    const message = `${table.rows - rows.length} of ${table.rows} rows have no ${JSON.stringify(name)}; they are left out`;
    notices.push({ code: "rows-without-target", message });
  }
  const { levels: classes, codes } = toCategories(name, selectValues(text, rows) as TextValues);
  if (classes.length === 1) {
    throw new UserError(`the target has a single class, ${JSON.stringify(classes[0])}`, {
      where,
      fix: "A classifier needs patients of at least two classes: add them, or name another target.",
    });
  }
  const numeric = classes.every((label) => !Number.isNaN(numberOf(label, ".")) || !Number.isNaN(numberOf(label, ",")));
  if (numeric && classes.length > MAX_NUMERIC_CLASSES && columns[name]?.type !== "categorical") {
    throw new UserError(`the target is a number with ${classes.length} different values: that is regression`, {
      where,
      fix: "Name a column of diseases, cut the number into classes, or declare the target's type as categorical.",
    });
  }
  if (classes.length === rows.length && rows.length >= 10) {
    throw new UserError("every row has a class of its own: the target looks like an id", {
      where,
      fix: "Name the column that holds the disease.",
    });
  }
  return { target: { name, classes, codes }, rows };
}

function readGroup(raw: RawColumn, source: string, notices: Notice[]): CategoricalColumn {
  const where = `${source}, column ${JSON.stringify(raw.name)}`;
  const text = toText(raw.values);
  if (text === undefined) {
    throw new UserError("a group column has to hold texts or numbers", { where, fix: "Name another group column." });
  }
  const group = toCategories(raw.name, text);
  if (group.levels.length === 0) {
    throw new UserError("the group column has no filled cell", { where, fix: "Name another group column." });
  }
  const missing = group.codes.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0);
  if (missing > 0) {
    const message = `${missing} rows have no ${JSON.stringify(raw.name)}; each of them is a group of its own`;
    notices.push({ code: "rows-without-group", message });
  }
  return group;
}

function textOf(table: RawTable, name: string, where: string): TextValues {
  const text = toText(table.columns.find((column) => column.name === name)!.values);
  if (text === undefined) {
    throw new UserError("the target has to hold one text or number a row", {
      where,
      fix: "Name another target column.",
    });
  }
  return text;
}

function infinityNotices(features: readonly Column[]): Notice[] {
  return features.flatMap((column) => {
    if (column.kind !== "numeric") return [];
    let count = 0;
    for (const value of column.values) if (value === Infinity || value === -Infinity) count++;
    if (count === 0) return [];
    return [{ code: "infinite-values", message: `column ${JSON.stringify(column.name)} has ${count} infinite values` }];
  });
}

/** Says when some columns write 1,5 and others 1.5, for then "1.234" might have been meant as 1234. */
function decimalNotices(table: RawTable): Notice[] {
  if (!table.decimalComma) return [];
  const named = (mark: "." | ","): string[] =>
    table.columns.filter(({ values }) => writesWith(values, mark)).map(({ name }) => name);
  const [comma, point] = [named(","), named(".")];
  if (comma.length === 0) return [];
  const notices = [{ code: "decimal-comma", message: `read with a decimal comma: ${shortList(comma)}` }];
  if (point.length > 0) {
    notices.push({ code: "mixed-decimals", message: `but with a decimal point: ${shortList(point)}` });
  }
  return notices;
}

function writesWith(values: RawColumn["values"], mark: "." | ","): boolean {
  if (values.form === "numbers") {
    return values.decimal === mark && values.values.some((v) => v % 1 !== 0 && Number.isFinite(v));
  }
  if (values.form !== "text" || values.texts.length === 0) return false;
  return values.texts.some((t) => t.includes(mark)) && values.texts.every((t) => !Number.isNaN(numberOf(t, mark)));
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => JSON.stringify(name));
  return names.length > 12 ? `${shown.join(", ")} and ${names.length - 12} more` : shown.join(", ");
}
