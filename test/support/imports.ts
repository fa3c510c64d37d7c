/** Reads the imports of a TypeScript file. (TypeScript 7 has no stable API for it, and esbuild drops type imports.) */

export interface Token {
  readonly kind: "word" | "string" | "number" | "mark";
  readonly text: string;
  /** 1-based */
  readonly line: number;
}

export interface Import {
  /** What is imported; null where the path is computed. */
  readonly from: string | null;
  readonly line: number;
}

const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy;
const NUMBER = /\d[\w.]*/y;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
/** Words after which a slash begins a regular expression, not a division. */
const BEFORE_REGEX = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "void",
  "delete",
  "throw",
  "await",
  "yield",
  "else",
  "do",
]);

/** Words, strings, numbers and single marks; no comments, regular expressions, or text of templates with expressions. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  /** Open braces of each template expression that we are in. */
  const depths: number[] = [];
  let line = 1;
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const take = (kind: Token["kind"] | undefined, part: string, value = part): void => {
    if (kind) found.push({ kind, text: value, line });
    line += part.split("\n").length - 1;
    at += part.length;
  };
  const takeTemplate = (): void => {
    let end = at + 1;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end)) end += text[end] === "\\" ? 2 : 1;
    const whole = text[at] === "`" && text[end] === "`";
    if (text.startsWith("${", end)) depths.push(0);
    take(whole ? "string" : undefined, text.slice(at, end + (text[end] === "`" ? 1 : 2)), text.slice(at + 1, end));
  };
  while (at < text.length) {
    const mark = text[at];
    const string = match(STRING);
    const comment = match(COMMENT);
    const word = match(WORD);
    const number = match(NUMBER);
    const regex = mark === "/" && regexMayFollow(found.at(-1)) ? match(REGEX) : undefined;
    if (comment ?? regex) take(undefined, (comment ?? regex) as string);
    else if (string) take("string", string, string.slice(1, -1));
    else if (word) take("word", word);
    else if (number) take("number", number);
    else if (mark === "`" || (mark === "}" && depths.at(-1) === 0)) {
      if (mark === "}") depths.pop();
      takeTemplate();
    } else {
      if (mark === "{" && depths.length > 0) depths[depths.length - 1]++;
      if (mark === "}" && depths.length > 0) depths[depths.length - 1]--;
      take(mark.trim() === "" ? undefined : "mark", mark);
    }
  }
  return found;
}

function regexMayFollow(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "mark") return !")]}".includes(before.text);
  return before.kind === "word" && BEFORE_REGEX.has(before.text);
}

/** Static, type, re-exporting and dynamic imports, `import("…")` types and calls of `require`. */
export function importsOf(list: readonly Token[]): Import[] {
  const found: Import[] = [];
  list.forEach((token, i) => {
    if (token.kind !== "word" || isMark(list[i - 1], ".")) return;
    const next = list[i + 1];
    if ((token.text === "import" || token.text === "require") && isMark(next, "(")) {
      const path = list[i + 2];
      const literal = path?.kind === "string" && (isMark(list[i + 3], ")") || isMark(list[i + 3], ","));
      found.push({ from: literal ? path.text : null, line: token.line });
    } else if (token.text === "import" && next?.kind === "string") {
      found.push({ from: next.text, line: token.line });
    } else if (token.text === "import" || (token.text === "export" && opensClause(list, i + 1))) {
      const from = sourceOf(list, i + 1);
      if (from !== undefined) found.push({ from, line: token.line });
    }
  });
  return found;
}

const isMark = (token: Token | undefined, text: string): boolean => token?.kind === "mark" && token.text === text;

function opensClause(list: readonly Token[], at: number): boolean {
  const first = list[at]?.text === "type" ? list[at + 1] : list[at];
  return isMark(first, "{") || isMark(first, "*");
}

/** The path after `from` of an import or export clause, which holds names, braces, commas and stars only. */
function sourceOf(list: readonly Token[], start: number): string | undefined {
  for (let i = start; i < list.length; i++) {
    const token = list[i];
    const next = list[i + 1];
    if (token.kind === "word" && token.text === "from" && next?.kind === "string") return next.text;
    if (token.kind === "mark" && !"{},*".includes(token.text)) return undefined;
    if (token.kind === "word" && (token.text === "import" || token.text === "export")) return undefined;
  }
  return undefined;
}
