/** The entries of a ZIP archive, one at a time (APPNOTE 6.3: stored and deflated entries; no ZIP64, no encryption). */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { messageOf, UserError } from "../../core/errors.ts";

export interface ZipEntry {
  /** As the archive has it; never used as a path. */
  readonly name: string;
  /** @throws UserError when it is larger than `most`, encrypted or broken */
  bytes(most: number): Buffer;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const FIX = "Pack it again; `unzip -t FILE` finds what is wrong.";

/**
 * Files of an archive in the order of its directory; the archive is closed when the loop ends.
 * @throws UserError when it is no ZIP archive or is cut short
 */
export function* readZip(path: string): Generator<ZipEntry> {
  const file = openSync(path, "r");
  try {
    const size = fstatSync(file).size;
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      if (at < 0 || at + length > size || readSync(file, bytes, 0, length, at) !== length) throw broken(path);
      return bytes;
    };
    const { count, directory } = findDirectory(read, size, path);
    for (let i = 0, at = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) throw broken(path);
      const [flags, method] = [directory.readUInt16LE(at + 8), directory.readUInt16LE(at + 10)];
      const packed = directory.readUInt32LE(at + 20);
      const [nameLength, extra, comment] = [28, 30, 32].map((where) => directory.readUInt16LE(at + where));
      const offset = directory.readUInt32LE(at + 42);
      const name = directory.toString((flags & 0x800) === 0 ? "latin1" : "utf8", at + 46, at + 46 + nameLength);
      at += 46 + nameLength + extra + comment;
      if (name.endsWith("/")) continue;
      yield {
        name,
        bytes(most) {
          const where = `${path}/${name}`;
          if ((flags & 1) !== 0) throw new UserError("the entry is encrypted", { where });
          const local = read(offset, 30);
          if (local.readUInt32LE(0) !== LOCAL) throw broken(path);
          const body = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
          if (packed > most) throw new UserError("the entry is too large for one case", { where });
          const bytes = read(body, packed);
          if (method === 0) return bytes;
          if (method !== 8)
            throw new UserError(`the entry is packed in a way that is not known (${method})`, { where });
          try {
            return inflateRawSync(bytes, { maxOutputLength: most });
          } catch (error) {
            const large = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
            throw new UserError(large ? "the entry is too large for one case" : messageOf(error), { where });
          }
        },
      };
    }
  } finally {
    closeSync(file);
  }
}

function findDirectory(
  read: (at: number, length: number) => Buffer,
  size: number,
  path: string,
): { count: number; directory: Buffer } {
  const length = Math.min(size, END_SIZE + 0xffff);
  const tail = read(size - length, length);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    const count = tail.readUInt16LE(at + 10);
    const [bytes, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
    if (count === 0xffff || start === 0xffffffff)
      throw new UserError("the archive is ZIP64", { where: path, fix: "Unpack it and give the folder." });
    return { count, directory: read(start, bytes) };
  }
  throw broken(path);
}

const broken = (path: string): UserError =>
  new UserError("this is no ZIP archive, or it is cut short", { where: path, fix: FIX });
