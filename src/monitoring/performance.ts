import type { Scored } from "../core/metric.ts";
import type {
  ClassPerformance,
  GroupPerformance,
  Labelled,
  MonitorContext,
  PerformanceFigure,
} from "../core/monitoring/monitor.ts";
import type { MonitoringProfile, ValidationProfile } from "../core/monitoring/profile.ts";
import { type Estimate, estimate, metricOf } from "../gates/_judge.ts";
import { selectScored } from "../gates/_rows.ts";
import { groupsOf } from "../gates/subgroup.ts";
import { orNull } from "./drift.ts";
import { classFigures } from "./profile.ts";

type Bootstrap = MonitorContext["bootstrap"];

/** Metrics that a report shows. */
const FIGURES = {
  table: ["accuracy", "balanced_accuracy", "f1_macro", "recall_orphan", "log_loss", "brier", "ece"],
  // The log keeps ten diseases of a case.
  cases: ["top1", "top3", "top10", "mrr", "first_ece"],
} as const;

export const figuresOf = (input: MonitoringProfile["input"]): readonly string[] => FIGURES[input];

/** Metrics of a model's validation patients with their intervals, as a profile keeps them. */
export function validationMetrics(
  scored: Scored,
  units: Int32Array,
  bootstrap: Bootstrap,
): ValidationProfile["metrics"] {
  const entries = figuresOf(scored.ranks === undefined ? "table" : "cases").map((id) => {
    const { value, low, high } = estimate(metricOf(id), scored, units, bootstrap);
    return [id, Number.isNaN(low) || Number.isNaN(high) ? { value } : { value, low, high }] as const;
  });
  return Object.fromEntries(entries.filter(([, { value }]) => !Number.isNaN(value)));
}

/** A metric of the labelled predictions, and by how much it is worse than on validation. */
export function figureOf(
  id: string,
  { scored, units }: Labelled,
  profile: MonitoringProfile,
  bootstrap: Bootstrap,
): PerformanceFigure & { readonly n: number } {
  const metric = metricOf(id);
  const found = estimate(metric, scored, units, bootstrap);
  const validation = Object.hasOwn(profile.validation.metrics, id) ? profile.validation.metrics[id] : undefined;
  const { title, greaterIsBetter } = metric;
  return {
    ...{ metric: id, title, greaterIsBetter, n: found.n },
    ...{ value: orNull(found.value), low: orNull(found.low), high: orNull(found.high) },
    validation: validation
      ? { value: validation.value, low: validation.low ?? null, high: validation.high ?? null }
      : null,
    drop: validation ? dropOf(validation, found, greaterIsBetter) : null,
  };
}

/**
 * By how much `now` is worse, with the interval of a difference of two independent estimates from the interval of each (MOVER, Zou and
 * Donner 2008); null where one of them has none.
 */
export function dropOf(
  before: ValidationProfile["metrics"][string],
  now: Pick<Estimate, "value" | "low" | "high">,
  greaterIsBetter: boolean,
): PerformanceFigure["drop"] {
  const { low = Number.NaN, high = Number.NaN } = before;
  const [a, b] = greaterIsBetter ? [{ ...before, low, high }, now] : [now, { ...before, low, high }];
  const value = a.value - b.value;
  const least = value - Math.hypot(a.value - a.low, b.high - b.value);
  const most = value + Math.hypot(a.high - a.value, b.value - b.low);
  return Number.isNaN(least) || Number.isNaN(most) ? null : { value, low: least, high: most };
}

export function classesOf({ scored }: Labelled, { validation, orphans }: MonitoringProfile): ClassPerformance[] {
  if (scored.ranks !== undefined) return [];
  const before = new Map(validation.classes.map(({ name, recall }) => [name, recall]));
  const rare = new Set(orphans);
  return classFigures(scored).map(({ name, rows, recall, precision }) => ({
    ...{ name, rows, recall, precision, orphan: rare.has(name) },
    validationRecall: before.get(name) ?? null,
  }));
}

export interface Subgroups {
  readonly column: string;
  readonly bands?: readonly number[];
}

type Rows = Pick<Labelled, "scored" | "units">;

/** A group of labelled predictions by a column. */
export interface LabelledGroup extends Rows {
  readonly label: string;
  /** All labelled predictions that are not in it. */
  others(): Rows;
}

/** @returns undefined where no prediction has the column */
export function splitLabelled({ scored, units, column }: Labelled, by: Subgroups): LabelledGroup[] | undefined {
  const values = column(by.column);
  if (values === undefined) return undefined;
  const select = (rows: ReadonlySet<number>): Rows => ({
    scored: selectScored(scored, rows),
    units: units.filter((_, row) => rows.has(row)),
  });
  return groupsOf(values, by.bands).map(({ label, rows }) => ({
    ...{ label, ...select(rows) },
    others: () => select(new Set(units.keys().filter((row) => !rows.has(row)))),
  }));
}

/** Share of right answers by subgroup. */
export function subgroupsOf(labelled: Labelled, by: readonly Subgroups[], bootstrap: Bootstrap): GroupPerformance[] {
  const metric = metricOf(labelled.scored.ranks === undefined ? "accuracy" : "top1");
  return by.flatMap((subgroups) =>
    (splitLabelled(labelled, subgroups) ?? []).map(({ label, scored, units }) => {
      const { value, low, high } = estimate(metric, scored, units, bootstrap);
      return {
        ...{ column: subgroups.column, group: label, rows: scored.rows },
        ...{ accuracy: orNull(value), low: orNull(low), high: orNull(high) },
      };
    }),
  );
}
