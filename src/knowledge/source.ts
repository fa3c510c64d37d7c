/** Files of knowledge as bytes and as text. */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { messageOf, UserError } from "../core/errors.ts";

/** The largest of these files is below 40 MB; a small .gz could hold any size. */
const MOST_BYTES = 1 << 29;

/** @throws UserError saying which file of what kind cannot be read */
export async function readBytes(path: string, what: string, fix: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`the ${what} cannot be read: ${messageOf(error)}`, { where: path, fix });
  }
}

/** The text of a plain or gzipped file. @throws UserError when it is no whole gzip file */
export function plainText(bytes: Buffer, path: string, what: string, fix: string): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString("utf8");
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString("utf8");
  } catch (error) {
    throw new UserError(`the ${what} cannot be read: ${messageOf(error)}`, { where: path, fix });
  }
}
