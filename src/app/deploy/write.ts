import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../../core/errors.ts";
import type { DeployFile } from "../../deploy/types.ts";

export interface Written {
  readonly path: string;
  readonly state: "new" | "changed" | "same";
}

/**
 * Writes the files of a deployment into a folder. Nothing is written when one that is there differs, unless `force`.
 * @throws UserError that names those that differ
 */
export function writeDeployment(
  folder: string,
  files: readonly DeployFile[],
  options: { readonly force: boolean; readonly dryRun: boolean },
): readonly Written[] {
  try {
    const states = files.map((file) => ({ path: file.path, state: stateOf(join(folder, file.path), file) }));
    const changed = states.filter(({ state }) => state === "changed").map(({ path }) => path);
    if (changed.length > 0 && !options.force && !options.dryRun) {
      const shown = changed.length > 10 ? [...changed.slice(0, 10), `and ${changed.length - 10} more`] : changed;
      throw new UserError(`${changed.length === 1 ? "a file" : `${changed.length} files`} would be overwritten`, {
        where: `${folder}: ${shown.join(", ")}`,
        fix: "Write elsewhere with --out DIR, or overwrite with --force; --dry-run writes nothing.",
      });
    }
    if (!options.dryRun) {
      for (const [i, file] of files.entries()) {
        if (states[i]!.state !== "same") writeWhole(join(folder, file.path), file);
      }
    }
    return states;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the deployment cannot be written: ${messageOf(error)}`, {
      where: folder,
      fix: "Name a folder that you may write to with --out DIR.",
    });
  }
}

function stateOf(path: string, file: DeployFile): Written["state"] {
  if (!existsSync(path)) return "new";
  const same =
    readFileSync(path).equals(Buffer.from(file.content)) &&
    (process.platform === "win32" || !file.isExecutable || (statSync(path).mode & 0o100) !== 0);
  return same ? "same" : "changed";
}

/** Readers see the old file or the new one. */
function writeWhole(path: string, file: DeployFile): void {
  const scratch = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(scratch, file.content);
    if (file.isExecutable) chmodSync(scratch, 0o755);
    renameSync(scratch, path);
  } finally {
    rmSync(scratch, { force: true });
  }
}
