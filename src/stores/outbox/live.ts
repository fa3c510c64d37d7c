import { setTimeout as delay } from "node:timers/promises";
import type { TrackingStore } from "../../core/store.ts";
import type { Outbox, Pending } from "./outbox.ts";

export interface MirrorOptions {
  readonly outbox: Outbox;
  /** Opens the far side; called again when that failed. */
  connect(): Promise<TrackingStore>;
  /** Milliseconds between two looks at the embedded store. */
  readonly every?: number;
  /** Milliseconds without progress after which `finish` gives up. */
  readonly patience?: number;
}

/** Mirrors while a sweep runs. Nothing that it does, or fails to do, reaches the sweep. */
export interface Mirror {
  add(runId: string): void;
  /** Sends what is left for as long as it gets on, and says what could not be sent. */
  finish(): Promise<Pending>;
  /** Stops at once. */
  close(): void;
}

const LONGEST_PAUSE = 5000;

export function startMirror({ outbox, connect, every = 250, patience = 10_000 }: MirrorOptions): Mirror {
  const stop = new AbortController();
  const nap = (ms: number): Promise<void> => delay(ms, undefined, { signal: stop.signal, ref: false }).catch(() => {});
  let remote: TrackingStore | undefined;

  /** @returns whether this process is the one that sends */
  async function round(scope: Parameters<Outbox["start"]>[1]): Promise<boolean> {
    try {
      if (!outbox.tryLock()) return false;
      remote ??= await connect();
      outbox.start(remote, scope);
    } catch (error) {
      outbox.fail(error);
    }
    return true;
  }

  async function loop(): Promise<void> {
    let pause = every;
    while (!stop.signal.aborted) {
      await round("open");
      await nap(pause * (0.75 + Math.random() / 2));
      pause = outbox.fault === undefined ? every : Math.min(LONGEST_PAUSE, pause * 2);
    }
  }

  /** Resolves to false when nothing got on for too long. */
  async function idleOrStuck(): Promise<boolean> {
    const idle = outbox.idle().then(() => true);
    for (let steps = outbox.steps; ; steps = outbox.steps) {
      const isIdle = await Promise.race([idle, delay(patience).then(() => false)]);
      if (isIdle || outbox.steps === steps) return isIdle;
    }
  }

  async function drain(): Promise<void> {
    const wasFailing = outbox.fault !== undefined;
    let lastStep = Date.now();
    let left = Number.POSITIVE_INFINITY;
    let reconciled = false;
    let refusedBefore = -1;
    for (;;) {
      const steps = outbox.steps;
      const isSender = await round("added");
      if (!(await idleOrStuck())) return;
      const { runs, refused } = outbox.pending();
      if (runs === 0 && outbox.fault === undefined) {
        if (reconciled || !isSender) return;
        await outbox.reconcile().catch(outbox.fail);
        reconciled = true;
        continue;
      }
      if (outbox.fault !== undefined && wasFailing) return;
      if (refused.length === runs && refusedBefore === runs) return; // refused twice: nothing else is left
      refusedBefore = refused.length;
      if (outbox.steps !== steps && runs < left) lastStep = Date.now();
      left = Math.min(left, runs);
      if (Date.now() - lastStep > patience) return;
      await delay(every);
    }
  }

  const looping = loop();
  return {
    add: outbox.add,
    async finish() {
      stop.abort();
      await looping;
      await drain();
      return outbox.pending();
    },
    close() {
      stop.abort();
      remote?.close();
      outbox.close();
    },
  };
}
