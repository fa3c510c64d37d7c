import { UserError } from "../errors.ts";

/** One piece of a filter or an order; `at` and `end` are offsets into the text. */
export interface Token {
  readonly kind: "field" | "number" | "string" | "operator" | "punctuation" | "end";
  /** As written, quotes included. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

const PATTERNS: readonly (readonly [Token["kind"], RegExp])[] = [
  // A word, or `quoted`, and after a dot also "quoted"; dots join them: metrics.`val f1`, params."lr", tags.mlflow.user
  ["field", /(?:`[^`]*`|[\p{L}_][\p{L}\p{N}_]*)(?:\.(?:`[^`]*`|"[^"]*"|[\p{L}\p{N}_]+))*/uy],
  ["number", /-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\p{L}\p{N}_.])/uy],
  ["string", /'[^']*'|"[^"]*"/y],
  ["operator", /[!<>=]+/y],
  ["punctuation", /[(),]/y],
];

/**
 * Cuts a filter or an order into tokens; the last one is always of kind "end".
 * @param what "filter" or "order", for the message
 * @throws UserError at a character that begins no token
 */
export function tokenize(text: string, what: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at += 1;
    if (at === text.length) return [...tokens, { kind: "end", text: "", at, end: at }];
    const token = match(text, at);
    if (token === undefined) throw lexical(text, what, at, tokens.at(-1));
    tokens.push(token);
    at = token.end;
  }
}

/** A mistake in a text, which knows its place. */
export class PlacedError extends UserError {
  /** Offset into the text. */
  readonly at: number;

  constructor(text: string, what: string, at: number, message: string, fix: string) {
    super(message, { where: `${what} "${text}", character ${at + 1}`, fix });
    this.at = at;
  }
}

/** An error that shows where in the text it is. */
export function wrongAt(text: string, what: string, at: number, message: string, fix: string): PlacedError {
  return new PlacedError(text, what, at, message, fix);
}

function match(text: string, at: number): Token | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found, at, end: at + found.length };
  }
  return undefined;
}

function lexical(text: string, what: string, at: number, before: Token | undefined): UserError {
  const open = /^\.?(['"`])/.exec(text.slice(at));
  if (open !== null) {
    const quote = at + open[0].length - 1;
    return wrongAt(
      text,
      what,
      quote,
      `The ${what} has a quote that is never closed`,
      `Close it with another ${open[1]}.`,
    );
  }
  const sign = String.fromCodePoint(text.codePointAt(at)!);
  if (before?.kind === "field" && before.end === at) {
    const message = `The ${what} has a key with "${sign}" in it, which needs quotes`;
    return wrongAt(text, what, at, message, "Put such a key in backticks: metrics.`val-f1`.");
  }
  return wrongAt(text, what, at, `The ${what} cannot be read at "${sign}"`, "Write e.g. metrics.val_f1_macro > 0.9.");
}
