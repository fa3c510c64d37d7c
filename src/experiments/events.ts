import type { Clock } from "../core/clock.ts";
import type { Executor } from "../core/executor.ts";
import type { TrackingStore } from "../core/store.ts";
import type { CurvePoint, Trial, TrialResult } from "../core/trial.ts";
import type { Facts } from "./facts.ts";
import type { WorkDir } from "./workdir.ts";

/** A trial that was finished before, with what is known of its metrics: none where it did not finish. */
export interface Kept {
  readonly trial: Trial;
  readonly metrics: Readonly<Record<string, number>>;
}

export type SweepEvent =
  | {
      readonly type: "planned";
      /** Null where only time ends the search. */
      readonly total: number | null;
      readonly reused: number;
      readonly sweepId: string | null;
      readonly kept: readonly Kept[];
    }
  /** A search came to a trial that was finished before. */
  | ({ readonly type: "kept" } & Kept)
  | {
      readonly type: "prepared";
      readonly name: string;
      readonly seed: number;
      readonly fold?: number;
      readonly features: number;
      readonly seconds: number;
      /** Seconds of CPU. */
      readonly cpu: number;
    }
  | {
      readonly type: "started";
      readonly trial: Trial;
      readonly runId: string;
      /** Ends this trial and no other; nothing once it has ended. */
      stop(): void;
    }
  | { readonly type: "round"; readonly trial: Trial; readonly point: CurvePoint }
  | { readonly type: "finished"; readonly trial: Trial; readonly runId: string; readonly result: TrialResult }
  | { readonly type: "failed"; readonly trial: Trial; readonly runId: string; readonly reason: string }
  | {
      readonly type: "pruned";
      readonly trial: Trial;
      readonly runId: string;
      readonly reason: string;
      /** Other repeats that need not run now. */
      readonly spared: number;
    }
  /** By the sweep's end, or by hand: this trial alone. */
  | { readonly type: "stopped"; readonly trial: Trial; readonly runId: string; readonly byHand: boolean };

export interface SweepPorts {
  readonly store: TrackingStore;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly workDir: (sweepId: string) => WorkDir;
  readonly facts: { readonly facts: Facts; readonly diff: string };
  onEvent(event: SweepEvent): void;
}
