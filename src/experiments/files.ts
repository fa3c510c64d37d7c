import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, parse, relative, resolve, sep } from "node:path";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";

/** A refused write as an error that stops a sweep: a full disk is no fault of one trial. */
export function cannotWrite(cause: unknown, where: string): UserError {
  return new UserError(`the files cannot be written: ${messageOf(cause)}`, {
    exitCode: ExitCode.unreachable,
    where,
    fix: "Make room on the disk, or give write access to the folder.",
    cause,
  });
}

/**
 * Writes files by name into a folder; folders are made as they are needed. One after the other without a promise each: the many
 * small files of a trial take a fifth of the CPU so.
 * @throws UserError (exit code 7) when the disk refuses
 */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>, mode = 0o666): void {
  const made = new Set<string>();
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    const parent = dirname(path);
    try {
      if (!made.has(parent)) mkdirSync(parent, { recursive: true });
      made.add(parent);
      writeFileSync(path, content, { mode });
    } catch (error) {
      throw cannotWrite(error, path);
    }
  }
}

/** Writes one file where the user wants it, from the current folder. @throws UserError as `writeFiles` */
export function writeFileAt(file: string, content: string | Uint8Array): void {
  const { dir, base } = parse(resolve(file));
  writeFiles(dir, { [base]: content });
}

/** Files of a folder and the folders in it, by name relative to it with "/" between. */
export async function readFiles(folder: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const files = paths.map(
    async (path) => [relative(folder, path).split(sep).join("/"), new Uint8Array(await readFile(path))] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}
