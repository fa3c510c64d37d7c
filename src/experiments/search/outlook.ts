import type { Observation } from "../../core/search.ts";
import type { Trial } from "../../core/trial.ts";
import { countPoints } from "../../search/_space.ts";
import { countRepeats, type Plan } from "../plan.ts";
import { metricById } from "../read/leaderboard.ts";
import type { Axis } from "./axes.ts";
import { describeSearch } from "./settings.ts";

/** What a search may choose from, and what it will do. */
export interface SearchView {
  /** Strategy, seed, limits and pruner as texts. */
  readonly settings: Readonly<Record<string, string>>;
  /** Points of the space; null where there is no end to them. */
  readonly points: number | null;
  readonly spaces: readonly {
    readonly family: string;
    readonly key: string;
    readonly space: string;
    /** Of other keys; "" where it is always searched. */
    readonly when: string;
  }[];
  /** One sentence each. */
  readonly course: readonly string[];
}

/** The trials that run first: all of a grid; of a search those that do not depend on results, in order. */
export function firstTrials(plan: Plan): readonly Trial[] {
  const { strategy, space, trials: most, startup, seed } = plan.experiment.search;
  if (strategy.kind === "list") return plan.trials;
  const history: Observation[] = [];
  const trials: Trial[] = [];
  const seen = new Set<string>();
  while (history.length < Math.min(startup, most)) {
    const isNew = (point: Observation["point"]): boolean => !seen.has(plan.trialsOf(point)[0]!.configKey);
    const point = strategy.suggest({ space, history, seed, startup, isNew });
    if (!point) break;
    history.push({ point, state: "running" });
    const made = plan.trialsOf(point);
    seen.add(made[0]!.configKey);
    trials.push(...made);
  }
  return trials;
}

export function searchView({ experiment }: Plan): SearchView {
  const { search, grids, config } = experiment;
  const points = countPoints(search.space);
  return {
    settings: describeSearch(search),
    points: Number.isFinite(points) ? points : null,
    spaces: grids.flatMap(({ label, axes }) =>
      axes.map((axis) => ({ family: label, key: axis.key, space: spaceText(axis), when: whenText(axis) })),
    ),
    course: courseOf(search, points, countRepeats(config), config.rank.metric),
  };
}

function spaceText({ values, range }: Axis): string {
  if (!range) return values.map((v) => (typeof v === "string" ? v : JSON.stringify(v))).join(", ");
  const { low, high, log, int, step } = range;
  const kinds = [
    int ? "whole numbers" : "",
    log ? "logarithmic" : "",
    step && !(int && step === 1) ? `step ${step}` : "",
  ];
  return [`${low} … ${high}`, ...kinds.filter(Boolean)].join(", ");
}

function whenText({ when = [] }: Axis): string {
  return when.map(({ key, values }) => `${key} is ${values.map(String).join(" or ")}`).join(", ");
}

function courseOf(
  search: Plan["experiment"]["search"],
  points: number,
  repeats: number,
  rankMetric: string,
): readonly string[] {
  const { strategy, trials, time, until, startup, pruning } = search;
  const runs = Math.min(trials, points);
  const direction = metricById(rankMetric).greaterIsBetter ? "greater" : "less";
  const course = [`${strategy.title}: ${strategy.description.toLowerCase()}`];
  if (strategy.kind === "sequence" && Number.isFinite(runs))
    course.push(
      `${runs} points${repeats > 1 ? ` × ${repeats} repeats` : ""}, ${Math.min(startup, runs)} of them drawn at random`,
    );
  if (strategy.kind === "sequence")
    course.push(`judged by ${rankMetric} on validation, the mean of the repeats; ${direction} is better`);
  if (pruning) {
    const rungs = [0, 1, 2].map((i) => pruning.pruner.rung(i, pruning.options)).join(", ");
    course.push(
      `${pruning.pruner.title}, of families with rounds, at ${rungs}, … rounds, within a family, by validation log loss`,
    );
  }
  if (Number.isFinite(time)) course.push(`no trial starts later than ${time / 1000} s`);
  if (until) course.push(`ends when a point reaches ${until.text}`);
  return course;
}
