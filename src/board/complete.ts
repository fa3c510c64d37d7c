import { Attr, type RunTable } from "../core/board/board.ts";
import { ATTRIBUTES, type Field, fieldOf, isNumeric } from "../core/filter/fields.ts";
import { comparatorsOf, isReserved } from "../core/filter/filter.ts";
import { type Token, tokenize } from "../core/filter/tokens.ts";
import { foldLetters } from "../core/formats/fold.ts";
import { BOARD_ATTRIBUTES, columnId } from "./filter.ts";

export interface Completion {
  /** What of the text is replaced: offsets. */
  readonly from: number;
  readonly to: number;
  /** Likeliest first. */
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  readonly text: string;
  /** What it is: "metric", "12 runs". */
  readonly note: string;
}

const MOST = 50;

/** What may stand at the cursor of a filter that is being written: names, comparators, values that runs have, "and". */
export function complete(text: string, cursor: number, table: RunTable): Completion {
  const before = text.slice(0, cursor);
  const quote = openQuote(before);
  if (quote >= 0) {
    const field = lastField(tokensOf(before.slice(0, quote)) ?? []);
    const typed = before.slice(quote + 1);
    const closed = text[cursor] === text[quote];
    return {
      from: quote,
      to: closed ? cursor + 1 : cursor,
      candidates: field ? pick(valuesOf(table, field), typed) : [],
    };
  }
  const typed = /(?:`[^`]*`?|[\p{L}\p{N}_.])*$/u.exec(before)![0];
  const from = cursor - typed.length;
  const tokens = tokensOf(before.slice(0, from));
  const rest = /^[\p{L}\p{N}_.`]*/u.exec(text.slice(cursor))![0];
  return { from, to: cursor + rest.length, candidates: tokens ? pick(expected(tokens, table), typed) : [] };
}

interface Option extends Candidate {
  /** What is compared with what was typed. */
  readonly by: string;
}

function expected(tokens: readonly Token[], table: RunTable): readonly Option[] {
  const last = tokens.at(-1);
  const word = last?.text.toUpperCase() ?? "AND";
  if (word === "AND") return fieldsOf(table);
  const field = lastField(tokens);
  if (!field) return [];
  if (word === "IS") return options(["NULL", "NOT NULL"]);
  if (word === "NOT") return options(tokens.at(-2)?.text.toUpperCase() === "IS" ? ["NULL"] : ["IN"]);
  if (word === "IN") return options(["("]);
  if (last!.kind === "operator" || word === "LIKE" || word === "ILIKE" || word === "(" || word === ",") {
    return isNumeric(field, BOARD_ATTRIBUTES) ? [] : valuesOf(table, field);
  }
  if (last!.kind === "field" && !isReserved(last!)) return options(comparatorsOf(field, BOARD_ATTRIBUTES));
  const inList = last!.kind === "string" && tokens.findLast(({ text }) => text === "(" || text === ")")?.text === "(";
  return options(inList ? [",", ")"] : ["and"]);
}

function options(texts: readonly string[]): Option[] {
  return texts.map((text) => ({ text, note: "", by: text }));
}

/** Names of columns as a filter writes them. */
function fieldsOf(table: RunTable): Option[] {
  const own = [...ATTRIBUTES.filter((key) => key !== "artifact_uri"), ...Object.keys(BOARD_ATTRIBUTES)];
  const ids = table.columnIds.filter((id) => !id.startsWith("attributes."));
  const rank = (id: string): number => ["metrics.", "params.", "tags."].findIndex((head) => id.startsWith(head));
  return [
    ...ids
      .toSorted((a, b) => rank(a) - rank(b))
      .map((id) => ({ text: written(id), note: id.split(".")[0]!.slice(0, -1), by: id })),
    ...own.map((key) => ({ text: key, note: "attribute", by: key })),
  ];
}

function written(id: string): string {
  const at = id.indexOf(".") + 1;
  const key = id.slice(at);
  return /^[\p{L}\p{N}_]+(\.[\p{L}\p{N}_]+)*$/u.test(key) ? id : `${id.slice(0, at)}\`${key}\``;
}

/** Texts that runs have, the commonest first, in quotes. */
function valuesOf(table: RunTable, field: Field): Option[] {
  const column = table.column(field.key === "run_name" && field.entity === "attribute" ? Attr.name : columnId(field));
  if (column?.kind !== "text") return [];
  const counts = new Uint32Array(column.texts.length);
  for (let row = 0; row < table.rows; row++) if (column.codes[row]! >= 0) counts[column.codes[row]!]!++;
  const codes = [...counts.keys()].filter((code) => counts[code]! > 0).sort((a, b) => counts[b]! - counts[a]! || a - b);
  return codes.flatMap((code) => {
    const value = column.texts[code]!;
    const mark = value.includes("'") ? '"' : "'";
    if (value.includes(mark)) return []; // the language cannot write it
    return [{ text: mark + value + mark, note: counts[code] === 1 ? "1 run" : `${counts[code]} runs`, by: value }];
  });
}

/** Options that begin with what was typed, then those of whose parts one does, then those that hold it. */
function pick(all: readonly Option[], typed: string): Candidate[] {
  const wanted = foldLetters(typed.replaceAll("`", ""));
  const places = [0, 1, 2].map((): Candidate[] => []);
  for (const { by, text, note } of all) {
    const folded = foldLetters(by);
    const at = folded.indexOf(wanted);
    if (at < 0 || folded === "") continue;
    const place = at === 0 ? 0 : /[^\p{L}\p{N}]/u.test(folded[at - 1]!) ? 1 : 2;
    if (places[place]!.length < MOST) places[place]!.push({ text, note });
  }
  return places.flat().slice(0, MOST);
}

/** Where a quote begins that is not closed; −1 when there is none. Backticks are of names. */
function openQuote(text: string): number {
  let open = -1;
  for (let i = 0; i < text.length; i++) {
    if (open < 0 && (text[i] === "'" || text[i] === '"') && text[i - 1] !== ".") open = i;
    else if (open >= 0 && text[i] === text[open]) open = -1;
  }
  return open;
}

/** @returns undefined where what stands before cannot be read: nothing sensible can follow */
function tokensOf(text: string): readonly Token[] | undefined {
  try {
    return tokenize(text, "filter").slice(0, -1);
  } catch {
    return undefined;
  }
}

function lastField(tokens: readonly Token[]): Field | undefined {
  const token = tokens.findLast((one) => one.kind === "field" && !isReserved(one));
  try {
    return token && fieldOf(token, token.text, "filter", BOARD_ATTRIBUTES);
  } catch {
    return undefined;
  }
}
