import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { glob, readdir, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { ByteSource } from "../../core/lake.ts";
import { headBytes } from "../archives/bytes.ts";
import { nearest } from "../source.ts";

/** First bytes by which readers know a file. */
const HEAD = 64 << 10;

/** A file that the user named. */
export interface FileSource extends ByteSource {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files of paths, folders and patterns, each once, in the order of their names. Hidden ones in folders are passed over.
 * @throws UserError for a path where there is nothing
 */
export async function findFiles(paths: readonly string[], cwd: string): Promise<readonly FileSource[]> {
  const found = new Map<string, FileSource>();
  for (const given of paths) {
    const path = resolve(cwd, given);
    const info = await stat(path).catch(() => undefined);
    const before = found.size;
    if (info?.isFile()) found.set(path, fileSource(path, basename(path), info.size));
    else if (info?.isDirectory()) for (const source of await folder(path)) found.set(source.path, source);
    else if (/[*?[{]/.test(given)) {
      const names: string[] = [];
      for await (const name of glob(given, { cwd })) names.push(name);
      for (const name of names.sort()) {
        const file = resolve(cwd, name);
        const there = await stat(file);
        if (there.isFile()) found.set(file, fileSource(file, basename(file), there.size));
      }
    } else if (info !== undefined) {
      throw new UserError("neither a file nor a folder", { where: given, fix: "Name a file, a folder or a pattern." });
    }
    if (found.size === before && info === undefined) throw await missing(given, path);
    if (found.size === before && info?.isDirectory()) {
      throw new UserError("the folder has no file in it", {
        where: given,
        fix: "Name a folder with files, or a file.",
      });
    }
  }
  return [...found.values()];
}

export function fileSource(path: string, name: string, bytes: number): FileSource {
  return { name, path, bytes, open: () => createReadStream(path, { highWaterMark: chunkFor(bytes, 1 << 20) }) };
}

async function folder(path: string): Promise<readonly FileSource[]> {
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !relative(path, file)
          .split(sep)
          .some((part) => part.startsWith(".")),
    )
    .sort();
  return Promise.all(
    files.map(async (file) =>
      fileSource(file, relative(join(path, ".."), file).split(sep).join("/"), (await stat(file)).size),
    ),
  );
}

async function missing(given: string, path: string): Promise<UserError> {
  const names = await readdir(join(path, "..")).catch(() => []);
  const near = nearest(basename(path), names);
  return new UserError("there is no such file or folder", {
    where: given,
    fix: near === undefined ? "Check the path." : `Did you mean ${near}?`,
  });
}

/** Bytes to read at once: thousands of small files need no megabytes each. */
const chunkFor = (bytes: number, most: number): number => Math.min(most, Math.max(bytes, 4096));

/** SHA-256 of a file. @throws the signal's reason */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  return hashOf(createReadStream(path, { highWaterMark: chunkFor(size, 4 << 20) }), signal);
}

/** SHA-256 of a stream. @throws the signal's reason */
export async function hashOf(bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** What tells that a file was changed: it must be the same before and after it was read. */
export async function stampOf(path: string): Promise<string> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return `${ino}:${size}:${mtimeNs}`;
}

/** What tells the kind of a file. */
export const headOf = (source: ByteSource): Promise<Uint8Array> => headBytes(source, HEAD);

export const rawPath = (hash: string): string => `raw/${hash.slice(0, 2)}/${hash}`;
