import { ExitCode, UserError } from "../../core/errors.ts";
import { connect } from "../embedded/connection.ts";
import { Sqlite, sqliteCode } from "../embedded/faults.ts";

/**
 * Takes the lock of a file, or not: SQLite's own lock on it, which the system lets go of when the process ends in
 * whatever way.
 * @returns how to let go of it; undefined when another holds it
 * @throws UserError when the file cannot be made
 */
export function tryLock(file: string): (() => void) | undefined {
  const connection = connect(file, file, 0, false);
  try {
    connection.script("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return () => connection.close();
  } catch (error) {
    connection.close();
    if (error instanceof UserError && error.exitCode === ExitCode.unreachable && isBusy(error.cause)) return undefined;
    throw error;
  }
}

const isBusy = (cause: unknown): boolean => sqliteCode(cause) === Sqlite.busy || sqliteCode(cause) === Sqlite.locked;
