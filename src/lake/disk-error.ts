import { ExitCode, messageOf, UserError } from "../core/errors.ts";

/**
 * What is wrong with a disk, as the user's: full, over its quota, read-only, no permission. Anything else as it came.
 * @param where the file or folder that was written to
 */
export function diskError(error: unknown, where: string): unknown {
  if (error instanceof UserError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const text = messageOf(error);
  if (
    code === "ENOSPC" ||
    code === "EDQUOT" ||
    code === "EFBIG" ||
    /No space left|Disk quota|File too large/i.test(text)
  ) {
    return new UserError("the disk is full", {
      exitCode: ExitCode.unreachable,
      where,
      fix: "Free some space and run the command again; nothing was taken in by halves.",
      cause: error,
    });
  }
  if (
    code === "EACCES" ||
    code === "EPERM" ||
    code === "EROFS" ||
    /Permission denied|Read-only file system/i.test(text)
  ) {
    return new UserError("you may not write there", {
      where,
      fix: "Change the folder's permissions, or name another lake (lake.uri of disease.yaml, DISEASE_LAKE).",
      cause: error,
    });
  }
  return error;
}
