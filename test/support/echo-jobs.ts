import { UserError } from "../../src/core/errors.ts";
import type { JobHandler } from "../../src/core/executor.ts";

/** Jobs that show what an executor does. */
export const echoJobs: Readonly<Record<string, JobHandler>> = {
  echo: async (payload) => payload,
  event: async (_, { emit }) => emit({ round: 1 }),
  refuse: async () => {
    throw new UserError("no such column", { where: "x.csv", fix: "name another" });
  },
  wait: (_, { signal, emit }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      emit("waiting");
    }),
  /** Deaf to the abort signal. */
  spin: async (_, { emit }) => {
    emit("spinning");
    await new Promise((resolve) => setImmediate(resolve));
    for (;;);
  },
  die: async () => process.kill(process.pid, "SIGKILL"),
  exhaust: async () => {
    const hoard: unknown[] = [];
    for (;;) hoard.push(new Array(1e6).fill(hoard.length));
  },
  pid: async () => process.pid,
  args: async () => process.argv.slice(2),
};
