/** Copies of served models in the user's cache, for when their store cannot be reached. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { hashBytes } from "../../core/hash.ts";
import { hashModel } from "../../core/model-files.ts";
import type { ServedFiles } from "./identity.ts";

/** What is kept beside the files of a copy. */
type Kept = Omit<ServedFiles, "files" | "beside"> & {
  /** Milliseconds since the epoch: when the store last said that the address means this one. */
  readonly time: number;
};

export interface ModelCache {
  /** Whether it ever kept something for the address. */
  knows(address: string): boolean;
  /** The copy that the address meant last, and when; undefined where there is none that is whole. */
  newest(address: string): (ServedFiles & { readonly time: number }) | undefined;
  /** The copy of files with a hash. */
  find(hash: string): Pick<ServedFiles, "files" | "beside"> | undefined;
  /** Keeps what an address means now, in place of what it meant. A cache that cannot be written is not missed. */
  keep(served: ServedFiles, time: number): void;
}

/**
 * @param home our cache folder
 * @param store address of the store; must hold no credentials
 */
export function openModelCache(home: string, store: string): ModelCache {
  const folder = join(home, "models", hashBytes(store).slice(0, 16));
  const pointerOf = (address: string): string => join(folder, `${hashBytes(address).slice(0, 32)}.json`);
  const copyOf = (hash: string): string => join(folder, hash);

  const find = (hash: string): Pick<ServedFiles, "files" | "beside"> | undefined => {
    try {
      const files = readTree(join(copyOf(hash), "model"));
      return hashModel(files) === hash ? { files, beside: readTree(join(copyOf(hash), "beside")) } : undefined;
    } catch {
      return undefined;
    }
  };
  const pointers = (): Map<string, Kept> => {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")) as Kept]));
  };
  return {
    knows: (address) => existsSync(pointerOf(address)),
    find,
    newest(address) {
      let kept: Kept;
      try {
        kept = JSON.parse(readFileSync(pointerOf(address), "utf8")) as Kept;
      } catch {
        return undefined;
      }
      const copy = find(kept.hash);
      return copy && { ...kept, ...copy };
    },
    keep({ files, beside, ...served }, time) {
      const copy = copyOf(served.hash);
      const mine = `${copy}.${process.pid}`;
      try {
        if (find(served.hash) === undefined) {
          writeTree(join(mine, "model"), files);
          writeTree(join(mine, "beside"), beside);
          rmSync(copy, { recursive: true, force: true });
          renameSync(mine, copy);
        }
        const pointer = pointerOf(served.address);
        writeFileSync(`${pointer}.${process.pid}`, JSON.stringify({ ...served, time } satisfies Kept), { mode: 0o600 });
        renameSync(`${pointer}.${process.pid}`, pointer);
        const meant = new Set([...pointers().values()].map(({ hash }) => hash));
        for (const name of readdirSync(folder))
          if (/^[0-9a-f]{64}$/.test(name) && !meant.has(name)) rmSync(join(folder, name), { recursive: true });
      } catch {
        rmSync(mine, { recursive: true, force: true });
      }
    },
  };
}

/** Files of a folder and those below it, by name with "/"; none where there is no such folder. */
export function readTree(folder: string): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join("/")] = readFileSync(path);
  }
  return files;
}

/** Models may hold patients of training: nobody else may read them. */
function writeTree(folder: string, files: Readonly<Record<string, Uint8Array>>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes, { mode: 0o600 });
  }
}
