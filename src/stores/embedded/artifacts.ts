import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { ArtifactInfo } from "../../core/store.ts";
import { storeFault } from "./faults.ts";

/**
 * What is in a folder of a run's artifacts, sorted by path; nothing when there is no such folder. Links that lead out
 * of `root` are left out.
 */
export function listFolder(root: string, path = ""): ArtifactInfo[] {
  const folder = path === "" ? root : confined(root, path);
  return guard(folder, () => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
    return readdirSync(folder)
      .filter((name) => !isTemporary(name) && reachable(root, join(folder, name)))
      .map((name) => {
        const file = statSync(join(folder, name));
        const isDirectory = file.isDirectory();
        return { path: path === "" ? name : `${path}/${name}`, isDirectory, size: isDirectory ? null : file.size };
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

/**
 * @param most only so many bytes of its begin
 * @throws UserError when there is no such file, or `path` leads out of `root`
 */
export function readFile(root: string, path: string, most?: number): Uint8Array {
  const file = confined(root, path);
  return guard(file, () => {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      throw new UserError(`The run has no artifact "${path}"`, { where: root, fix: "List the run's artifacts." });
    }
    return most === undefined ? readFileSync(file) : readHead(file, most);
  });
}

function readHead(file: string, most: number): Uint8Array {
  const open = openSync(file, "r");
  try {
    const bytes = new Uint8Array(most);
    let length = 0;
    for (let n = 1; n > 0 && length < most; length += n) n = readSync(open, bytes, length, most - length, length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(open);
  }
}

/** Writes a file whole or not at all, over an older one of that name. */
export function writeFile(root: string, path: string, bytes: Uint8Array): void {
  guard(root, () => mkdirSync(root, { recursive: true }));
  const file = confined(root, path);
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}${TEMPORARY}`);
  guard(file, () => {
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(temporary, bytes);
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

const TEMPORARY = ".disease-tmp";

/** Whether a file is one that is being written. */
export function isTemporary(name: string): boolean {
  return name.startsWith(".") && name.endsWith(TEMPORARY);
}

/** The file that `path` names; refused when it is not below `root`, by its parts or by a link on the way. */
function confined(root: string, path: string): string {
  const parts = path.split("/");
  const bad = parts.some((p) => p === "" || p === "." || p === "..") || path.includes("\0") || isAbsolute(path);
  const file = join(root, ...parts);
  if (bad || (sep === "\\" && /[\\:]/.test(path)) || !guard(file, () => reachable(root, file))) {
    throw new UserError(`The artifact path ${JSON.stringify(path)} leads out of the run's folder`, {
      where: root,
      fix: "Use a path below the run's artifacts, with / between its parts and no links that lead out.",
    });
  }
  return file;
}

/** Whether the nearest ancestor of `file` that exists is, links followed, within `root`. */
export function reachable(root: string, file: string): boolean {
  let there = file;
  while (lstatSync(there, { throwIfNoEntry: false }) === undefined) {
    if (there === root || there === dirname(there)) return true; // the root is yet to be made
    there = dirname(there);
  }
  try {
    const way = relative(realpathSync(root), realpathSync(there));
    return way === "" || (!isAbsolute(way) && way.split(sep)[0] !== "..");
  } catch {
    return false; // a link to nothing
  }
}

function guard<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storeFault(error, file);
  }
}
