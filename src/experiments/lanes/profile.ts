import type { MetricPoint, TrackingStore } from "../../core/store.ts";
import type { SweepEvent } from "../events.ts";
import { between, type Moment, moment } from "../jobs/moment.ts";

/** Seconds. */
export interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

const PARTS = ["fit", "score", "report"] as const;
type Part = (typeof PARTS)[number];

/** Where the time of a sweep went. What runs on several lanes at once is summed over them. */
export interface Profile {
  /** From the start of the program to the last trial's end; the CPU is that of all processes. */
  readonly total: Spent;
  /** Trials at once. */
  readonly lanes: number;
  /** load: data and splits; report: tables, charts and the model's files; log: writes to the store. */
  readonly phases: Readonly<Record<"load" | "prepare" | Part | "log", Spent>>;
  readonly families: readonly ({ readonly family: string; readonly trials: number } & Readonly<Record<Part, Spent>>)[];
}

const NOTHING: Spent = { wall: 0, cpu: 0 };
const plus = (a: Spent, b: Spent): Spent => ({ wall: a.wall + b.wall, cpu: a.cpu + b.cpu });

/** Adds up what the events of a sweep and the calls of its store took. */
export function createProfiler(load: Spent): {
  event(event: SweepEvent): void;
  /** The same store, whose calls are timed. */
  timed(store: TrackingStore): TrackingStore;
  profile(lanes: number, now?: Moment): Profile;
} {
  let [prepare, log] = [NOTHING, NOTHING];
  const families = new Map<string, { family: string; trials: number } & Record<Part, Spent>>();
  return {
    event(event) {
      if (event.type === "prepared") prepare = plus(prepare, { wall: event.seconds, cpu: event.cpu });
      if (event.type !== "finished") return;
      const { family } = event.trial;
      const { timing, cpu } = event.result;
      const sums = families.get(family) ?? { family, trials: 0, fit: NOTHING, score: NOTHING, report: NOTHING };
      families.set(family, sums);
      sums.trials++;
      for (const part of PARTS) sums[part] = plus(sums[part], { wall: timing[part], cpu: cpu[part] });
    },
    timed: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            const before = moment();
            try {
              return value.apply(target, args); // the embedded store works before it returns
            } finally {
              log = plus(log, between(before, moment()));
            }
          };
        },
      }),
    profile(lanes, now = moment()) {
      const list = [...families.values()].sort((a, b) => total(b).cpu - total(a).cpu);
      const sum = (part: Part): Spent => list.reduce((all, f) => plus(all, f[part]), NOTHING);
      const phases = { load, prepare, fit: sum("fit"), score: sum("score"), report: sum("report"), log };
      const jobs = prepare.cpu + list.reduce((all, f) => all + total(f).cpu, 0);
      return { total: { wall: now.wall / 1000, cpu: now.cpu / 1000 + jobs }, lanes, phases, families: list };
    },
  };
}

const total = (family: Readonly<Record<Part, Spent>>): Spent =>
  PARTS.reduce((all, part) => plus(all, family[part]), NOTHING);

/** The profile as metrics of the sweep's parent run: profile_fit_seconds, profile_fit_cpu_seconds, … */
export function profileMetrics({ total: all, phases }: Profile, timestamp: number): MetricPoint[] {
  return Object.entries({ ...phases, total: all }).flatMap(([phase, { wall, cpu }]) => [
    { key: `profile_${phase}_seconds`, value: wall, timestamp, step: 0 },
    { key: `profile_${phase}_cpu_seconds`, value: cpu, timestamp, step: 0 },
  ]);
}
