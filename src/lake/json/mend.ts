/** JSON objects one a line, made of a file that DuckDB cannot read: what is no object, or a broken one, is put aside. */
import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import type { ByteSource, ReadContext } from "../../core/lake.ts";
import { piecesOf } from "../fhir/pieces.ts";

/** DuckDB reads no larger ones. */
export const MOST_BYTES = 16 << 20;
const BUFFER = 1 << 20;
/** Of what was put aside, as much is kept. */
const SHOWN = 1 << 20;

/** @returns objects that were written */
export async function mendJson(source: ByteSource, file: string, context: ReadContext): Promise<number> {
  const windows = new TextDecoder("windows-1252");
  let [good, converted] = [0, 0];
  await using out = await open(file, "w", 0o600);
  let ready: string[] = [];
  let readyBytes = 0;
  const flush = async (): Promise<void> => {
    await out.write(ready.join(""));
    ready = [];
    readyBytes = 0;
  };
  for await (const pieces of piecesOf(source, context.signal)) {
    for (const { bytes, line, offset, problem } of pieces) {
      const isText = isUtf8(bytes);
      if (!isText) converted++;
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const read = isText ? buffer.toString("utf8") : windows.decode(bytes);
      const text = (read.charCodeAt(0) === 0xfeff ? read.slice(1) : read).trim();
      if (text === "" && problem === undefined) continue;
      const reason = problem ?? (bytes.length > MOST_BYTES ? `longer than ${MOST_BYTES >> 20} MB` : problemOf(text));
      if (reason !== undefined) {
        context.quarantine({ source: source.name, line, offset, reason, text: text.slice(0, SHOWN) });
        continue;
      }
      good++;
      // Line ends stand between tokens only: in strings they would be no JSON.
      ready.push(text.replace(/[\r\n]+/g, " "), "\n");
      readyBytes += text.length;
    }
    if (readyBytes > BUFFER) await flush();
  }
  await flush();
  if (converted > 0) {
    context.notice(
      "encoding",
      `${source.name}: ${converted} ${converted === 1 ? "object is" : "objects are"} not UTF-8; read as Windows-1252 (Latin-1)`,
    );
  }
  return good;
}

function problemOf(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return whyBroken(error);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return "not a JSON object";
  if (text.includes("\\u") && /\\ud[89a-f]/.test(JSON.stringify(value)))
    return "half of a character (a lone surrogate)";
  if (countKeys(text) !== keysIn(value)) return "a key is there twice in an object";
  return undefined;
}

/** Where it breaks; what stands there may be a patient's. */
function whyBroken(error: unknown): string {
  const at = /position (\d+)/.exec(String(error));
  return at === null ? "broken JSON: it ends too early" : `broken JSON at its character ${Number(at[1]) + 1}`;
}

function countKeys(text: string): number {
  let keys = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?/g)) if (token.endsWith(":")) keys++;
  return keys;
}

function keysIn(value: unknown): number {
  if (value === null || typeof value !== "object") return 0;
  const inside = Object.values(value).reduce((sum: number, one) => sum + keysIn(one), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
