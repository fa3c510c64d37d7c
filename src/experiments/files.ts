import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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
 * Writes files by name into a folder; folders are made as they are needed.
 * @throws UserError (exit code 7) when the disk refuses
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  mode = 0o666,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content, { mode });
    } catch (error) {
      throw cannotWrite(error, path);
    }
  }
}
