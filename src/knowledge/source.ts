/** Files of knowledge as bytes and as text. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip, gunzipSync } from "node:zlib";
import { messageOf, UserError } from "../core/errors.ts";

/** The largest of these files is below 80 MB; a small .gz could hold any size. */
export const MOST_BYTES = 1 << 29;
const PIECE = 1 << 18;

/** @throws UserError saying which file of what kind cannot be read */
export async function readBytes(path: string, what: string, fix: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`the ${what} cannot be read: ${messageOf(error)}`, { where: path, fix });
  }
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The text of a plain or gzipped file. @throws UserError when it is no whole gzip file */
export function plainText(bytes: Buffer, path: string, what: string, fix: string): string {
  if (!isGzip(bytes)) return bytes.toString("utf8");
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString("utf8");
  } catch (error) {
    throw new UserError(`the ${what} cannot be read: ${messageOf(error)}`, { where: path, fix });
  }
}

/** A plain or gzipped file piece by piece. Reading throws when it cannot be read, is too large, or is no whole gzip file. */
export async function openPieces(
  path: string,
): Promise<{ readonly zipped: boolean; readonly pieces: AsyncIterable<Uint8Array> }> {
  const zipped = await startsAsGzip(path);
  const file = createReadStream(path, { highWaterMark: PIECE });
  if (!zipped) return { zipped, pieces: bounded(file) };
  const unzipped = createGunzip({ chunkSize: PIECE });
  pipeline(file, unzipped).catch(() => {}); // who reads the pieces is told
  return { zipped, pieces: bounded(unzipped) };
}

async function* bounded(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES >> 20} MB`);
    yield piece;
  }
}

async function startsAsGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(new Uint8Array(2), 0, 2, 0);
    return isGzip(buffer);
  } finally {
    await file.close();
  }
}

/** SHA-256 in hex of a file as it is on disk. @throws UserError when it cannot be read */
export async function hashFile(path: string, what: string, fix: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path, { highWaterMark: PIECE }), hash);
  } catch (error) {
    throw new UserError(`the ${what} cannot be read: ${messageOf(error)}`, { where: path, fix });
  }
  return hash.digest("hex");
}
