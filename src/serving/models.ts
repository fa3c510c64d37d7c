import type { ServedModel } from "../core/serving/serving.ts";
import type { Lease } from "./context.ts";

/** The model in use; one that was replaced is disposed of when the last request that uses it ends. */
export interface ModelSlot {
  /** Null while there is none. */
  lease(): Lease | null;
  /** What is in use, for looking at. */
  readonly model: ServedModel | null;
  /** Puts another model, or none, in its place, for all requests that begin from now on. */
  replace(model: ServedModel | null): void;
}

/** What is made once for a model and goes with it. */
export function onceFor<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

interface Held {
  readonly model: ServedModel;
  users: number;
  isGone: boolean;
}

export function createSlot(first: ServedModel | null = null): ModelSlot {
  const hold = (model: ServedModel | null): Held | null => model && { model, users: 0, isGone: false };
  const settle = (held: Held): void => {
    if (held.isGone && held.users === 0) held.model.dispose();
  };
  let now = hold(first);
  return {
    get model() {
      return now?.model ?? null;
    },
    lease() {
      if (now === null) return null;
      const held = now;
      held.users++;
      let isMine = true;
      return {
        model: held.model,
        [Symbol.dispose]() {
          if (!isMine) return;
          isMine = false;
          held.users--;
          settle(held);
        },
      };
    },
    replace(model) {
      const old = now;
      now = hold(model);
      if (old === null) return;
      old.isGone = true;
      settle(old);
    },
  };
}
