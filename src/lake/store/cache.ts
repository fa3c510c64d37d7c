import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../core/errors.ts";
import { diskError } from "../disk-error.ts";

export interface FileCache {
  /**
   * The file of a hash, fetched where it is not here yet.
   * @throws UserError when what comes is not what its hash says
   */
  get(hash: string, open: () => Promise<AsyncIterable<Uint8Array>>, where: string): Promise<string>;
}

/**
 * Files by their SHA-256 in a folder, for the owner alone. Those that were used longest ago make room, but none that this process uses.
 * @param limit bytes
 */
export function openCache(folder: string, limit: number): FileCache {
  const used = new Set<string>();
  const coming = new Map<string, Promise<string>>();
  const fetch = async (
    hash: string,
    open: () => Promise<AsyncIterable<Uint8Array>>,
    where: string,
  ): Promise<string> => {
    const file = join(folder, hash);
    used.add(hash);
    if ((await stat(file).catch(() => undefined)) !== undefined) {
      await utimes(file, new Date(), new Date());
      return file;
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = `${file}.${process.pid}-${randomBytes(4).toString("hex")}.part`;
    try {
      const digest = createHash("sha256");
      const source = await open();
      await pipeline(
        async function* () {
          for await (const chunk of source) {
            digest.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(part, { mode: 0o600, flags: "wx" }),
      );
      if (digest.digest("hex") !== hash) {
        throw new UserError("a file of the lake is broken: its bytes are not those of its hash", {
          where,
          fix: "`disease lake verify` lists all that is broken.",
        });
      }
      await rename(part, file);
    } catch (error) {
      throw diskError(error, folder);
    } finally {
      await rm(part, { force: true });
    }
    await makeRoom(folder, limit, used);
    return file;
  };
  return {
    get(hash, open, where) {
      const there = coming.get(hash) ?? fetch(hash, open, where).finally(() => coming.delete(hash));
      coming.set(hash, there);
      return there;
    },
  };
}

async function makeRoom(folder: string, limit: number, used: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder);
  const found = await Promise.all(
    names.map(async (name) => ({ name, info: await stat(join(folder, name)).catch(() => undefined) })),
  );
  const files = found.flatMap(({ name, info }) => (info ? [{ name, bytes: info.size, time: info.mtimeMs }] : []));
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of files.sort((a, b) => a.time - b.time)) {
    if (total <= limit) return;
    if (used.has(name) || name.endsWith(".part")) continue;
    await rm(join(folder, name), { force: true });
    total -= bytes;
  }
}
