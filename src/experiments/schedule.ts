/** Of an item's preparation; an item that needs none is ready. */
export type Readiness = "ready" | "making" | "absent";

/** Where the lanes get their work. */
export interface Supply<T> {
  /**
   * The next item, which is then no longer there; undefined when there is none, or none yet.
   * @param isForeign whether only other lanes have run its like: they have loaded and compiled what it needs
   */
  take(readiness: (item: T) => Readiness, isForeign?: (item: T) => boolean): T | undefined;
}

/** Gives the items in their order, those whose preparation is ready first, and none whose preparation is being made. */
export function listSupply<T>(items: readonly T[]): Supply<T> {
  const queue = [...items];
  return { take: (readiness) => takeFrom(queue, readiness) };
}

/** Seconds up to which a trial is short: loading and compiling what a family needs anew would be a good part of it. */
const ACQUAINTANCE = 1;

/**
 * Takes the item out of a queue that `listSupply` would give.
 * @param costOf in seconds: of those that are equally ready the one that costs most, since long ones that begin last leave lanes empty
 * @param isForeign short ones that are foreign to a lane come after all others
 */
export function takeFrom<T>(
  queue: T[],
  readiness: (item: T) => Readiness,
  costOf: (item: T) => number = () => 0,
  isForeign: (item: T) => boolean = () => false,
): T | undefined {
  let best = { at: -1, rank: 0, cost: 0 };
  for (const [at, item] of queue.entries()) {
    const state = readiness(item);
    if (state === "making") continue;
    const cost = costOf(item);
    const rank = (cost < ACQUAINTANCE && isForeign(item) ? 0 : 2) + (state === "ready" ? 1 : 0);
    if (best.at < 0 || rank > best.rank || (rank === best.rank && cost > best.cost)) best = { at, rank, cost };
  }
  return best.at < 0 ? undefined : queue.splice(best.at, 1)[0];
}

/**
 * Runs every item of a supply once, each after its preparation, on `capacity` lanes. A preparation is made once, when the first
 * item that needs it comes up. It ends when nothing runs and the supply has nothing to give.
 * @param keyOf the item's preparation; undefined where it needs none
 * @param prepare resolves when items of the key may run; a rejection is given to each of them by `run`'s second argument
 * @param run must not reject but for a reason to stop everything; the first rejection stops the lanes and is thrown
 * @param kindOf items of a kind are alike: a lane that has run one of them is preferred for the others
 */
export async function schedule<T>(
  supply: Supply<T>,
  capacity: number,
  keyOf: (item: T) => string | undefined,
  prepare: (item: T, lane: number) => Promise<void>,
  run: (item: T, unprepared: unknown, lane: number) => Promise<void>,
  kindOf?: (item: T) => string,
): Promise<void> {
  const made = new Map<string, { done: boolean; promise: Promise<{ readonly error?: unknown }> }>();
  /** By kind, the lanes that have run it. */
  const seen = new Map<string, Set<number>>();
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

  const isForeign = (item: T, lane: number): boolean => {
    const lanes = kindOf && seen.get(kindOf(item));
    return lanes !== undefined && !lanes.has(lane);
  };

  function prepared(item: T, lane: number): Promise<{ readonly error?: unknown }> {
    const key = keyOf(item);
    if (key === undefined) return Promise.resolve({});
    const known = made.get(key);
    if (known) return known.promise;
    const entry = { done: false, promise: Promise.resolve({}) };
    made.set(key, entry);
    entry.promise = prepare(item, lane)
      .then(() => ({}))
      .catch((error: unknown) => ({ error: error ?? new Error("the preparation failed") }))
      .then((outcome) => {
        entry.done = true;
        tell();
        return outcome;
      });
    return entry.promise;
  }

  async function serve(lane: number): Promise<void> {
    while (!stopped) {
      const item = supply.take(readiness, (candidate) => isForeign(candidate, lane));
      if (item === undefined) {
        if (busy === 0) return tell();
        await change.promise;
        continue;
      }
      busy++;
      if (kindOf) {
        const lanes = seen.get(kindOf(item)) ?? new Set();
        seen.set(kindOf(item), lanes.add(lane));
      }
      const { error } = await prepared(item, lane);
      await run(item, error, lane);
      busy--;
      tell();
    }
  }

  const lanes = Array.from({ length: Math.max(1, capacity) }, (_, lane) =>
    serve(lane).catch((error) => {
      stopped = true;
      tell();
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(lanes);
  const failed = outcomes.find((o) => o.status === "rejected");
  if (failed) throw failed.reason;
}
