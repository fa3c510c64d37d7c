import { type Entity, type Field, fieldOf, isNumeric, type MoreAttributes } from "./fields.ts";
import { type Token, tokenize, wrongAt } from "./tokens.ts";

export type Comparator =
  | "="
  | "!="
  | ">"
  | ">="
  | "<"
  | "<="
  | "LIKE"
  | "ILIKE"
  | "IN"
  | "NOT IN"
  | "IS NULL"
  | "IS NOT NULL";

/** One comparison; the clauses of a filter are joined by AND. */
export interface Clause extends Field {
  readonly comparator: Comparator;
  /** A number for numeric fields, a list for IN and NOT IN, null for IS [NOT] NULL. */
  readonly value: number | string | readonly string[] | null;
}

export interface PlacedClause extends Clause {
  /** Where in the text it begins. */
  readonly at: number;
}

export interface OrderKey extends Field {
  readonly descending: boolean;
}

const NUMERIC: readonly Comparator[] = ["=", "!=", ">", ">=", "<", "<="];
const TEXT: readonly Comparator[] = ["=", "!=", "LIKE", "ILIKE"];
const NULLNESS: readonly Comparator[] = ["IS NULL", "IS NOT NULL"];
const LISTS: readonly Comparator[] = ["IN", "NOT IN"];

/**
 * Reads MLflow's filter language (as of MLflow 3.18): clauses `entity.key comparator value` joined by AND.
 * @returns no clauses for an empty text
 * @throws PlacedError naming the character, what was found there and what was expected
 */
export function parseFilter(text: string): Clause[] {
  return parsePlaced(text).map(({ at: _, ...clause }) => clause);
}

/**
 * The same with the place of each clause.
 * @param more attributes besides MLflow's own
 */
export function parsePlaced(text: string, more: MoreAttributes = {}): PlacedClause[] {
  const tokens = tokenize(text, "filter");
  if (tokens[0]!.kind === "end") return [];
  const clauses: PlacedClause[] = [];
  let next = 0;
  const take = (): Token => tokens[Math.min(next++, tokens.length - 1)]!;
  const peek = (): Token => tokens[Math.min(next, tokens.length - 1)]!;

  for (;;) {
    clauses.push(clause());
    const joint = take();
    if (joint.kind === "end") return clauses;
    if (!isWord(joint, "AND")) {
      throw isWord(joint, "OR")
        ? wrong(joint, "MLflow's filters have no OR", "Run one search for each side, or use IN for run_id.")
        : expected(joint, "AND or the end");
    }
  }

  function clause(): PlacedClause {
    const start = take();
    if (start.kind !== "field" || isReserved(start)) throw expected(start, "a field such as metrics.val_f1_macro");
    const field = fieldOf(start, text, "filter", more);
    const operator = peek();
    const comparator = comparison();
    const allowed = comparatorsOf(field, more);
    if (!allowed.includes(comparator)) {
      throw wrong(
        operator,
        `${nameOf(field)} cannot be compared with ${comparator}`,
        `Use one of ${allowed.join(", ")}.`,
      );
    }
    return { ...field, comparator, value: value(field, comparator), at: start.at };
  }

  function comparison(): Comparator {
    const token = take();
    if (token.text === "==") throw wrong(token, "The filter uses ==", "Write a single =.");
    if (token.text === "<>") throw wrong(token, "The filter uses <>", "Write !=.");
    const sign = token.text.toUpperCase();
    if (token.kind === "operator" && (NUMERIC as readonly string[]).includes(sign)) return sign as Comparator;
    if (isWord(token, "LIKE") || isWord(token, "ILIKE") || isWord(token, "IN")) return sign as Comparator;
    if (isWord(token, "NOT") && isWord(peek(), "IN")) {
      take();
      return "NOT IN";
    }
    if (isWord(token, "IS")) {
      const not = isWord(peek(), "NOT");
      if (not) take();
      const last = take();
      if (!isWord(last, "NULL")) throw expected(last, not ? "NULL" : "NULL or NOT NULL");
      return not ? "IS NOT NULL" : "IS NULL";
    }
    throw expected(token, "a comparator such as =, >=, LIKE or IN");
  }

  function value(field: Field, comparator: Comparator): Clause["value"] {
    if (NULLNESS.includes(comparator)) return null;
    if (LISTS.includes(comparator)) return list();
    const token = take();
    if (isNumeric(field, more)) {
      if (token.kind !== "number") throw expected(token, "a number");
      return Number(token.text);
    }
    return quoted(token);
  }

  function list(): string[] {
    const open = take();
    if (open.text !== "(") throw expected(open, "a list in parentheses such as ('a', 'b')");
    const values: string[] = [];
    for (;;) {
      values.push(quoted(take()));
      const after = take();
      if (after.text === ")") return values;
      if (after.text !== ",") throw expected(after, "a comma or a closing parenthesis");
    }
  }

  function quoted(token: Token): string {
    if (token.kind !== "string") throw expected(token, "a value in quotes such as 'xgboost'");
    const neighbour = peek();
    if (neighbour.kind === "string" && neighbour.at === token.end) {
      throw wrong(neighbour, "The filter has a quote inside a value", "Put the value in the other kind of quotes.");
    }
    return token.text.slice(1, -1);
  }

  function expected(token: Token, what: string): Error {
    return wrong(
      token,
      token.kind === "end" ? "The filter ends too early" : `The filter has "${token.text}" in a wrong place`,
      `Put ${what} there.`,
    );
  }

  function wrong(token: Token, message: string, fix: string): Error {
    return wrongAt(text, "filter", token.at, message, fix);
  }
}

/**
 * Reads MLflow's order_by: `entity.key [ASC|DESC]`, one text a key.
 * @throws UserError naming the text and the character
 */
export function parseOrder(texts: readonly string[]): OrderKey[] {
  const keys = texts.map(orderKey);
  keys.forEach((key, i) => {
    if (keys.findIndex((k) => k.entity === key.entity && k.key === key.key) < i) {
      throw wrongAt(texts[i]!, "order", 0, `The order names ${nameOf(key)} twice`, "Name it once.");
    }
  });
  return keys;
}

function orderKey(text: string): OrderKey {
  const [start, direction, rest] = tokenize(text, "order");
  if (start!.kind !== "field") {
    throw wrongAt(text, "order", start!.at, "The order names no field", "Write e.g. metrics.val_f1_macro DESC.");
  }
  const field = fieldOf(start!, text, "order");
  if (field.entity === "dataset") {
    throw wrongAt(
      text,
      "order",
      start!.at,
      "Runs cannot be ordered by a dataset",
      "Use a metric, param, tag or attribute.",
    );
  }
  const descending = isWord(direction!, "DESC");
  const after = descending || isWord(direction!, "ASC") ? rest! : direction!;
  if (after.kind !== "end") {
    throw wrongAt(
      text,
      "order",
      after.at,
      `The order has "${after.text}" in a wrong place`,
      "End it with ASC or DESC.",
    );
  }
  return { ...field, descending };
}

/** What a field can be compared with. */
export function comparatorsOf(field: Field, more: MoreAttributes = {}): readonly Comparator[] {
  if (isNumeric(field, more)) return NUMERIC;
  const besides: Readonly<Record<Exclude<Entity, "metric">, readonly Comparator[]>> = {
    param: NULLNESS,
    tag: NULLNESS,
    dataset: LISTS,
    attribute: field.key === "run_id" ? LISTS : [],
  };
  return [...TEXT, ...besides[field.entity as Exclude<Entity, "metric">]];
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "field" && token.text.toUpperCase() === word;
}

/** Whether a token is a word of the language, and no name. */
export function isReserved(token: Token): boolean {
  return ["AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL"].some((word) => isWord(token, word));
}

function nameOf(field: Field): string {
  return `${field.entity} ${field.key}`;
}
