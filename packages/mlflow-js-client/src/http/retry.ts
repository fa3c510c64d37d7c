import { setTimeout as delay } from "node:timers/promises";
import { MlflowError } from "../errors.ts";

export interface RetryPolicy {
  /** How often a call is sent at most; 1 means no retries. Default 6. */
  readonly attempts: number;
  /** Milliseconds: the first pause is a random part of it, and each next one of twice as much. Default 300. */
  readonly baseDelay: number;
  /** The longest pause, in milliseconds. Default 20,000. */
  readonly maxDelay: number;
  /** A server that asks (Retry-After) to wait longer than this many milliseconds is not waited for. Default 120,000. */
  readonly maxRetryAfter: number;
  /** 0 ≤ x < 1. Default Math.random. */
  readonly random: () => number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  baseDelay: 300,
  maxDelay: 20_000,
  maxRetryAfter: 120_000,
  random: Math.random,
};

/**
 * Milliseconds to wait after the failed attempt number `attempt` (from 1): full jitter over an exponential ceiling, and
 * never less than the server asked for.
 */
export function pauseAfter(attempt: number, retryAfter: number | undefined, policy: RetryPolicy): number {
  const ceiling = Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1));
  return Math.round((retryAfter ?? 0) + policy.random() * ceiling);
}

/** Whether a further attempt is worth it after `error`, the outcome of attempt number `attempt`. */
export function mayRetry(error: unknown, attempt: number, policy: RetryPolicy): error is MlflowError {
  return (
    error instanceof MlflowError &&
    error.retriable &&
    attempt < policy.attempts &&
    (error.retryAfter ?? 0) <= policy.maxRetryAfter
  );
}

/** @throws MlflowError of kind "aborted" when `signal` fires */
export async function pause(milliseconds: number, endpoint: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (cause) {
    throw new MlflowError("The call was aborted", { kind: "aborted", endpoint, cause });
  }
}

/** Milliseconds of a Retry-After header: seconds or an HTTP date. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const milliseconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
