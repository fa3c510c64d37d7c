import { setTimeout as delay } from "node:timers/promises";
import { concernsAll } from "./gate.ts";
import type { FarSide, Outbox, Pending, Scope } from "./outbox.ts";

export interface MirrorOptions {
  readonly outbox: Outbox;
  /** Opens the far side; called again when that failed. */
  connect(): Promise<FarSide & { close(): void }>;
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
const READ_BACKS = 3;

export function startMirror({ outbox, connect, every = 250, patience = 10_000 }: MirrorOptions): Mirror {
  const stop = new AbortController();
  const nap = (ms: number): Promise<void> => delay(ms, undefined, { signal: stop.signal, ref: false }).catch(() => {});
  let far: Awaited<ReturnType<typeof connect>> | undefined;

  /** @returns whether this process is the one that sends */
  async function round(scope: Scope): Promise<boolean> {
    try {
      if (!outbox.tryLock()) return false;
      far ??= await connect();
      outbox.start(far, scope);
    } catch (error) {
      outbox.fail(error);
    }
    return true;
  }

  let pause = every;
  async function loop(): Promise<void> {
    while (!stop.signal.aborted) {
      await round("open");
      await nap(pause * (0.75 + Math.random() / 2));
      pause = outbox.fault === undefined ? every : Math.min(LONGEST_PAUSE, pause * 2);
    }
  }

  const looping = loop();
  return {
    add: outbox.add,
    async finish() {
      stop.abort();
      await looping;
      const impatient = pause > every || outbox.fault !== undefined; // a server that is away is tried once more
      return await drain(outbox, () => round("quick"), { patience, impatient, along: !impatient, scope: "quick" });
    },
    close() {
      stop.abort();
      far?.close();
      outbox.close();
    },
  };
}

export interface DrainOptions {
  /** Milliseconds without progress after which it gives up. */
  readonly patience: number;
  /** Gives up at the first failure of the server. */
  readonly impatient?: boolean;
  /** Reads back while the rest is sent, for most was written before. */
  readonly along?: boolean;
  /** What `round` looks at; default "all". */
  readonly scope?: "quick" | "all";
  onRound?(pending: Pending): void;
}

/**
 * Sends until nothing is left, for as long as that gets on; then reads back what was written.
 * @param round starts sending; tells whether this process is the one that sends
 */
export async function drain(
  outbox: Outbox,
  round: () => Promise<boolean>,
  { patience, impatient = false, along = false, scope = "all", onRound = () => {} }: DrainOptions,
): Promise<Pending> {
  let lastStep = Date.now();
  let reconciled = false;
  let attempts = 0;
  const readBack = async (): Promise<void> => {
    attempts++;
    await outbox.reconcile().catch((error: unknown) => {
      if (concernsAll(error)) throw error; // else a server that cannot search so
    });
    reconciled = true;
  };
  let before: Pending | undefined;
  for (;;) {
    const isSender = await round();
    if (along && isSender && !reconciled && attempts < READ_BACKS) outbox.run(readBack());
    const stuck = !(await idleOrStuck(outbox, patience));
    const isFailing = outbox.fault !== undefined;
    const pending = outbox.pending({ endedOnly: !isFailing, scope }); // of another sweep that goes on, what there is has just been sent
    onRound(pending);
    if (stuck || (isFailing && impatient)) return pending;
    if (pending.runs === 0 && !isFailing) {
      if (reconciled || !isSender || attempts === READ_BACKS) return pending;
      outbox.run(readBack());
      await idleOrStuck(outbox, patience);
      if (!reconciled) await delay(250);
      continue;
    }
    const isBetter = amount(pending) < amount(before);
    // tried again, and refused again
    if (!isFailing && isSender && !isBetter && pending.refused.length === pending.runs) return pending;
    if (isBetter) lastStep = Date.now();
    if (Date.now() - lastStep > patience) return pending;
    before = pending;
    await delay(isFailing ? 1000 : 250);
  }
}

const amount = (pending: Pending | undefined): number =>
  pending ? pending.runs + pending.metrics + pending.artifacts + pending.models : Number.POSITIVE_INFINITY;

/** Resolves to false when nothing got on for too long. */
async function idleOrStuck(outbox: Outbox, patience: number): Promise<boolean> {
  const idle = outbox.idle().then(() => true);
  for (;;) {
    const { steps } = outbox;
    const timer = new AbortController();
    const late = delay(patience, false, { signal: timer.signal }).catch(() => false);
    const isIdle = await Promise.race([idle, late]);
    timer.abort();
    if (isIdle || outbox.steps === steps) return isIdle;
  }
}
