import { UserError } from "../core/errors.ts";

const QUOTE = 34;
const LF = 10;
const CR = 13;
const SPACE = 32;
/** A record longer than this is taken for a quote that was never closed. */
const MAX_RECORD_BYTES = 64 << 20;

/** One record: field i is bytes[bounds[2i]] … bytes[bounds[2i + 1] - 1], trimmed and without its quotes. */
export interface CsvRecord {
  bytes: Buffer;
  bounds: Int32Array;
  fields: number;
  /** Line of the file on which it begins, from 1. */
  line: number;
}

/**
 * Finds the records of delimited text (RFC 4180) in a stream of bytes: any encoding in which ASCII bytes are ASCII.
 * Lines may end in LF, CRLF or CR, quoted fields may hold delimiters, line ends and doubled quotes; empty lines are
 * passed over. The record handed to `onRecord` is used again for the next one; `onRecord` returns false to stop.
 */
export class CsvScanner {
  readonly #delimiter: number;
  readonly #path: string;
  readonly #onRecord: (record: CsvRecord) => boolean;
  readonly #record: CsvRecord = { bytes: Buffer.alloc(0), bounds: new Int32Array(64), fields: 0, line: 1 };
  #line = 1;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Bytes to wait for before an unfinished record is looked at again, so that a long one is not read over and over. */
  #wanted = 0;
  #quoteLine = 0;
  #stopped = false;

  constructor(delimiter: string, path: string, onRecord: (record: CsvRecord) => boolean) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#path = path;
    this.#onRecord = onRecord;
  }

  /** @returns false when no more bytes are wanted */
  write(chunk: Buffer): boolean {
    if (this.#stopped) return false;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= this.#wanted) this.#scan(false);
    return !this.#stopped;
  }

  end(): void {
    if (!this.#stopped) this.#scan(true);
  }

  #scan(last: boolean): void {
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      const next = this.#scanRecord(bytes, at, last);
      if (next < 0) break;
      at = next;
    }
    const rest = bytes.subarray(at);
    if (rest.length > MAX_RECORD_BYTES && this.#quoteLine > 0) this.#refuseOpenQuote();
    this.#waiting = rest.length > 0 ? [rest] : [];
    this.#waitingBytes = rest.length;
    this.#wanted = rest.length * 2;
  }

  /** @returns where the next record begins, or -1 when this one is not whole yet */
  #scanRecord(bytes: Buffer, from: number, last: boolean): number {
    const record = this.#record;
    const delimiter = this.#delimiter;
    const end = bytes.length;
    let bounds = record.bounds;
    let count = 0;
    let line = this.#line;
    let at = from;
    let escaped = false;
    let quoted = false;
    this.#quoteLine = 0;
    for (;;) {
      if (count === bounds.length) {
        bounds = new Int32Array(count * 2);
        bounds.set(record.bounds);
        record.bounds = bounds;
      }
      let start = at;
      let stop: number;
      while (at < end && bytes[at] === SPACE && delimiter !== SPACE) at++;
      if (at < end && bytes[at] === QUOTE) {
        quoted = true;
        this.#quoteLine = line;
        start = ++at;
        for (; at < end; at++) {
          const byte = bytes[at];
          if (byte === QUOTE) {
            if (at + 1 >= end || bytes[at + 1] !== QUOTE) break;
            escaped = true;
            at++;
          } else if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) line++;
        }
        if (at >= end) {
          if (last) this.#refuseOpenQuote();
          return -1;
        }
        stop = at++;
        while (at < end && bytes[at] === SPACE && delimiter !== SPACE) at++;
        if (at >= end && !last) return -1;
        this.#quoteLine = 0;
        if (at < end && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR) this.#refuseQuote(line);
      } else {
        for (; at < end; at++) {
          const byte = bytes[at]!;
          if (byte === delimiter || byte === LF || byte === CR) break;
        }
        if (at >= end && !last) return -1;
        stop = at;
      }
      while (start < stop && bytes[start]! <= SPACE) start++;
      while (stop > start && bytes[stop - 1]! <= SPACE) stop--;
      bounds[count++] = start;
      bounds[count++] = stop;
      if (at < end && bytes[at] === delimiter) {
        at++;
        continue;
      }
      if (at < end && bytes[at] === CR) {
        if (at + 1 >= end && !last) return -1;
        if (bytes[at + 1] === LF) at++;
      }
      break;
    }
    record.bytes = bytes;
    record.fields = count / 2;
    record.line = this.#line;
    this.#line = line + 1;
    if (escaped) undouble(record);
    const empty = record.fields === 1 && bounds[0] === bounds[1] && !quoted;
    if (!empty && !this.#onRecord(record)) this.#stopped = true;
    return at + 1;
  }

  #refuseQuote(line: number): never {
    throw new UserError("text follows a closing quote", {
      where: `${this.#path}:${line}`,
      fix: 'Write a quote inside a quoted field twice (""), or take the quotes around the field away.',
    });
  }

  #refuseOpenQuote(): never {
    throw new UserError("a quote is never closed", {
      where: `${this.#path}:${this.#quoteLine}`,
      fix: 'Close the quote, or write a quote inside a quoted field twice ("").',
    });
  }
}

/** Replaces doubled quotes by single ones, in a copy of the record's bytes. */
function undouble(record: CsvRecord): void {
  const { bounds, fields } = record;
  const copy = Buffer.from(record.bytes.subarray(bounds[0], bounds[2 * fields - 1]));
  const shift = bounds[0]!;
  for (let i = 0; i < fields; i++) {
    const stop = bounds[2 * i + 1]! - shift;
    let to = bounds[2 * i]! - shift;
    bounds[2 * i] = to;
    for (let from = to; from < stop; from++) {
      copy[to++] = copy[from]!;
      if (copy[from] === QUOTE && copy[from + 1] === QUOTE && from + 1 < stop) from++;
    }
    bounds[2 * i + 1] = to;
  }
  record.bytes = copy;
}
