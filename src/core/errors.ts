/** Exit codes of every command (documented in docs/exit-codes.md). */
export const ExitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  gateFailed: 3,
  inconclusive: 4,
  awaitingApproval: 5,
  trialsFailed: 6,
  unreachable: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface ErrorDetails {
  /** Exit code of the process when nobody handles the error. Default: usage (2). */
  readonly exitCode?: ExitCode;
  /** Where it is wrong: a file with its line, a column, a flag, a run. */
  readonly where?: string;
  /** What the reader can do about it, one imperative sentence each. */
  readonly fix?: string | readonly string[];
  readonly cause?: unknown;
}

/**
 * An error of the user's world (input, configuration, environment), never of our code.
 * `message` says what is wrong; `where` and `fix` say where and how to mend it.
 */
export class UserError extends Error {
  readonly exitCode: ExitCode;
  readonly where: string | undefined;
  readonly fix: readonly string[];

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "UserError";
    this.exitCode = details.exitCode ?? ExitCode.usage;
    this.where = details.where;
    this.fix = details.fix === undefined ? [] : typeof details.fix === "string" ? [details.fix] : details.fix;
  }
}

/** Text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
