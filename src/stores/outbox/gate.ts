import { ExitCode, UserError } from "../../core/errors.ts";

/** Lets a few calls to the far side through at once; after one fails for a reason that concerns all, the rest fail at once. */
export interface Gate {
  call<T>(action: () => Promise<T>): Promise<T>;
  /** What shut the gate. */
  readonly fault: unknown;
  open(): void;
  shut(fault: unknown): void;
}

export function createGate(most: number, shared?: Gate): Gate {
  const waiting: (() => void)[] = [];
  let free = most;
  let fault: unknown;

  const self: Gate = {
    get fault() {
      return shared ? shared.fault : fault;
    },
    open() {
      fault = undefined;
    },
    shut(reason) {
      if (shared) shared.shut(reason);
      else fault ??= reason;
    },
    async call(action) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        if (self.fault !== undefined) throw self.fault;
        return await action();
      } catch (error) {
        if (concernsAll(error)) self.shut(error);
        throw error;
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
  return self;
}

/** Whether an error is of the connection or the server as a whole, and not of the one run or file that was sent. */
export function concernsAll(error: unknown): boolean {
  return !(error instanceof UserError) || error.exitCode === ExitCode.unreachable;
}

/** Waits for all; what concerns all is thrown before what concerns one. */
export async function allOf(actions: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(actions);
  const reasons = outcomes.flatMap((o) => (o.status === "rejected" ? [o.reason as unknown] : []));
  const worst = reasons.find(concernsAll) ?? reasons[0];
  if (worst !== undefined) throw worst;
}
