import { NoteProblem } from "./problem.ts";

/**
 * Text in UTF-8, in UTF-16 with or without a mark, else in Windows' Latin-1.
 * @throws NoteProblem when the bytes are no text
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return utf16("utf-16le", bytes);
  if (first === 0xfe && second === 0xff) return utf16("utf-16be", bytes);
  if (bytes.includes(0)) {
    // Western text in UTF-16: every other byte is zero.
    const [even, odd] = zeros(bytes.subarray(0, 4096));
    if (odd > 0.4 && even < 0.1) return utf16("utf-16le", bytes);
    if (even > 0.4 && odd < 0.1) return utf16("utf-16be", bytes);
    throw new NoteProblem("it holds zero bytes: it is no text");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function utf16(encoding: "utf-16le" | "utf-16be", bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new NoteProblem("it begins as UTF-16 and is broken further on");
  }
}

/** Shares of zero bytes at even and at odd places. */
function zeros(bytes: Uint8Array): [number, number] {
  const counts: [number, number] = [0, 0];
  for (const [i, byte] of bytes.entries()) if (byte === 0) counts[i & 1]++;
  const half = Math.max(1, bytes.length / 2);
  return [counts[0] / half, counts[1] / half];
}
