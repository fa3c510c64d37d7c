/** JSON values of a stream: one a line, or the whole of it. */
import { UserError } from "../../core/errors.ts";

/** A line, or a whole document, that is longer is refused. */
const MOST_BYTES = 64 << 20;

export interface JsonItem {
  readonly value: unknown;
  /** "patients.ndjson:12" */
  readonly where: string;
}

/**
 * Values as they arrive: JSON lines, else (where the first line is no JSON by itself) one document, whose items are the values where
 * it is a list.
 * @param path for messages
 * @throws UserError for what is no JSON, with its line
 */
export async function* readJsonItems(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<readonly JsonItem[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let waiting = "";
  let line = 0;
  let isDocument: boolean | undefined;
  for await (const chunk of chunks) {
    waiting += decoded(decoder, chunk, path);
    if (waiting.length > MOST_BYTES) {
      throw new UserError("a value is larger than 64 MB", { where: path, fix: "Write one patient a line." });
    }
    if (isDocument === true) continue;
    const ends = waiting.lastIndexOf("\n");
    if (ends < 0) continue;
    const lines = waiting.slice(0, ends).split("\n");
    isDocument ??= !isJson(lines.find((text) => text.trim() !== ""));
    if (isDocument) continue;
    waiting = waiting.slice(ends + 1);
    const items = lines.flatMap((text, i) => itemIn(text, `${path}:${line + i + 1}`));
    line += lines.length;
    if (items.length > 0) yield items;
  }
  const last = itemIn(waiting, isDocument === true ? path : `${path}:${line + 1}`);
  const [one] = last;
  if (one !== undefined && line === 0 && Array.isArray(one.value)) {
    yield one.value.map((value: unknown, i) => ({ value, where: `${path}, item ${i}` }));
  } else if (last.length > 0) yield last;
}

function decoded(decoder: InstanceType<typeof TextDecoder>, chunk: Buffer, path: string): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new UserError("the JSON is not UTF-8", { where: path, fix: "Write it in UTF-8." });
  }
}

function isJson(text: string | undefined): boolean {
  if (text === undefined) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function itemIn(text: string, where: string): readonly JsonItem[] {
  if (text.trim() === "") return [];
  try {
    return [{ value: JSON.parse(text), where }];
  } catch (error) {
    // The parser's message repeats a piece of the text.
    const at = /\(line \d+ column \d+\)/.exec(error instanceof Error ? error.message : "")?.[0] ?? "";
    throw new UserError(`this is broken JSON ${at}`.trim(), {
      where,
      fix: "Give one JSON object a line, or a list of them.",
    });
  }
}
