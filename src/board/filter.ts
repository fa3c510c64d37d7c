import { Attr, type RunTable } from "../core/board/board.ts";
import { type Entity, type Field, type MoreAttributes, nearest } from "../core/filter/fields.ts";
import { type Clause, type PlacedClause, parsePlaced } from "../core/filter/filter.ts";
import { wrongAt } from "../core/filter/tokens.ts";
import { codeTest, type RowTest } from "./code-test.ts";

/** What a board's filter may ask besides MLflow's attributes; the duration is in seconds. */
export const BOARD_ATTRIBUTES: MoreAttributes = { duration: "number", lifecycle: "text", experiment: "text" };

const GROUPS: Readonly<Partial<Record<Entity, string>>> = {
  metric: "metrics",
  param: "params",
  tag: "tags",
  attribute: "attributes",
};

/**
 * A filter in MLflow's language as a test of rows, with MLflow's meaning: a clause holds only for runs that have the key, and
 * NaN satisfies != alone. Texts are compared once for each distinct one.
 * @returns undefined for an empty filter
 * @throws PlacedError for what cannot be read, or asks for what a board does not hold
 */
export function compileFilter(text: string, table: RunTable): RowTest | undefined {
  const tests = parsePlaced(text, BOARD_ATTRIBUTES).map((placed) => testOf(placed, text, table));
  if (tests.length === 0) return undefined;
  return tests.length === 1 ? tests[0] : (row) => tests.every((test) => test(row));
}

/** The names in a filter that no run has, each with the nearest one that some have; for a hint, not an error. */
export function unknownNames(
  text: string,
  table: RunTable,
): readonly { readonly at: number; readonly id: string; readonly nearest: string | undefined }[] {
  return parsePlaced(text, BOARD_ATTRIBUTES).flatMap(({ at, ...clause }) => {
    if (clause.entity === "attribute" || clause.entity === "dataset") return [];
    const id = columnId(clause);
    if (table.column(id)) return [];
    const among = table.columnIds.filter((other) => other.startsWith(`${GROUPS[clause.entity]}.`));
    return [{ at, id, nearest: nearest(id, among) }];
  });
}

/** The column that a field of a filter is. */
export function columnId({ entity, key }: Field): string {
  return `${GROUPS[entity]}.${key}`;
}

function testOf({ at, ...clause }: PlacedClause, text: string, table: RunTable): RowTest {
  if (clause.entity === "dataset" || clause.key === "artifact_uri") {
    const asked = clause.entity === "dataset" ? "datasets" : "artifact_uri";
    throw wrongAt(text, "filter", at, `The board does not hold ${asked}`, "Ask for them with disease exp ls --filter.");
  }
  if (clause.entity === "attribute" && clause.key === "run_id") {
    const test = textTest(clause);
    return (row) => test(table.runId(row));
  }
  const id = columnId(clause);
  const column = (): ReturnType<RunTable["column"]> => table.column(id); // it may come while the table is filled
  if (clause.comparator === "IS NULL" || clause.comparator === "IS NOT NULL") {
    const wanted = clause.comparator === "IS NOT NULL";
    return (row) => {
      const here = column();
      return (here?.kind === "text" && here.codes[row]! >= 0) === wanted;
    };
  }
  if (typeof clause.value === "number") {
    const test = numberTest(clause.comparator, clause.value);
    return (row) => {
      const here = column();
      if (here?.kind !== "number") return false;
      const value = here.values[row]!;
      return Number.isNaN(value) ? clause.comparator === "!=" && here.nans.has(row) : test(value);
    };
  }
  return codeTest(column, textTest(clause));
}

function numberTest(comparator: Clause["comparator"], wanted: number): (value: number) => boolean {
  switch (comparator) {
    case "=":
      return (value) => value === wanted;
    case "!=":
      return (value) => value !== wanted;
    case ">":
      return (value) => value > wanted;
    case ">=":
      return (value) => value >= wanted;
    case "<":
      return (value) => value < wanted;
    default:
      return (value) => value <= wanted;
  }
}

function textTest({ comparator, value }: Clause): (text: string) => boolean {
  if (comparator === "IN" || comparator === "NOT IN") {
    const values = new Set(value as readonly string[]);
    return (text) => values.has(text) === (comparator === "IN");
  }
  const wanted = String(value);
  if (comparator === "=") return (text) => text === wanted;
  if (comparator === "!=") return (text) => text !== wanted;
  const pattern = [...wanted]
    .map((c) => (c === "%" ? ".*" : c === "_" ? "." : c.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")))
    .join("");
  const expression = new RegExp(`^${pattern}$`, comparator === "ILIKE" ? "sui" : "su");
  return (text) => expression.test(text);
}

/** What is hidden from the board unless it is asked for. */
export function lifecycleTest(view: "active" | "deleted" | "all", table: RunTable): RowTest | undefined {
  if (view === "all") return undefined;
  return codeTest(
    () => table.column(Attr.lifecycle),
    (text) => (text === "active") === (view === "active"),
  );
}
