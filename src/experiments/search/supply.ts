import type { Observation, SpacePoint } from "../../core/search.ts";
import { configName, type Trial } from "../../core/trial.ts";
import type { Plan } from "../plan.ts";
import { metricById } from "../read/leaderboard.ts";
import { type Supply, takeFrom } from "../schedule.ts";
import type { Outcome } from "./history.ts";

export interface SweepSupply extends Supply<Trial> {
  /** All trials of the points so far. */
  readonly trials: readonly Trial[];
  /** Points that a search has suggested, in order. */
  readonly points: readonly SpacePoint[];
  /** Why no more trials come, where it is not that all of them ran; null so far. */
  readonly end: string | null;
  /** The target that was reached, with which running trials may stop; null so far. */
  readonly reached: string | null;
  /** Whether there is nothing to run, whatever comes of anything. */
  readonly spent: boolean;
  /** Says what came of a trial that was taken. Returns how many trials of its point need not run any more. */
  ended(trial: Trial, outcome: Outcome): number;
}

export interface SupplyInput {
  readonly plan: Plan;
  /** By trial key: what is known already and does not run. */
  readonly known: ReadonlyMap<string, Outcome>;
  /** Points that the search suggested before it was interrupted. */
  readonly saved: readonly SpacePoint[];
  /** Milliseconds. */
  readonly now: () => number;
  /** Told of trials that a search comes to and that are known. */
  readonly onKnown: (trial: Trial) => void;
  /** Of the trials that may run, the one with the greatest cost is given first; absent: in their order. */
  readonly costOf?: (trial: Trial) => number;
}

/** Trials with the same params and preparation, one a repeat. */
interface Entry {
  readonly point: SpacePoint;
  readonly trials: readonly Trial[];
  readonly outcomes: Map<string, Outcome>;
}

/**
 * The trials of a sweep: those of a grid, long ones first, or those that a search suggests from what came of the ones before, until its
 * points, its time or its space are spent, or its target is reached. With pruning the first repeat of a point runs alone, and the
 * others where it was not pruned.
 */
export function createSupply({ plan, known, saved, now, onKnown, costOf }: SupplyInput): SweepSupply {
  const { search, config } = plan.experiment;
  const { strategy, space, trials: most, time, until, seed, startup } = search;
  const metric = metricById(config.rank.metric);
  const start = now();
  const entries: Entry[] = [];
  const byConfig = new Map<string, Entry>();
  const queue: Trial[] = [];
  const given = new Set<string>();
  let end: string | null = null;
  let reached: string | null = null;

  function add(point: SpacePoint, trials: readonly Trial[], first = false): void {
    const entry: Entry = { point, trials, outcomes: new Map() };
    entries.push(entry);
    byConfig.set(trials[0]!.configKey, entry);
    for (const trial of trials) {
      const outcome = known.get(trial.key);
      if (!outcome) continue;
      entry.outcomes.set(trial.key, outcome);
      if (!first) onKnown(trial);
    }
    queueOf(entry);
    check(entry);
  }

  /** Queues the trials of a point that may run now. */
  function queueOf({ trials, outcomes }: Entry): void {
    const first = outcomes.get(trials[0]!.key);
    if (first?.state === "pruned") return;
    const may = search.pruning && !first ? trials.slice(0, 1) : trials;
    for (const trial of may) {
      if (outcomes.has(trial.key) || given.has(trial.key)) continue;
      given.add(trial.key);
      queue.push(trial);
    }
  }

  /** Mean of a metric over the repeats of a point; undefined while one is missing. */
  function mean({ trials, outcomes }: Entry, id: string): number | undefined {
    const values = trials.map((trial) => outcomes.get(trial.key));
    if (values.includes(undefined)) return undefined;
    const found = values.flatMap((o) => (o?.state === "finished" ? [o.metrics[id] ?? Number.NaN] : []));
    return found.length === 0 ? Number.NaN : found.reduce((a, b) => a + b, 0) / found.length;
  }

  function check(entry: Entry): void {
    if (!until || reached !== null) return;
    const value = mean(entry, until.metric);
    if (value === undefined || !until.reached(value)) return;
    const { name } = entry.trials[0]!;
    reached = `${until.text} is reached: ${Number(value.toFixed(4))} by ${configName(name)}`;
    end = reached;
  }

  function observe(entry: Entry): Observation {
    const { point, trials, outcomes } = entry;
    const first = outcomes.get(trials[0]!.key);
    if (first?.state === "pruned") return { point, ...first, loss: Number.isNaN(first.loss) ? Infinity : first.loss };
    const value = mean(entry, metric.id);
    if (value === undefined) return { point, state: "running" };
    if (Number.isNaN(value)) return { point, state: "failed" };
    return { point, state: "finished", loss: metric.greaterIsBetter ? -value : value };
  }

  function suggest(): boolean {
    if (strategy.kind === "list" || entries.length >= most || end !== null) return false;
    const point = strategy.suggest({
      ...{ space, seed, startup, history: entries.map(observe) },
      isNew: (candidate) => !byConfig.has(plan.trialsOf(candidate)[0]!.configKey),
    });
    if (point) add(point, plan.trialsOf(point));
    else end = `the space is exhausted: all of its ${entries.length} points have run`;
    return point !== undefined;
  }

  if (strategy.kind === "list") {
    for (const trials of Map.groupBy(plan.trials, (t) => t.configKey).values()) add({}, trials, true);
  } else {
    for (const point of saved) {
      const trials = plan.trialsOf(point);
      if (!byConfig.has(trials[0]!.configKey)) add(point, trials, true);
    }
  }

  return {
    get trials() {
      return entries.flatMap((e) => e.trials);
    },
    get points() {
      return strategy.kind === "list" ? [] : entries.map((e) => e.point);
    },
    get end() {
      return end;
    },
    get spent() {
      return reached !== null || (queue.length === 0 && (strategy.kind === "list" || entries.length >= most));
    },
    get reached() {
      return reached;
    },
    take(readiness, isForeign) {
      const more = queue.length > 0 || (strategy.kind === "sequence" && entries.length < most);
      const late = now() - start >= time;
      if (late && more) end ??= "the time is over";
      if (late || reached !== null) return undefined;
      while (queue.length === 0) if (!suggest()) return undefined;
      return takeFrom(queue, readiness, costOf, isForeign);
    },
    ended(trial, outcome) {
      const entry = byConfig.get(trial.configKey)!;
      entry.outcomes.set(trial.key, outcome);
      queueOf(entry);
      check(entry);
      return outcome.state === "pruned"
        ? entry.trials.filter((t) => !given.has(t.key) && !entry.outcomes.has(t.key)).length
        : 0;
    },
  };
}
