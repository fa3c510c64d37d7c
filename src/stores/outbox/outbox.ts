import { systemClock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import type { LoggedModels } from "../../core/registry.ts";
import type { TrackingStore } from "../../core/store.ts";
import { outboxFiles, shownAddress, withoutSecrets } from "./address.ts";
import { createDesk, type Desk } from "./desk.ts";
import { openLocal } from "./local.ts";
import { tryLock } from "./lock.ts";
import { reconcile } from "./reconcile.ts";
import { createSender, isOver, lackOf, type Sender } from "./send.ts";
import { type Link, type Note, newLink, openState, type State, stateInMemory } from "./state.ts";

export interface OutboxOptions {
  /** The embedded store's folder. */
  readonly folder: string;
  /** The server's address; what is secret in it is not kept. */
  readonly uri: string;
  readonly clock?: { now(): number };
  readonly env?: NodeJS.ProcessEnv;
  /** Told once when the disk takes no notes of what was sent. */
  readonly notify?: (message: string) => void;
}

/** Where runs are mirrored to. */
export interface FarSide {
  readonly store: TrackingStore;
  /** Its logged models; undefined when it has none. */
  logged?(): Promise<LoggedModels | undefined>;
}

/** What has not reached the server. */
export interface Pending {
  readonly uri: string;
  readonly runs: number;
  readonly metrics: number;
  readonly artifacts: number;
  /** MLflow 3's logged models. */
  readonly models: number;
  readonly bytes: number;
  /** Runs that the server refuses, with its words. */
  readonly refused: readonly { readonly runId: string; readonly problem: string }[];
  /** Milliseconds since the epoch: when the oldest of it was given to the outbox. */
  readonly since: number | null;
  readonly error: string | null;
  readonly errorTime: number | null;
  readonly sentTime: number | null;
}

/**
 * What is looked at: the runs of trees that are not settled; all runs, since any may have changed, but not the files of settled
 * ones; or everything.
 */
export type Scope = "open" | "quick" | "all";

/**
 * Mirrors runs of the embedded store to a server. Nothing is queued: what the server lacks is found by comparing a run with
 * what was sent of it, so that every change counts, whoever made it, and a lost note costs a look, not a run. One process
 * sends at a time; any may add runs.
 */
export interface Outbox {
  /** Mirrors a run and all below it from now on. */
  add(runId: string): void;
  addEverything(): void;
  /** Takes the right to send, or not: then another process has it, and sends what is added here too. */
  tryLock(): boolean;
  /** Starts sending what is lacking; returns at once. */
  start(far: FarSide, scope?: Scope): void;
  /** Takes something as under way; what stops it is the outbox's fault. */
  run(action: Promise<void>): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** What stopped the sending since the last `start`. */
  readonly fault: unknown;
  /** Takes note of what stopped it. */
  fail(error: unknown): void;
  /** Reads back what this process wrote and mends what is not as it should be, once all is sent. */
  reconcile(): Promise<void>;
  /** Counts how often something was done: for noticing that it gets on. */
  readonly steps: number;
  /** `endedOnly` leaves out runs that go on, of which there is always something new. */
  pending(options?: { readonly endedOnly?: boolean; readonly scope?: "quick" | "all" }): Pending;
  close(): void;
}

const CHUNK = 200;
/** Milliseconds without notes after one that could not be written: to wait for a disk would hold up the program. */
const SILENCE = 5000;

/** @throws UserError when there is no embedded store in the folder */
export function openOutbox(options: OutboxOptions): Outbox {
  const { clock = systemClock, env = process.env, notify = () => {} } = options;
  const uri = shownAddress(options.uri);
  const files = outboxFiles(options.folder, options.uri);
  const local = openLocal(options.folder);
  let told = false;
  let silentUntil = 0;
  let closed = false;
  const state = stateAt(files.state);
  let links = new Map<string, Link>();
  const added = new Map<string, number>();
  const busy = new Map<string, Promise<void>>();
  const others = new Set<Promise<void>>();
  let unlock: (() => void) | undefined;
  let lockedAt = 0;
  let sending: { desk: Desk; sender: Sender } | undefined;
  const retries = new Map<string, { readonly times: number; readonly at: number }>();
  let fault: unknown;
  let steps = 0;
  let seen = { version: -1, ids: [] as readonly string[] };

  function stateAt(file: string): State {
    try {
      return openState(file);
    } catch (error) {
      cannotNote(error);
      return stateInMemory();
    }
  }

  function cannotNote(error: unknown): void {
    if (told) return;
    told = true;
    const why = messageOf(error instanceof UserError ? (error.cause ?? error) : error);
    notify(
      `the outbox cannot take notes in ${files.state} (${why}): runs are sent all the same; if some are left, use \`disease track sync --all\``,
    );
  }

  /** A note that cannot be written costs a look at the far side the next time, nothing more. */
  function note(write: () => void): void {
    steps++;
    if (closed || clock.now() < silentUntil) return;
    try {
      write();
    } catch (error) {
      silentUntil = clock.now() + SILENCE;
      cannotNote(error);
    }
  }

  function noted<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (error) {
      cannotNote(error);
      return otherwise;
    }
  }

  function linkOf(runId: string): Link {
    const known = links.get(runId);
    if (known) return known;
    const link = newLink();
    links.set(runId, link);
    return link;
  }

  const roots = (): { runId: string; since: number; done: boolean }[] => {
    const kept = noted(state.roots, []);
    const known = new Set(kept.map((root) => root.runId));
    const unkept = [...added].filter(([runId]) => !known.has(runId));
    return [...kept, ...unkept.map(([runId, since]) => ({ runId, since, done: false }))];
  };

  const deskParts = {
    local,
    link: linkOf,
    save: (runId: string, link: Link) =>
      note(() => state.save(runId, { ...link, problem: link.problem && withoutSecrets(link.problem, env) })),
    saveFile: (runId: string, path: string, stamp: string) => note(() => state.saveFile(runId, path, stamp)),
    dropFiles: (runId: string) => note(() => state.dropFiles(runId)),
    onProgress: () => {
      steps++;
    },
    // later ones were never seen by anyone who sends, for we are the only one now
    mayBeThere: (info: { readonly startTime: number }) => info.startTime <= lockedAt,
    now: () => clock.now(),
  };

  /** The runs of all trees that are not done; those that have become so are noted. */
  function openIds(): readonly string[] {
    const version = local.version();
    if (version === seen.version && seen.ids.every((id) => !links.get(id)?.settled)) return seen.ids;
    const open = roots().filter((root) => !root.done);
    const trees = local.trees(open.map((root) => root.runId));
    trees.forEach((tree, i) => {
      if (tree.every((id) => links.get(id)?.settled)) note(() => state.setDone(open[i]!.runId, true));
    });
    seen = { version, ids: trees.flat() };
    return seen.ids;
  }

  /** A run that is refused is tried again after 1, 2, 4 … 64 s. */
  function delayIfRefused(runId: string): void {
    const times = (retries.get(runId)?.times ?? 0) + 1;
    if (links.get(runId)?.problem) retries.set(runId, { times, at: clock.now() + 500 * 2 ** Math.min(times, 7) });
    else retries.delete(runId);
  }

  function begin(runId: string, action: Promise<void>): void {
    const done = action
      .then(() => delayIfRefused(runId))
      .then(() => note(() => state.setNote("sentTime", String(clock.now()))))
      .catch(self.fail)
      .finally(() => busy.delete(runId));
    busy.set(runId, done);
  }

  const self: Outbox = {
    get steps() {
      return steps;
    },

    add(runId) {
      const top = noted(() => local.topOf(runId), runId);
      added.set(top, clock.now());
      seen = { version: -1, ids: [] };
      note(() => state.addRoot(top, clock.now()));
    },

    addEverything() {
      for (const top of local.tops()) {
        added.set(top, clock.now());
        note(() => state.addRoot(top, clock.now()));
      }
      seen = { version: -1, ids: [] };
    },

    tryLock() {
      if (unlock) return true;
      try {
        unlock = tryLock(files.lock);
      } catch (error) {
        cannotNote(error); // no disk for a lock: then for no other process either
        unlock = () => {};
      }
      if (!unlock) return false;
      lockedAt = clock.now();
      links = noted(state.links, links);
      return true;
    },

    get fault() {
      return fault;
    },

    fail(error) {
      fault ??= error;
      const text = withoutSecrets(messageOf(error), env).slice(0, 1000);
      note(() => {
        state.setNote("error", text);
        state.setNote("errorTime", String(clock.now()));
      });
    },

    start(far, scope = "open") {
      if (!sending || sending.desk.remote !== far.store) {
        const logged = async (): Promise<LoggedModels | undefined> => await far.logged?.();
        const desk = createDesk({ ...deskParts, remote: far.store, logged });
        sending = { desk, sender: createSender(desk) };
      }
      const { desk, sender } = sending;
      fault = undefined;
      desk.gate.open();
      const ids = scope === "open" ? openIds() : local.trees(roots().map((r) => r.runId)).flat();
      const isDue = (id: string): boolean => !links.get(id)?.settled && (retries.get(id)?.at ?? 0) <= clock.now();
      const candidates = ids.filter((id) => !busy.has(id) && (scope !== "open" || isDue(id)));
      for (let at = 0; at < candidates.length; at += CHUNK) {
        for (const run of local.read(candidates.slice(at, at + CHUNK))) {
          const { runId } = run.run.info;
          if (lackOf(desk, run, scope === "quick")) begin(runId, sender.send(run));
        }
      }
    },

    run(action) {
      const done = action.catch(self.fail).finally(() => others.delete(done));
      others.add(done);
    },

    async idle() {
      while (busy.size + others.size > 0) await Promise.all([...busy.values(), ...others]);
    },

    async reconcile() {
      if (sending) await reconcile(sending.desk);
    },

    pending({ endedOnly = false, scope = "all" } = {}) {
      // another process may have sent since
      const known = unlock ? links : noted(state.links, links);
      const ledger = { ...deskParts, link: (id: string) => known.get(id) ?? newLink() };
      const totals = { runs: 0, metrics: 0, artifacts: 0, models: 0, bytes: 0 };
      const refused: { runId: string; problem: string }[] = [];
      let since: number | null = null;
      const all = roots();
      for (const [i, ids] of local.trees(all.map((root) => root.runId)).entries()) {
        const root = all[i]!;
        for (let at = 0; at < ids.length; at += CHUNK) {
          for (const run of local.read(ids.slice(at, at + CHUNK))) {
            if (endedOnly && !isOver(run)) continue;
            const lack = lackOf(ledger, run, scope === "quick");
            if (!lack) continue;
            const { runId } = run.run.info;
            totals.runs++;
            totals.metrics += lack.points;
            totals.artifacts += lack.files.length;
            totals.models += lack.models;
            totals.bytes += lack.files.reduce((sum, file) => sum + file.size, 0);
            since = Math.min(since ?? root.since, root.since);
            const problem = known.get(runId)?.problem;
            if (problem) refused.push({ runId, problem: withoutSecrets(problem, env) });
          }
        }
      }
      const textNote = (key: Note): string | null => noted(() => state.note(key), undefined) ?? null;
      const numberNote = (key: Note): number | null => Number(textNote(key)) || null;
      return {
        uri,
        ...totals,
        refused,
        since,
        error: textNote("error"),
        errorTime: numberNote("errorTime"),
        sentTime: numberNote("sentTime"),
      };
    },

    close() {
      closed = true; // what is under way ends in vain
      sending?.desk.gate.shut(new Error("closed"));
      unlock?.();
      state.close();
      local.close();
    },
  };
  note(() => state.setNote("uri", uri));
  return self;
}
