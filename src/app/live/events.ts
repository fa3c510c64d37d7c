/** What a running sweep tells whoever watches it: lines of JSON in a file that only its owner may read. No value of a patient is in them. */
import type { MetricValue, Trial, TrialResult } from "../../core/trial.ts";
import type { SweepEvent } from "../../experiments/events.ts";
import { savings, type Trained } from "../../experiments/search/pruning.ts";

export type LiveTrial = Pick<Trial, "key" | "configKey" | "name" | "family" | "seed" | "fold">;

export interface LiveKept {
  readonly trial: LiveTrial;
  readonly metrics: Readonly<Record<string, number>>;
}

type Of<T extends SweepEvent["type"]> = Extract<SweepEvent, { type: T }>;
type About<T extends SweepEvent["type"], K extends keyof Of<T>> = Pick<Of<T>, "type" | K> & {
  readonly trial: LiveTrial;
};

/** A sweep's events, less what only its own process needs. */
export type ProgressEvent =
  | (Pick<Of<"planned">, "type" | "total" | "reused" | "sweepId"> & { readonly kept: readonly LiveKept[] })
  | ({ readonly type: "kept" } & LiveKept)
  | Omit<Of<"prepared">, "cpu">
  | About<"started", "runId">
  | About<"round", "point">
  | (About<"finished", "runId"> & {
      readonly result: {
        readonly metrics: Readonly<Record<string, MetricValue>>;
        readonly timing: Pick<TrialResult["timing"], "fit">;
        readonly rounds?: number;
        readonly notices: readonly string[];
      };
    })
  | About<"failed", "runId" | "reason">
  | About<"pruned", "runId" | "reason" | "spared">
  | About<"stopped", "runId" | "byHand">;

export type LiveNews =
  | ProgressEvent
  /** Before each `planned`: with a gate to reach there are several. */
  | {
      readonly type: "sweep";
      readonly experiment: string;
      readonly rankMetric: string;
      readonly greaterIsBetter: boolean;
      readonly jobs: number;
    }
  /** What pruning has saved so far. */
  | { readonly type: "saved"; readonly rounds: number; readonly seconds: number }
  | { readonly type: "stopping" }
  | { readonly type: "end"; readonly exitCode: number };

/** @property at milliseconds since 1970 */
export type LiveEvent = { readonly at: number } & LiveNews;

/** Milliseconds between the points of a trial's curve that are told, at first; the longer it runs the fewer they are. */
const POINTS_APART = 200;
/** Points of a trial in all: about so many in each doubling of its time. */
const POINTS = 300;

/** Makes of a sweep's events what is told of them. @param now milliseconds */
export function createTeller(now: () => number): (event: SweepEvent) => readonly LiveNews[] {
  const running = new Map<string, { readonly since: number; told: number; round: number }>();
  const pruned: Trained[] = [];
  const whole: Trained[] = [];

  function saved(): readonly LiveNews[] {
    return pruned.length === 0 ? [] : [{ type: "saved", ...savings(pruned, whole) }];
  }

  return (event) => {
    switch (event.type) {
      case "planned":
        return [{ ...event, kept: event.kept.map(keptOf) }];
      case "kept":
        return [{ type: "kept", ...keptOf(event) }];
      case "prepared": {
        const { cpu: _, ...told } = event;
        return [told];
      }
      case "started": {
        const { stop: _, ...told } = event;
        running.set(event.trial.key, { since: now(), told: 0, round: 0 });
        return [{ ...told, trial: trialOf(event.trial) }];
      }
      case "round": {
        const entry = running.get(event.trial.key);
        const time = now();
        if (!entry) return [];
        entry.round = event.point.round;
        if (time - entry.told < Math.max(POINTS_APART, (time - entry.since) / POINTS)) return [];
        entry.told = time;
        return [{ ...event, trial: trialOf(event.trial) }];
      }
      case "finished": {
        const { metrics, timing, rounds, notices, curve } = event.result;
        running.delete(event.trial.key);
        whole.push({ family: event.trial.family, rounds: curve.at(-1)?.round ?? 0, seconds: timing.fit });
        const result = { metrics, timing: { fit: timing.fit }, rounds, notices };
        return [{ ...event, trial: trialOf(event.trial), result }, ...saved()];
      }
      case "pruned": {
        const entry = running.get(event.trial.key);
        running.delete(event.trial.key);
        if (entry)
          pruned.push({
            family: event.trial.family,
            rounds: entry.round,
            seconds: (now() - entry.since) / 1000,
          });
        return [{ ...event, trial: trialOf(event.trial) }, ...saved()];
      }
      default:
        running.delete(event.trial.key);
        return [{ ...event, trial: trialOf(event.trial) }];
    }
  };
}

function trialOf({ key, configKey, name, family, seed, fold }: Trial): LiveTrial {
  return { key, configKey, name, family, seed, ...(fold !== undefined && { fold }) };
}

const keptOf = ({ trial, metrics }: { trial: Trial; metrics: LiveKept["metrics"] }): LiveKept => ({
  trial: trialOf(trial),
  metrics,
});

/** Reads a line back; undefined for one that was not written whole. */
export function parseLive(line: string): LiveEvent | undefined {
  let event: LiveEvent;
  try {
    event = JSON.parse(line) as LiveEvent;
  } catch {
    return undefined;
  }
  if (event.type !== "finished") return event;
  // JSON has no NaN.
  const metrics = Object.entries(event.result.metrics).map(([id, m]) => [id, { ...m, value: m.value ?? Number.NaN }]);
  return { ...event, result: { ...event.result, metrics: Object.fromEntries(metrics) } };
}
