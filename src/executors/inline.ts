import type { Executor, JobHandler } from "../core/executor.ts";

/** Runs jobs in this process, one at a time: for tests, debugging and machines without processes to spare. */
export function createInlineExecutor(handlers: Readonly<Record<string, JobHandler>>): Executor {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    id: "inline",
    capacity: 1,
    run(job, { signal, onEvent }) {
      const result = tail.then(() => {
        signal.throwIfAborted();
        const handler = handlers[job.kind];
        if (!handler) throw new Error(`no handler for jobs of kind ${job.kind}`);
        const emit = (event: unknown): boolean => {
          onEvent?.(event);
          return true;
        };
        return handler(job.payload, { signal, emit });
      });
      tail = result.catch(() => {});
      return result;
    },
    async close() {
      await tail;
    },
  };
}
