/**
 * Runs every item once, each after its preparation, on `capacity` lanes. A preparation is made once, when the first item
 * that needs it comes up; while it is made, other lanes take items whose preparation is ready.
 * @param prepare resolves when items of the key may run; a rejection is given to each of them by `run`'s second argument
 * @param run must not reject but for a reason to stop everything; the first rejection stops the lanes and is thrown
 */
export async function schedule<T>(
  items: readonly T[],
  capacity: number,
  keyOf: (item: T) => string,
  prepare: (item: T) => Promise<void>,
  run: (item: T, unprepared?: unknown) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const state = new Map<string, { done: boolean; error?: unknown; promise: Promise<void> }>();
  let stopped = false;

  async function lane(): Promise<void> {
    while (queue.length > 0 && !stopped) {
      const ready = queue.findIndex((item) => state.get(keyOf(item))?.done);
      if (ready >= 0) {
        const item = queue.splice(ready, 1)[0]!;
        await run(item, state.get(keyOf(item))!.error);
        continue;
      }
      const next = queue.find((item) => !state.has(keyOf(item)));
      if (next !== undefined) {
        const entry = { done: false, promise: Promise.resolve() } as {
          done: boolean;
          error?: unknown;
          promise: Promise<void>;
        };
        state.set(keyOf(next), entry);
        entry.promise = prepare(next)
          .catch((error) => {
            entry.error = error ?? new Error("the preparation failed");
          })
          .then(() => {
            entry.done = true;
          });
        await entry.promise;
        continue;
      }
      await Promise.race([...state.values()].filter((s) => !s.done).map((s) => s.promise));
    }
  }

  const lanes = Array.from({ length: Math.max(1, Math.min(capacity, items.length)) }, () =>
    lane().catch((error) => {
      stopped = true;
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(lanes);
  const failed = outcomes.find((o) => o.status === "rejected");
  if (failed) throw failed.reason;
}
