/** The JSON values of a source, whichever way they are written down: one a line, in a bundle, one after the other. */
import { isUtf8 } from "node:buffer";
import type { ByteSource } from "../../core/lake.ts";
import { isObject } from "./concept.ts";
import { createLineSplitter, createValueSplitter, type Piece, type Splitter } from "./split.ts";

/** By as many first bytes it is told how a source is written. */
const HEAD = 64 << 10;

/** Pieces as they arrive. @param tell is told of bytes as they are read */
export async function* piecesOf(
  source: ByteSource,
  signal: AbortSignal,
  tell?: (bytes: number) => void,
): AsyncGenerator<readonly Piece[]> {
  let splitter: Splitter | undefined;
  let head: Uint8Array = new Uint8Array(0);
  for await (const chunk of source.open()) {
    signal.throwIfAborted();
    tell?.(chunk.length);
    if (splitter !== undefined) yield splitter.push(chunk);
    else {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length < HEAD) continue;
      splitter = splitterFor(source.name, head);
      yield splitter.push(head);
    }
  }
  if (splitter === undefined) {
    splitter = splitterFor(source.name, head);
    yield splitter.push(head);
  }
  yield splitter.end();
}

const splitterFor = (name: string, head: Uint8Array): Splitter =>
  isLines(name, head) ? createLineSplitter() : createValueSplitter();

/** Whether there is one value a line: by the name, or since the first or second line is one by itself, and not of a list. */
export function isLines(name: string, head: Uint8Array): boolean {
  if (/\.(?:ndjson|jsonl)(?:\.gz)?$/i.test(name)) return true;
  const text = textOf(head.subarray(0, HEAD));
  if (text.trimStart().startsWith("[")) return false;
  const lines = text.split("\n");
  // The last one may be cut.
  return lines.slice(0, -1).filter(isFull).slice(0, 2).some(isWhole);
}

const isFull = (line: string): boolean => line.trim() !== "";

function isWhole(line: string): boolean {
  try {
    return isObject(JSON.parse(line));
  } catch {
    return false;
  }
}

/** UTF-8, else Latin-1; without a byte order mark. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString(isUtf8(buffer) ? "utf8" : "latin1");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
