/** What is read in the background for a screen, kept while it may be asked for again. */
import { messageOf, UserError } from "../../core/errors.ts";
import { visible } from "../../core/formats/visible.ts";
import { styled, type Theme } from "../theme.ts";

export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly message: string; readonly fix: readonly string[] }
  | { readonly state: "ready"; readonly value: T };

export interface Resources {
  /** What is known by now; the first question begins to read. */
  get<T>(key: string, load: () => Promise<T>): Loaded<T>;
  /** Reads it again, what is known stays until then; a second after it was read last at the soonest. */
  again<T>(key: string, load: () => Promise<T>): void;
  /** Forgets all. */
  clear(): void;
  close(): void;
}

interface Entry {
  loaded: Loaded<unknown>;
  busy: boolean;
  since: number;
  /** Asked for again while it was read, or too soon after. */
  later?: () => void;
}

/** Answers that are kept, and milliseconds between two reads of the same. */
const KEPT = 64;
const EVERY = 1000;

/** @param changed told when something has been read */
export function createResources(changed: () => void): Resources {
  let entries = new Map<string, Entry>();
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  function read(entry: Entry, load: () => Promise<unknown>): void {
    entry.busy = true;
    load().then(
      (value) => done(entry, { state: "ready", value }),
      (error: unknown) =>
        done(entry, {
          state: "failed",
          message: messageOf(error),
          fix: error instanceof UserError ? error.fix : [],
        }),
    );
  }

  function done(entry: Entry, loaded: Loaded<unknown>): void {
    entry.loaded = loaded;
    entry.busy = false;
    entry.since = performance.now();
    if (closed) return;
    changed();
    if (entry.later) wait(entry);
  }

  /** Reads it when it is time. */
  function wait(entry: Entry): void {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        const { later } = entry;
        entry.later = undefined;
        later?.();
      },
      Math.max(0, entry.since + EVERY - performance.now()),
    );
    timers.add(timer);
  }

  return {
    get<T>(key: string, load: () => Promise<T>): Loaded<T> {
      let entry = entries.get(key);
      if (entry === undefined) {
        entry = { loaded: { state: "loading" }, busy: false, since: 0 };
        if (entries.size >= KEPT) entries.delete(entries.keys().next().value!);
        entries.set(key, entry);
        read(entry, load);
      }
      return entry.loaded as Loaded<T>;
    },
    again(key, load) {
      const entry = entries.get(key);
      if (entry === undefined || entry.later) return;
      entry.later = () => read(entry, load);
      if (!entry.busy) wait(entry);
    },
    clear() {
      entries = new Map();
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      entries = new Map();
    },
  };
}

/** What is shown in place of what is not there yet, or could not be read. */
export function waitingLines(theme: Theme, loaded: Exclude<Loaded<unknown>, { state: "ready" }>): string[] {
  if (loaded.state === "loading") return [styled(theme, "dim", "Reading …")];
  return [
    styled(theme, "bad", `✗ ${visible(loaded.message)}`),
    ...loaded.fix.map((fix) => `  ${visible(fix)}`),
    styled(theme, "dim", "r tries again."),
  ];
}
