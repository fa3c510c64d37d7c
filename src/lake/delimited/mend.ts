/** Delimited text as RFC 4180 wants it, made of text that is not so: record by record, what cannot be read is put aside. */
import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import type { ReadContext } from "../../core/lake.ts";

export interface MendOptions {
  /** For messages. */
  readonly source: string;
  readonly delimiter: string;
  /** Of every record. */
  readonly fields: number;
  /** Whether the bytes are those of the source: offsets are told then. */
  readonly isOriginal: boolean;
}

/** Lines that a cell may have: a quote that is open for longer was never closed. */
const MOST_LINES = 1000;
/** DuckDB reads no longer ones. */
const MOST_BYTES = 2_000_000;
const BUFFER = 1 << 20;
const [QUOTE, LF, CR, SPACE] = [0x22, 0x0a, 0x0d, 0x20];

interface Line {
  readonly bytes: Buffer;
  readonly line: number;
  readonly offset: number;
}

/**
 * Writes the good records of a text to a file, in UTF-8, lines ended by LF. A line that is not UTF-8 is read as Windows-1252. Put aside
 * are lines with zero bytes, records with more or fewer fields, text after a closing quote, and the first line of a quote that never
 * closes; the lines after it are read by themselves.
 */
export async function mendText(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  { source, delimiter, fields, isOriginal }: MendOptions,
  context: ReadContext,
): Promise<void> {
  const code = delimiter.charCodeAt(0);
  let converted = 0;
  const decoder = new TextDecoder("windows-1252");
  const putAside = ({ bytes, line, offset }: Line, reason: string): void =>
    context.quarantine({
      source,
      line,
      ...(isOriginal && { offset }),
      reason,
      text: bytes.subarray(0, MOST_BYTES).toString("utf8"),
    });

  await using out = await open(file, "w", 0o600);
  let ready: Buffer[] = [];
  let readyBytes = 0;
  const flush = async (): Promise<void> => {
    if (ready.length > 0) await out.writev(ready);
    ready = [];
    readyBytes = 0;
  };
  const newline = Buffer.from("\n");

  /** Lines of a record whose quote is open. */
  let pending: Line[] = [];
  let pendingBytes = 0;
  let count = 0;
  let queue: Line[] = [];

  const giveUp = (reason: string): void => {
    const [first, ...rest] = pending;
    putAside(first!, reason);
    pending = [];
    pendingBytes = 0;
    queue = [...rest, ...queue];
  };
  const take = (line: Line): void => {
    if (pending.length === 0 && line.bytes.length === 0) return;
    const scan = scanLine(line.bytes, code, pending.length > 0);
    if (pending.length === 0) count = 1;
    count += scan.delimiters;
    pending.push(line);
    pendingBytes += line.bytes.length + 1;
    if (scan.isOpen && pending.length < MOST_LINES && pendingBytes < MOST_BYTES) return;
    const isLong = pendingBytes >= MOST_BYTES;
    const isUnclosed = scan.isOpen || (pending.length > 1 && (scan.isBad || count !== fields));
    if (isUnclosed) giveUp("a quote is never closed");
    else if (scan.isBad) giveUp("text follows a closing quote");
    else if (count !== fields) giveUp(`${count} fields in place of ${fields}`);
    else if (isLong) giveUp(`the line is longer than ${MOST_BYTES / 1e6} MB`);
    else {
      for (const { bytes } of pending) {
        ready.push(bytes, newline);
        readyBytes += bytes.length + 1;
      }
      pending = [];
      pendingBytes = 0;
    }
  };

  for await (const given of linesOf(chunks)) {
    context.signal.throwIfAborted();
    let line = given;
    if (line.bytes.includes(0)) {
      putAside(line, "zero bytes in the line");
      continue;
    }
    if (!isUtf8(line.bytes)) {
      converted++;
      line = { ...line, bytes: Buffer.from(decoder.decode(line.bytes)) };
    }
    take(line);
    while (queue.length > 0) take(queue.shift()!);
    if (readyBytes >= BUFFER) await flush();
  }
  while (pending.length > 0) {
    giveUp("a quote is never closed");
    while (queue.length > 0) take(queue.shift()!);
  }
  await flush();
  if (converted > 0) {
    context.notice(
      "encoding",
      `${source}: ${converted} ${converted === 1 ? "line is" : "lines are"} not UTF-8; read as Windows-1252 (Latin-1)`,
    );
  }
}

/** One line of a record. `isOpen`: it ends inside of quotes. `isBad`: text follows a closing quote. */
function scanLine(bytes: Buffer, delimiter: number, wasOpen: boolean) {
  let delimiters = 0;
  let at = 0;
  let isQuoted = wasOpen;
  const end = bytes.length;
  for (;;) {
    if (!isQuoted) {
      let start = at;
      while (start < end && bytes[start] === SPACE && delimiter !== SPACE) start++;
      if (bytes[start] === QUOTE) {
        isQuoted = true;
        at = start + 1;
      } else {
        const next = bytes.indexOf(delimiter, at);
        if (next < 0) return { delimiters, isOpen: false, isBad: false };
        delimiters++;
        at = next + 1;
        continue;
      }
    }
    const close = bytes.indexOf(QUOTE, at);
    if (close < 0) return { delimiters, isOpen: true, isBad: false };
    at = close + 1;
    if (bytes[at] === QUOTE) {
      at++;
      continue;
    }
    isQuoted = false;
    while (at < end && bytes[at] === SPACE && delimiter !== SPACE) at++;
    if (at >= end) return { delimiters, isOpen: false, isBad: false };
    if (bytes[at] !== delimiter) return { delimiters, isOpen: false, isBad: true };
    delimiters++;
    at++;
  }
}

/** Lines ended by LF, CRLF or, where there is no LF in the first 64 kB, CR. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let held: Buffer = Buffer.alloc(0);
  let ending: number | undefined;
  let line = 1;
  let offset = 0;
  const lineAt = (bytes: Buffer, from: number, to: number): Line => {
    const end = ending === LF && to > from && bytes[to - 1] === CR ? to - 1 : to;
    const whole = { bytes: bytes.subarray(from, end), line: line++, offset };
    offset += to + 1 - from;
    return whole;
  };
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const first = ending === undefined || chunk.includes(ending);
    parts.push(chunk);
    if (!first) continue;
    held = parts.length === 1 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat(parts);
    if (ending === undefined) {
      ending = held.includes(LF) || !held.includes(CR) ? LF : CR;
      if (held[0] === 0xef && held[1] === 0xbb && held[2] === 0xbf) {
        held = held.subarray(3);
        offset = 3;
      }
    }
    let from = 0;
    for (let to = held.indexOf(ending); to >= 0; to = held.indexOf(ending, from)) {
      yield lineAt(held, from, to);
      from = to + 1;
    }
    parts = from < held.length ? [held.subarray(from)] : [];
  }
  const rest = Buffer.concat(parts);
  if (rest.length > 0) yield lineAt(rest, 0, rest.length);
}
