/** JSON values of a stream one by one, entries of bundles each by itself, so that no file needs more memory than its largest entry. */

export interface Piece {
  /** Its bytes; valid as long as the chunk they came in is not written to. */
  readonly bytes: Uint8Array;
  /** Of its first byte: from 1, from 0. */
  readonly line: number;
  readonly offset: number;
  /** Why it cannot be read. */
  readonly problem?: string;
  /** Element of a bundle's `entry` list, in place of a resource. */
  readonly isEntry: boolean;
}

export interface Splitter {
  /** Pieces that end in this chunk. */
  push(chunk: Uint8Array): readonly Piece[];
  end(): readonly Piece[];
}

/** A piece that is longer is put aside unread. */
export const MOST_BYTES = 64 << 20;
/** Of what was put aside for its size, as much is kept. */
const SHOWN = 4096;

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Lines; empty ones are passed over. */
export function createLineSplitter(): Splitter {
  const held = createHeld();
  let line = 1;
  let offset = 0;
  const piece = (): readonly Piece[] => {
    const { bytes, length, isWhole } = held.take();
    const at = { line, offset };
    line++;
    offset += length + 1;
    if (isBlank(bytes)) return [];
    return [{ bytes, ...at, isEntry: false, ...(!isWhole && { problem: tooLong("line") }) }];
  };
  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let from = 0;
      for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
        held.add(chunk.subarray(from, to));
        pieces.push(...piece());
        from = to + 1;
      }
      held.add(chunk.subarray(from));
      return pieces;
    },
    end: piece,
  };
}

const tooLong = (what: string): string => `the ${what} is longer than ${MOST_BYTES >> 20} MB`;

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte <= 0x20);
}

/** Bytes of a piece that is not whole yet; of one that is too long its beginning. */
function createHeld() {
  let parts: Uint8Array[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(bytes: Uint8Array): void {
      if (bytes.length === 0) return;
      if (length <= MOST_BYTES) parts.push(bytes);
      length += bytes.length;
      if (length > MOST_BYTES && parts.length > 1) parts = [Buffer.concat(parts).subarray(0, SHOWN)];
    },
    take(): { readonly bytes: Uint8Array; readonly length: number; readonly isWhole: boolean } {
      const isWhole = length <= MOST_BYTES;
      const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      const taken = { bytes: isWhole ? all : all.subarray(0, SHOWN), length, isWhole };
      parts = [];
      length = 0;
      return taken;
    },
  };
}

/**
 * Values of a document: those that follow one another, items of a list, and of a bundle the elements of its `entry`; what stands around
 * them is let go. Brackets are counted, nothing is parsed. A string ends with its line at the latest, so that a lost quote spoils one entry
 * of a file that is printed in lines.
 */
export function createValueSplitter(): Splitter {
  const held = createHeld();
  let [line, offset, depth] = [1, 0, 0];
  /** Depth at which pieces begin: 0 in the file, 1 in a list of it, 2 in a bundle's entries. */
  let level = 0;
  /** Where the piece under way began. */
  let begun: { readonly line: number; readonly offset: number } | undefined;
  let isInString = false;
  let isEscaped = false;
  /** Of the object under way at depth 1, where a key may come, the key that is under way, and the last one. */
  let isKeyNext = false;
  let key: string | undefined;
  let lastKey = "";
  let isOpened = false;

  const finish = (problem?: string): Piece => {
    const { bytes, isWhole } = held.take();
    const why = isWhole ? problem : tooLong("entry");
    const piece = { bytes, ...begun!, isEntry: level === 2, ...(why !== undefined && { problem: why }) };
    begun = undefined;
    return piece;
  };

  return {
    push(chunk) {
      const pieces: Piece[] = [];
      /** From where on the chunk belongs to the piece under way. */
      let from = 0;
      for (let i = 0; i < chunk.length; i++) {
        if (key === undefined && !isEscaped) i = isInString ? skipString(chunk, i) : skipPlain(chunk, i);
        if (i === chunk.length) break;
        const byte = chunk[i]!;
        if (byte === NEWLINE) {
          line++;
          isInString = isEscaped = false;
          key = undefined;
        } else if (isInString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte !== QUOTE) {
            if (key !== undefined && key.length < 16) key += String.fromCharCode(byte);
          } else {
            isInString = false;
            if (key !== undefined) lastKey = key;
            key = undefined;
          }
        } else if (byte === QUOTE) {
          isInString = true;
          if (isKeyNext && depth === 1) key = "";
          isKeyNext = false;
        } else if (byte === COMMA) {
          isKeyNext = depth === 1 && level === 0;
        } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
          if (depth === level) {
            if (byte === OPEN_LIST && level === 0) level = 1;
            else {
              begun = { line, offset: offset + i };
              from = i;
            }
          } else if (byte === OPEN_LIST && depth === 1 && level === 0 && lastKey === "entry" && begun !== undefined) {
            held.add(chunk.subarray(from, i));
            const { bytes } = held.take();
            if (isBundle(bytes)) {
              level = 2;
              begun = undefined;
            } else {
              held.add(bytes);
              from = i;
            }
          }
          depth++;
          isOpened = true;
          isKeyNext = byte === OPEN_OBJECT && depth === 1 && level === 0;
        } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
          // What is closed without having been opened is passed over.
          depth = Math.max(0, depth - 1);
          if (begun !== undefined && depth === level) {
            held.add(chunk.subarray(from, i + 1));
            pieces.push(finish());
          } else if (depth < level) level = 0;
        }
      }
      if (begun !== undefined) held.add(chunk.subarray(from));
      offset += chunk.length;
      return pieces;
    },
    end() {
      if (begun !== undefined) return [finish("it does not end: the file is cut, or a bracket or quote is missing")];
      if (isOpened && depth === 0) return [];
      const problem = isOpened ? "the list of entries does not end: the file is cut" : "there is no JSON object in it";
      return offset === 0 ? [] : [{ bytes: new Uint8Array(0), line, offset, isEntry: false, problem }];
    },
  };
}

/** Where a string, or its line, ends or something is escaped. */
function skipString(chunk: Uint8Array, from: number): number {
  let i = from;
  for (; i < chunk.length; i++) {
    const byte = chunk[i];
    if (byte === QUOTE || byte === BACKSLASH || byte === NEWLINE) break;
  }
  return i;
}

/** Where something stands, outside of strings, that structure depends on. */
function skipPlain(chunk: Uint8Array, from: number): number {
  let i = from;
  while (i < chunk.length && MARKS[chunk[i]!] === 0) i++;
  return i;
}

const MARKS = new Uint8Array(256);
for (const mark of [QUOTE, COMMA, NEWLINE, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST]) MARKS[mark] = 1;

/** By what stands before its entries. */
const isBundle = (head: Uint8Array): boolean =>
  !/"resourceType"\s*:\s*"(?!Bundle")/.test(Buffer.from(head).toString("latin1"));
