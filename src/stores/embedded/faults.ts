import { ExitCode, messageOf, UserError } from "../../core/errors.ts";

/** Primary result codes of SQLite (sqlite3.h). */
export const Sqlite = {
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const;

/** The primary result code of an error of node:sqlite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}

/**
 * What SQLite or the file system threw, as a UserError that says what to do; errors of ours pass through.
 * @param file the database or artifact that it happened at
 */
export function storeFault(error: unknown, file: string): unknown {
  if (error instanceof UserError) return error;
  const [message, fix] = faultOf(error) ?? [];
  if (message === undefined) return error;
  return new UserError(message, { exitCode: ExitCode.unreachable, where: file, fix, cause: error });
}

function faultOf(error: unknown): [string, string] | undefined {
  switch (sqliteCode(error)) {
    case Sqlite.busy:
    case Sqlite.locked:
      return [
        "The tracking store is locked: another program has been writing to it for too long",
        "Wait for the other program, or end it, and try again; nothing of this write was kept.",
      ];
    case Sqlite.full:
      return FULL;
    case Sqlite.io:
      return [
        "The tracking store cannot be read or written",
        "Check the disk and its free space; no write was half kept.",
      ];
    case Sqlite.readOnly:
    case Sqlite.perm:
      return DENIED;
    case Sqlite.cantOpen:
      return [
        "The tracking store cannot be opened",
        "Give yourself read and write permission for the folder and the file, or choose another project folder.",
      ];
    case Sqlite.notADatabase:
      return [
        "The tracking store is not an SQLite database",
        "Move the file away, or restore it from a copy; a new one is made when it is absent.",
      ];
    case Sqlite.corrupt:
      return [
        `The tracking store is damaged (${messageOf(error)})`,
        "Restore it from a copy, or try sqlite3's .recover.",
      ];
  }
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return FULL;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return DENIED;
    case "ENOTDIR":
    case "EEXIST":
      return ["A file is where the tracking store needs a folder", "Move that file away."];
    case "EISDIR":
      return ["A folder is where the file is to be", "Use another name."];
    case "ENAMETOOLONG":
      return ["The path is too long for this system", "Use shorter names."];
  }
  return undefined;
}

const FULL: [string, string] = ["The disk is full", "Free some space and try again; nothing of this write was kept."];
const DENIED: [string, string] = [
  "The tracking store may not be written here",
  "Give yourself write permission for the folder, or work in a copy of the project.",
];
