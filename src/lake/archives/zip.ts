/** The entries of a ZIP archive (APPNOTE 6.3: stored and deflated entries, ZIP64; no encryption), by name or as a stream. */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { messageOf, UserError } from "../../core/errors.ts";
import { unpacking } from "../source.ts";

export interface ZipEntry {
  /** As the archive has it; never used as a path. */
  readonly name: string;
  /** As the archive says: not to be trusted. */
  readonly packed: number;
  readonly unpacked: number;
  readonly isEncrypted: boolean;
  readonly isLink: boolean;
  /** @throws UserError when it is larger than `most`, encrypted or broken */
  bytes(most: number): Buffer;
}

/** One whose content can be read after its archive was closed. */
export interface ZipPlace extends Omit<ZipEntry, "bytes"> {
  readonly method: number;
  readonly crc: number;
  /** Of its local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const UNIX = 3;
const LINK = 0o120000;
const FIX = "Pack it again; `unzip -t FILE` finds what is wrong.";

type Read = (at: number, length: number) => Buffer;

/**
 * Files of an archive in the order of its directory; the archive is closed when the loop ends.
 * @throws UserError when it is no ZIP archive or is cut short
 */
export function* readZip(path: string): Generator<ZipEntry> {
  const { read, close } = opened(path);
  try {
    for (const place of places(read.bytes, read.size, path)) {
      yield { ...place, bytes: (most) => bytesOf(read.bytes, place, path, most) };
    }
  } finally {
    close();
  }
}

/** Files of an archive. @throws UserError when it is no ZIP archive or is cut short */
export function listZip(path: string): readonly ZipPlace[] {
  const { read, close } = opened(path);
  try {
    return [...places(read.bytes, read.size, path)];
  } finally {
    close();
  }
}

/**
 * What an entry holds, in constant memory.
 * @param tell is told of bytes as they are unpacked, and may throw
 * @throws UserError when it is broken: its bytes are not what the directory says
 */
export async function* unzip(path: string, entry: ZipPlace, tell: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const where = `${path}/${entry.name}`;
  const { read, close } = opened(path);
  let body: number;
  try {
    body = bodyOf(read.bytes, entry, path);
  } finally {
    close();
  }
  refuseMethod(entry, where);
  if (entry.packed === 0) return;
  const packed = createReadStream(path, { start: body, end: body + entry.packed - 1, highWaterMark: 1 << 18 });
  const stream = entry.method === 0 ? packed : unpacking(packed, createInflateRaw({ chunkSize: 1 << 18 }));
  let [sum, bytes] = [0, 0];
  try {
    for await (const chunk of stream) {
      sum = crc32(chunk as Buffer, sum);
      bytes += (chunk as Buffer).length;
      tell((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof UserError || (error as NodeJS.ErrnoException).code?.startsWith("Z_") !== true) throw error;
    throw new UserError("the entry is broken", { where, fix: FIX });
  } finally {
    packed.destroy();
  }
  if (bytes !== entry.unpacked || sum !== entry.crc) throw new UserError("the entry is broken", { where, fix: FIX });
}

function opened(path: string) {
  const file = openSync(path, "r");
  const size = fstatSync(file).size;
  const bytes: Read = (at, length) => {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size)));
    if (at < 0 || at + length > size || readSync(file, buffer, 0, length, at) !== length) throw broken(path);
    return buffer;
  };
  return { read: { bytes, size }, close: () => closeSync(file) };
}

function* places(read: Read, size: number, path: string): Generator<ZipPlace> {
  const { count, directory } = findDirectory(read, size, path);
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) throw broken(path);
    const [made, flags, method] = [directory[at + 5]!, directory.readUInt16LE(at + 8), directory.readUInt16LE(at + 10)];
    const [crc, packed, unpacked, outside, offset] = [16, 20, 24, 38, 42].map((where) =>
      directory.readUInt32LE(at + where),
    ) as [number, number, number, number, number];
    const [nameLength, extraLength, comment] = [28, 30, 32].map((where) => directory.readUInt16LE(at + where)) as [
      number,
      number,
      number,
    ];
    const name = directory.toString((flags & 0x800) === 0 ? "latin1" : "utf8", at + 46, at + 46 + nameLength);
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    at += 46 + nameLength + extraLength + comment;
    if (name.endsWith("/")) continue;
    const isLink = made === UNIX && ((outside >>> 16) & 0o170000) === LINK;
    const large = wide(extra, { unpacked, packed, offset }, path);
    yield { name, method, crc, isEncrypted: (flags & 1) !== 0, isLink, ...large };
  }
}

type Sizes = Pick<ZipPlace, "unpacked" | "packed" | "offset">;

/** Numbers that did not fit stand in an extra field, in this order. */
function wide(extra: Buffer, sizes: Sizes, path: string): Sizes {
  if (Object.values(sizes).every((size) => size !== 0xffffffff)) return sizes;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    const take = (size: number): number => {
      if (size !== 0xffffffff) return size;
      if (next + 8 > extra.length) throw broken(path);
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    };
    const unpacked = take(sizes.unpacked);
    const packed = take(sizes.packed);
    return { unpacked, packed, offset: take(sizes.offset) };
  }
  throw broken(path);
}

function bytesOf(read: Read, entry: ZipPlace, path: string, most: number): Buffer {
  const where = `${path}/${entry.name}`;
  if (entry.isEncrypted) throw new UserError("the entry is encrypted", { where });
  const body = bodyOf(read, entry, path);
  if (entry.packed > most) throw new UserError("the entry is too large for one case", { where });
  const bytes = read(body, entry.packed);
  refuseMethod(entry, where);
  if (entry.method === 0) return bytes;
  try {
    return inflateRawSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new UserError(large ? "the entry is too large for one case" : messageOf(error), { where });
  }
}

function bodyOf(read: Read, { offset, packed }: ZipPlace, path: string): number {
  const local = read(offset, 30);
  if (local.readUInt32LE(0) !== LOCAL) throw broken(path);
  const body = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (packed > 0) read(body + packed - 1, 1);
  return body;
}

function refuseMethod({ method }: ZipPlace, where: string): void {
  if (method === 0 || method === 8) return;
  throw new UserError(`the entry is packed in a way that is not known (${method})`, { where });
}

function findDirectory(read: Read, size: number, path: string): { count: number; directory: Buffer } {
  const length = Math.min(size, END_SIZE + 0xffff);
  const start = size - length;
  const tail = read(start, length);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    const count = tail.readUInt16LE(at + 10);
    const [bytes, from] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
    if (count !== 0xffff && bytes !== 0xffffffff && from !== 0xffffffff) return { count, directory: read(from, bytes) };
    const locator = read(start + at - 20, 20);
    if (locator.readUInt32LE(0) !== LOCATOR64) throw broken(path);
    const end = read(Number(locator.readBigUInt64LE(8)), 56);
    if (end.readUInt32LE(0) !== END64) throw broken(path);
    const [many, large, where] = [32, 40, 48].map((place) => Number(end.readBigUInt64LE(place))) as [
      number,
      number,
      number,
    ];
    return { count: many, directory: read(where, large) };
  }
  throw broken(path);
}

const broken = (path: string): UserError =>
  new UserError("this is no ZIP archive, or it is cut short", { where: path, fix: FIX });
