import { Worker } from "node:worker_threads";
import { messageOf, UserError } from "../core/errors.ts";
import type { JobHandler } from "../core/executor.ts";

/** An error as it crosses a process boundary. */
export interface WireError {
  readonly message: string;
  readonly stack?: string;
  /** Only of a UserError. */
  readonly user?: Pick<UserError, "exitCode" | "where" | "fix">;
}

export type WorkerMessage =
  | { readonly type: "event"; readonly event: unknown }
  | { readonly type: "result"; readonly value: unknown }
  | { readonly type: "error"; readonly error: WireError };

export type ParentMessage =
  | { readonly type: "run"; readonly kind: string; readonly payload: unknown }
  | { readonly type: "abort" };

export function wireError(error: unknown): WireError {
  return {
    message: messageOf(error),
    stack: error instanceof Error ? error.stack : undefined,
    user: error instanceof UserError ? { exitCode: error.exitCode, where: error.where, fix: error.fix } : undefined,
  };
}

export function reviveError(wire: WireError): Error {
  if (wire.user) return new UserError(wire.message, wire.user);
  const error = new Error(wire.message);
  if (wire.stack) error.stack = wire.stack;
  return error;
}

/** Runs in a thread of its own: it must act while the main thread is deep in native code. */
const WATCHDOG = `
const { workerData: parent } = require("node:worker_threads");
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1000);
`;

/**
 * The worker's side: takes jobs from the parent one at a time, passes events on at most every 100 ms, and calls `leave`
 * when the parent is gone; a job that is busy then is killed within a second or two.
 * @param dieWithParent sees to the latter by other means than a thread, where it gives true
 */
export function serveJobs(
  handlers: Readonly<Record<string, JobHandler>>,
  leave: () => void,
  dieWithParent: () => Promise<boolean> = async () => false,
): void {
  let abort: AbortController | undefined;
  const send = (message: WorkerMessage): void => {
    if (process.connected) process.send!(message);
  };
  // These may reach the whole process group; the parent decides.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  process.on("disconnect", leave);
  const parent = process.ppid;
  dieWithParent().then((dies) => {
    if (process.ppid !== parent) return leave(); // it died before that
    if (!dies) new Worker(WATCHDOG, { eval: true, workerData: parent }).unref();
    process.on("message", serve); // what came before is given to it
  });

  async function serve(message: ParentMessage): Promise<void> {
    if (message.type === "abort") {
      abort?.abort();
      return;
    }
    abort = new AbortController();
    let last = Number.NEGATIVE_INFINITY;
    try {
      const handler = handlers[message.kind];
      if (!handler) throw new Error(`no handler for jobs of kind ${message.kind}`);
      const value = await handler(message.payload, {
        signal: abort.signal,
        emit(event) {
          const now = performance.now();
          if (now - last < 100) return false;
          last = now;
          send({ type: "event", event });
          return true;
        },
      });
      send({ type: "result", value });
    } catch (error) {
      send({ type: "error", error: wireError(error) });
    }
  }
}
