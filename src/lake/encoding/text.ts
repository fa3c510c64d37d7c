/** How a text's bytes are to be read. */
import { isUtf8 } from "node:buffer";
import { UserError } from "../../core/errors.ts";

export interface TextScan {
  /** A label of TextDecoder. */
  readonly encoding: string;
  /** Whether all of it is UTF-8 without zero bytes; of other encodings it is not looked at. */
  readonly isClean: boolean;
}

/** Reads a text once, at the speed of the disk. @param encoding said by the user */
export async function scanText(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  encoding?: string,
): Promise<TextScan> {
  if (encoding !== undefined && labelOf(encoding) !== "utf-8") return { encoding: labelOf(encoding), isClean: false };
  let isFirst = true;
  let tail: Uint8Array = new Uint8Array(0);
  let isClean = true;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (isFirst && encoding === undefined) {
      const utf16 = utf16Of(chunk);
      if (utf16 !== undefined) return { encoding: utf16, isClean: false };
    }
    isFirst = false;
    if (!isClean) continue;
    const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    const end = wholeEnd(bytes);
    tail = bytes.slice(end);
    isClean = isUtf8(bytes.subarray(0, end)) && !chunk.includes(0);
  }
  return { encoding: "utf-8", isClean: isClean && tail.length === 0 };
}

/** The text in UTF-8, without a byte order mark. */
export async function* decoded(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  const rest = decoder.decode();
  if (rest !== "") yield Buffer.from(rest);
}

/** By the mark, or since every second byte of the beginning is zero. */
export function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const looked = Math.min(head.length & ~1, 4096);
  if (looked < 4) return undefined;
  const zeros = [0, 0];
  for (let i = 0; i < looked; i++) if (head[i] === 0) zeros[i & 1]!++;
  const [even, odd] = zeros as [number, number];
  if (odd > looked * 0.3 && even < looked * 0.05) return "utf-16le";
  if (even > looked * 0.3 && odd < looked * 0.05) return "utf-16be";
  return undefined;
}

/** @throws UserError for an encoding that is not known */
function labelOf(encoding: string): string {
  try {
    return new TextDecoder(encoding).encoding;
  } catch {
    throw new UserError(`there is no encoding ${JSON.stringify(encoding)}`, {
      where: "--encoding",
      fix: "Write utf-8, utf-16le, utf-16be, windows-1252, latin1 or another label of the WHATWG Encoding Standard.",
    });
  }
}

/** Where the last whole character ends. */
function wholeEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
