/** A running sweep as it is seen: what it has told, added up. */
import type { LiveEvent, LiveTrial } from "../../app.ts";
import type { CurvePoint } from "../../core/trial.ts";
import { configName } from "../../core/trial.ts";

export interface RunningTrial {
  readonly runId: string;
  readonly trial: LiveTrial;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly curve: readonly CurvePoint[];
}

export interface SweepRow {
  /** From 1; null for what did not finish. */
  readonly rank: number | null;
  readonly name: string;
  readonly family: string;
  /** Repeats that finished. */
  readonly repeats: number;
  /** By metric id, over the repeats; sd is null of one. */
  readonly metrics: Readonly<Record<string, { readonly mean: number; readonly sd: number | null }>>;
  /** Seconds; NaN where it was trained before. */
  readonly fit: number;
  readonly state: "finished" | "failed" | "pruned" | "stopped";
  /** What is worth knowing: why it failed or was stopped, what it noticed. */
  readonly notes: readonly string[];
  /** Whether all of it was finished before. */
  readonly kept: boolean;
}

/** Of the sweep that runs now; with a gate to reach, several follow one another. */
export interface SweepFacts {
  readonly experiment: string;
  readonly sweepId: string | null;
  readonly rankMetric: string;
  readonly jobs: number;
  /** From 1. */
  readonly number: number;
  /** Trials to run; null where only time ends the search. */
  readonly total: number | null;
  readonly kept: number;
  readonly since: number;
  readonly ended: number;
  readonly finished: number;
  readonly failed: number;
  readonly pruned: number;
  readonly stopped: number;
  readonly saved: { readonly rounds: number; readonly seconds: number };
  readonly stopping: boolean;
  /** Null while it goes on. */
  readonly exitCode: number | null;
}

interface Entry {
  readonly name: string;
  readonly family: string;
  /** By trial key. */
  readonly done: Map<string, { readonly metrics: Readonly<Record<string, number>>; readonly fit: number }>;
  readonly notes: string[];
  state: SweepRow["state"];
  kept: boolean;
}

export interface SweepModel {
  add(event: LiveEvent): void;
  readonly facts: SweepFacts;
  readonly running: readonly RunningTrial[];
  /** Best first, repeats of one configuration in one row; then what did not finish. */
  rows(): readonly SweepRow[];
  /** Seconds until the end, as the trials so far let expect; undefined while that cannot be said. */
  left(now: number): number | undefined;
}

const START: SweepFacts = {
  experiment: "",
  sweepId: null,
  rankMetric: "",
  jobs: 1,
  number: 0,
  total: 0,
  kept: 0,
  since: 0,
  ended: 0,
  finished: 0,
  failed: 0,
  pruned: 0,
  stopped: 0,
  saved: { rounds: 0, seconds: 0 },
  stopping: false,
  exitCode: null,
};

export function createSweepModel(): SweepModel {
  let facts = START;
  let greaterIsBetter = true;
  const running = new Map<string, RunningTrial & { readonly curve: CurvePoint[] }>();
  const entries = new Map<string, Entry>();
  let rows: readonly SweepRow[] | undefined;

  const set = (change: Partial<SweepFacts>): void => {
    facts = { ...facts, ...change };
  };

  function entryOf({ configKey, name, family }: LiveTrial): Entry {
    const known = entries.get(configKey);
    if (known) return known;
    const entry: Entry = {
      ...{ name: configName(name), family, done: new Map(), notes: [] },
      state: "failed",
      kept: true,
    };
    entries.set(configKey, entry);
    return entry;
  }

  function keep(trial: LiveTrial, metrics: Readonly<Record<string, number>>): void {
    if (Object.keys(metrics).length === 0) return;
    const entry = entryOf(trial);
    entry.state = "finished";
    if (!entry.done.has(trial.key)) entry.done.set(trial.key, { metrics, fit: Number.NaN });
  }

  function end(trial: LiveTrial, count: "finished" | "failed" | "pruned" | "stopped"): Entry {
    running.delete(trial.key);
    set({ ended: facts.ended + 1, [count]: facts[count] + 1 });
    const entry = entryOf(trial);
    if (entry.done.size === 0) entry.state = count;
    entry.kept = false;
    return entry;
  }

  function add(event: LiveEvent): void {
    rows = undefined;
    switch (event.type) {
      case "sweep": {
        const { experiment, rankMetric, jobs } = event;
        greaterIsBetter = event.greaterIsBetter;
        const { exitCode, stopping } = facts;
        facts = { ...START, experiment, rankMetric, jobs, exitCode, stopping, number: facts.number + 1 };
        break;
      }
      case "planned": {
        const total = event.total === null ? null : event.total - event.reused;
        set({ total, kept: event.reused, sweepId: event.sweepId, since: event.at });
        for (const { trial, metrics } of event.kept) keep(trial, metrics);
        break;
      }
      case "kept":
        set({ kept: facts.kept + 1, total: facts.total === null ? null : facts.total - 1 });
        keep(event.trial, event.metrics);
        break;
      case "started":
        running.set(event.trial.key, { runId: event.runId, trial: event.trial, since: event.at, curve: [] });
        break;
      case "round":
        running.get(event.trial.key)?.curve.push(event.point);
        break;
      case "finished": {
        const { metrics, timing, notices } = event.result;
        const entry = end(event.trial, "finished");
        const values = Object.fromEntries(Object.entries(metrics).map(([id, { value }]) => [id, value]));
        entry.done.set(event.trial.key, { metrics: values, fit: timing.fit });
        entry.state = "finished";
        entry.notes.push(...notices.filter((notice) => !entry.notes.includes(notice)));
        break;
      }
      case "failed":
        end(event.trial, "failed").notes.push(event.reason);
        break;
      case "pruned":
        if (facts.total !== null) set({ total: facts.total - event.spared });
        end(event.trial, "pruned").notes.push(`pruned at ${event.reason}`);
        break;
      case "stopped":
        end(event.trial, "stopped").notes.push(event.byHand ? "stopped by hand" : "stopped");
        break;
      case "saved":
        set({ saved: event });
        break;
      case "stopping":
        set({ stopping: true });
        break;
      case "end":
        set({ exitCode: event.exitCode });
        break;
    }
  }

  function ranked(): readonly SweepRow[] {
    const all = [...entries.values()].map(rowOf);
    const rankValue = (row: SweepRow): number => row.metrics[facts.rankMetric]?.mean ?? Number.NaN;
    const finished = all
      .filter((row) => row.repeats > 0)
      .sort((a, b) => {
        const [x, y] = [rankValue(a), rankValue(b)];
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
        return (greaterIsBetter ? y - x : x - y) || (a.fit || 0) - (b.fit || 0) || (a.name < b.name ? -1 : 1);
      })
      .map((row, i) => ({ ...row, rank: Number.isNaN(rankValue(row)) ? null : i + 1 }));
    return [...finished, ...all.filter((row) => row.repeats === 0)];
  }

  return {
    add,
    get facts() {
      return facts;
    },
    get running() {
      return [...running.values()];
    },
    rows() {
      rows ??= ranked();
      return rows;
    },
    left(now) {
      const { total, ended, jobs, since } = facts;
      if (total === null || ended < Math.min(jobs, total) || ended === 0) return undefined;
      return (((now - since) / ended) * (total - ended)) / 1000;
    },
  };
}

function rowOf({ name, family, done, notes, state, kept }: Entry): SweepRow {
  const results = [...done.values()];
  const ids = new Set(results.flatMap(({ metrics }) => Object.keys(metrics)));
  const metrics = Object.fromEntries(
    [...ids].map((id) => [id, meanSd(results.flatMap((r) => (r.metrics[id] === undefined ? [] : [r.metrics[id]])))]),
  );
  const fits = results.map(({ fit }) => fit).filter((fit) => !Number.isNaN(fit));
  const fit = fits.length === 0 ? Number.NaN : meanSd(fits).mean;
  return { rank: null, name, family, repeats: done.size, metrics, fit, state, notes, kept };
}

function meanSd(values: readonly number[]): { readonly mean: number; readonly sd: number | null } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  if (values.length < 2) return { mean, sd: null };
  return { mean, sd: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)) };
}
