import { randomBytes } from "node:crypto";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { LakeStorage } from "../../core/lake.ts";
import { diskError } from "../disk-error.ts";

/** Files on their way to their place lie here; what a killed process leaves is removed by `gc`. */
export const SCRATCH = ".tmp";

/** A lake in a folder. Files appear in their place by renaming or linking: whole, or not at all. @param root absolute */
export function openFolder(root: string): LakeStorage & { readonly scratch: string } {
  const at = (path: string): string => join(root, ...path.split("/"));
  const scratch = join(root, SCRATCH);
  /** New folders are as open as the lake's own, which is its owner's alone unless they say otherwise. */
  const makeFolder = async (path: string): Promise<void> => {
    const info = await stat(root).catch(() => undefined);
    await mkdir(path, { recursive: true, mode: info === undefined ? 0o700 : info.mode & 0o7777 });
  };
  const temporary = async (): Promise<string> => {
    await makeFolder(scratch);
    return join(scratch, `${process.pid}-${randomBytes(8).toString("hex")}`);
  };
  const placing = async <T>(path: string, action: (temporary: string) => Promise<T>): Promise<T> => {
    const file = await guarded(temporary, root);
    try {
      await makeFolder(dirname(at(path)));
      return await action(file);
    } catch (error) {
      throw diskError(error, path);
    } finally {
      await rm(file, { force: true });
    }
  };
  return {
    uri: root,
    scratch,
    async read(path) {
      try {
        return await readFile(at(path));
      } catch (error) {
        throw absent(error, root, path);
      }
    },
    async stream(path) {
      try {
        const handle = await open(at(path));
        return handle.createReadStream({ highWaterMark: 4 << 20 });
      } catch (error) {
        throw absent(error, root, path);
      }
    },
    async local(path) {
      try {
        await stat(at(path));
        return at(path);
      } catch (error) {
        throw absent(error, root, path);
      }
    },
    put: (path, file, { keep = false } = {}) =>
      placing(path, async (temporary) => {
        let from = file;
        if (keep || !(await isOnDiskOf(file, dirname(at(path))))) {
          await copyFile(file, temporary);
          from = temporary;
        }
        await flush(from);
        await rename(from, at(path));
        if (!keep && from !== file) await rm(file, { force: true });
      }),
    putNew: (path, bytes) =>
      placing(path, async (temporary) => {
        const handle = await open(temporary, "wx");
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        try {
          await link(temporary, at(path)); // a link is never made over a file, nor halfway
          return true;
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === "EEXIST") return false;
          if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
          throw new UserError("this disk has no hard links, by which versions are made whole", {
            where: root,
            fix: "Put the lake on a disk of this machine (ext4, xfs, APFS, NTFS), on NFS, or in a bucket.",
            cause: error,
          });
        }
      }),
    async *list(prefix) {
      // A prefix is of names, as in a bucket: "manifests/a" lists manifests/a.json and manifests/ab/….
      const folder = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
      for await (const file of walk(at(folder))) {
        const path = relative(root, file).split(sep).join("/");
        if (!path.startsWith(prefix) || path.startsWith(`${SCRATCH}/`)) continue;
        const info = await stat(file).catch(() => undefined); // removed meanwhile
        if (info !== undefined) yield { path, bytes: info.size, modified: info.mtimeMs };
      }
    },
    async remove(path) {
      await guarded(() => rm(at(path), { force: true }), path);
    },
  };
}

async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) yield* walk(join(folder, entry.name));
    else if (entry.isFile()) yield join(folder, entry.name);
  }
}

async function guarded<T>(action: () => Promise<T>, where: string): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw diskError(error, where);
  }
}

async function isOnDiskOf(file: string, folder: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(file), stat(folder)]);
  return one.dev === other.dev;
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function absent(error: unknown, root: string, path: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return diskError(error, path);
  return new UserError(`the lake has no file ${path}`, {
    where: root,
    fix: "`disease lake verify` says what is missing.",
    cause: error,
  });
}
