/** Of an item's preparation; an item that needs none is ready. */
export type Readiness = "ready" | "making" | "absent";

/** Where the lanes get their work. */
export interface Supply<T> {
  /** The next item, which is then no longer there; undefined when there is none, or none yet. */
  take(readiness: (item: T) => Readiness): T | undefined;
}

/** Gives the items in their order, those whose preparation is ready first, and none whose preparation is being made. */
export function listSupply<T>(items: readonly T[]): Supply<T> {
  const queue = [...items];
  return { take: (readiness) => takeFrom(queue, readiness) };
}

/**
 * Takes the item out of a queue that `listSupply` would give.
 * @param costOf with it, the item that costs most of those that are equally ready: long ones that begin last leave lanes empty
 */
export function takeFrom<T>(
  queue: T[],
  readiness: (item: T) => Readiness,
  costOf: (item: T) => number = () => 0,
): T | undefined {
  let best = { at: -1, ready: false, cost: 0 };
  for (const [at, item] of queue.entries()) {
    const state = readiness(item);
    if (state === "making" || (best.ready && state === "absent")) continue;
    const [ready, cost] = [state === "ready", costOf(item)];
    if (best.at < 0 || (ready && !best.ready) || cost > best.cost) best = { at, ready, cost };
  }
  return best.at < 0 ? undefined : queue.splice(best.at, 1)[0];
}

/**
 * Runs every item of a supply once, each after its preparation, on `capacity` lanes. A preparation is made once, when the first
 * item that needs it comes up. It ends when nothing runs and the supply has nothing to give.
 * @param keyOf the item's preparation; undefined where it needs none
 * @param prepare resolves when items of the key may run; a rejection is given to each of them by `run`'s second argument
 * @param run must not reject but for a reason to stop everything; the first rejection stops the lanes and is thrown
 */
export async function schedule<T>(
  supply: Supply<T>,
  capacity: number,
  keyOf: (item: T) => string | undefined,
  prepare: (item: T) => Promise<void>,
  run: (item: T, unprepared?: unknown) => Promise<void>,
): Promise<void> {
  const made = new Map<string, { done: boolean; promise: Promise<{ readonly error?: unknown }> }>();
  let stopped = false;
  let busy = 0;
  let change = Promise.withResolvers<void>();
  const tell = (): void => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const readiness = (item: T): Readiness => {
    const key = keyOf(item);
    const entry = key === undefined ? { done: true } : made.get(key);
    return entry === undefined ? "absent" : entry.done ? "ready" : "making";
  };

  function prepared(item: T): Promise<{ readonly error?: unknown }> {
    const key = keyOf(item);
    if (key === undefined) return Promise.resolve({});
    const known = made.get(key);
    if (known) return known.promise;
    const entry = { done: false, promise: Promise.resolve({}) };
    made.set(key, entry);
    entry.promise = prepare(item)
      .then(() => ({}))
      .catch((error: unknown) => ({ error: error ?? new Error("the preparation failed") }))
      .then((outcome) => {
        entry.done = true;
        tell();
        return outcome;
      });
    return entry.promise;
  }

  async function lane(): Promise<void> {
    while (!stopped) {
      const item = supply.take(readiness);
      if (item === undefined) {
        if (busy === 0) return tell();
        await change.promise;
        continue;
      }
      busy++;
      const { error } = await prepared(item);
      await run(item, error);
      busy--;
      tell();
    }
  }

  const lanes = Array.from({ length: Math.max(1, capacity) }, () =>
    lane().catch((error) => {
      stopped = true;
      tell();
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(lanes);
  const failed = outcomes.find((o) => o.status === "rejected");
  if (failed) throw failed.reason;
}
