import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { distance } from "fastest-levenshtein";
import { messageOf, UserError } from "../core/errors.ts";

const HEAD_BYTES = 256 << 10;
const CHUNK_BYTES = 1 << 20;

export interface Source {
  readonly path: string;
  readonly gzip: boolean;
  readonly format: "text" | "parquet";
  /** The first bytes, unpacked. */
  readonly head: Buffer;
}

/**
 * Looks at a file: is it there, is it packed, is it text or Parquet? Told by its first bytes, not by its name.
 * @throws UserError for what is no readable table
 */
export async function openSource(path: string): Promise<Source> {
  await refuseUnlessFile(path);
  const start = await firstBytes(path, 4);
  const gzip = start[0] === 0x1f && start[1] === 0x8b;
  const head = gzip ? await firstUnpacked(path) : await firstBytes(path, HEAD_BYTES);
  if (head.length === 0) {
    throw new UserError("the file is empty", { where: path, fix: "Give a table with a header and one row a patient." });
  }
  const magic = head.toString("latin1", 0, 4);
  const parquet = magic === "PAR1";
  if (!parquet && /\.parquet(\.gz)?$/i.test(path)) {
    throw new UserError("not a Parquet file (it does not begin with PAR1)", {
      where: path,
      fix: "Write it again as Parquet, or give it the ending of what it is (.csv, .tsv).",
    });
  }
  if (magic.startsWith("PK\x03\x04") || magic === "\xd0\xcf\x11\xe0") {
    throw new UserError("this is an Excel workbook or a zip file, not a text table", {
      where: path,
      fix: "Export it as CSV (UTF-8) or Parquet.",
    });
  }
  return { path, gzip, format: parquet ? "parquet" : "text", head };
}

/** What unpacks a file as it is read. Its reader gets the errors of both; with `pipe` nobody would get the file's. */
export function unpacking<T extends Transform>(file: Readable, unpack: T): T {
  pipeline(file, unpack, () => {}); // errors reach the reader of `unpack`
  return unpack;
}

/**
 * The file's bytes, unpacked where it is gzipped.
 * @param onRead told of the bytes that were read so far, as they lie on the disk
 */
export async function* chunksOf(
  source: Pick<Source, "path" | "gzip">,
  onRead?: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const file = createReadStream(source.path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of source.gzip ? unpacking(file, createGunzip({ chunkSize: CHUNK_BYTES })) : file) {
      onRead?.(file.bytesRead);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const broken = source.gzip && typeof (cause as { code?: unknown }).code === "string";
    const gzipBroken = broken && /^Z_/.test((cause as { code: string }).code);
    throw new UserError(gzipBroken ? "the gzip file is damaged or cut short" : `cannot read: ${messageOf(cause)}`, {
      where: source.path,
      fix: gzipBroken
        ? `Check it with \`gzip -t ${basename(source.path)}\` and copy it again.`
        : "Copy the file to another disk.",
      cause,
    });
  } finally {
    file.destroy();
  }
}

/** The name nearest to a mistyped one, when it is near enough to be meant. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const other of names) {
    const far = distance(name.toLowerCase(), other.toLowerCase());
    if (far < least) [best, least] = [other, far];
  }
  return best;
}

async function refuseUnlessFile(path: string): Promise<void> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (!missing) throw unreadable(path, cause);
    const names = await readdir(dirname(path)).catch(() => undefined);
    const near = names && nearest(basename(path), names);
    throw new UserError("there is no such file", {
      where: path,
      fix:
        names === undefined
          ? `There is no folder ${dirname(path)} either: check the path.`
          : near === undefined
            ? "Check the path."
            : `Did you mean ${join(dirname(path), near)}?`,
    });
  }
  if (info.isDirectory()) {
    throw new UserError("this is a folder, not a table", {
      where: path,
      fix: "Name a CSV, TSV or Parquet file in it.",
    });
  }
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function firstUnpacked(path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf({ path, gzip: true })) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD_BYTES);
}

function unreadable(path: string, cause: unknown): UserError {
  const denied = (cause as NodeJS.ErrnoException).code === "EACCES";
  return new UserError(denied ? "you may not read this file" : `cannot read the file: ${messageOf(cause)}`, {
    where: path,
    fix: denied ? "Change its permissions (chmod u+r) or copy it." : "Copy the file to another disk.",
    cause,
  });
}
