/**
 * What went wrong:
 * - `api`: the server answered with an error;
 * - `network`: no connection, or it was cut;
 * - `timeout`: no answer in time;
 * - `aborted`: the caller's AbortSignal fired;
 * - `protocol`: an answer that is not MLflow's (a login page, half a body);
 * - `invalid`: the call itself is wrong; nothing was sent.
 */
export type ErrorKind = "api" | "network" | "timeout" | "aborted" | "protocol" | "invalid";

export interface MlflowErrorDetails {
  readonly kind: ErrorKind;
  /** Verb and path, without query: "POST /api/2.0/mlflow/runs/create". */
  readonly endpoint?: string;
  /** HTTP status. */
  readonly status?: number;
  /** MLflow's error_code, e.g. RESOURCE_DOES_NOT_EXIST. */
  readonly errorCode?: string;
  /** Whether the same call may succeed later. */
  readonly retriable?: boolean;
  /** Whether the server may have acted on the request. */
  readonly reached?: boolean;
  /** Milliseconds that the server asked to wait (Retry-After). */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** Every failure of this package. Messages never hold credentials, nor the bodies of requests. */
export class MlflowError extends Error {
  readonly kind: ErrorKind;
  readonly endpoint: string;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly retriable: boolean;
  readonly reached: boolean;
  readonly retryAfter: number | undefined;

  constructor(message: string, details: MlflowErrorDetails) {
    super(details.endpoint === undefined ? message : `${details.endpoint}: ${message}`, { cause: details.cause });
    this.name = "MlflowError";
    this.kind = details.kind;
    this.endpoint = details.endpoint ?? "";
    this.status = details.status;
    this.errorCode = details.errorCode;
    this.retriable = details.retriable ?? false;
    this.reached = details.reached ?? false;
    this.retryAfter = details.retryAfter;
  }
}

/** Whether `error` is MLflow's answer that something does not exist; a plain 404 may come from a wrong address. */
export function isNotFound(error: unknown): boolean {
  return hasCode(error, "RESOURCE_DOES_NOT_EXIST", "NOT_FOUND");
}

/** Whether `error` is MLflow's answer that a name is taken. */
export function isAlreadyExists(error: unknown): boolean {
  return hasCode(error, "RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS");
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof MlflowError && codes.includes(error.errorCode ?? "");
}

/** A wrong argument. */
export function invalid(message: string): MlflowError {
  return new MlflowError(message, { kind: "invalid" });
}
