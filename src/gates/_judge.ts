import { z } from "zod";
import type { GateContext, RuleVerdict, Verdict } from "../core/gate.ts";
import type { Metric, Scored } from "../core/metric.ts";
import { allMetrics } from "../metrics/_all.ts";
import { bootstrapIntervals } from "../statistics/bootstrap.ts";

/** A number found on the patients, with its interval (NaN where it has none) and the patients that it rests on. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

export const judgeParam = z
  .enum(["interval", "value"])
  .default("interval")
  .describe("interval: passes when the safe end of the bootstrap interval meets the bound; value: when the value does");

export const minPatients = (fewest: number) =>
  z.int().min(1).default(fewest).describe("Patients needed; with fewer the rule is inconclusive");

export const metricParam = z
  .enum(allMetrics.map((m) => m.id) as [string, ...string[]])
  .describe("A metric by its id, as on the leaderboard");

/** The metric of an id that `metricParam` has checked; not defined on what it is not of (probabilities, rankings). */
export function metricOf(id: string): Metric {
  return allMetrics.find((m) => m.id === id)!;
}

/** How many different patients (or groups) there are. */
export const patientsIn = (units: Int32Array): number => new Set(units).size;

/**
 * A metric with its percentile bootstrap interval over patients. A share that is 0 or 1 in every draw gets the exact
 * binomial interval instead (Clopper and Pearson 1934): of n right ones, from (α/2)^(1/n) to 1.
 * @param n patients that the metric rests on; as the metric says when absent
 */
export function estimate(
  metric: Metric,
  scored: Scored,
  units: Int32Array,
  bootstrap: GateContext["bootstrap"],
  n = patientsIn(restingOn(metric, scored, units)),
): Estimate {
  const found = bootstrapIntervals(scored, [metric], { ...bootstrap, groups: units })[metric.id];
  // Draws that agree tell nothing of the width. (They agree beside undefined ones, too.)
  if (found.low < found.high) return { ...found, n };
  const tail = ((1 - bootstrap.level) / 2) ** (1 / n);
  const share = metric.share === true && n > 0;
  if (share && found.value === 1) return { value: 1, low: tail, high: 1, n };
  if (share && found.value === 0) return { value: 0, low: 0, high: 1 - tail, n };
  return { value: found.value, low: Number.NaN, high: Number.NaN, n };
}

/** Units of the rows that a metric is of. */
function restingOn(metric: Metric, scored: Scored, units: Int32Array): Int32Array {
  const rows = metric.restsOn?.(scored);
  return rows === undefined ? units : units.filter((_, row) => rows[row] === 1);
}

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** Whether `min` itself is not enough. */
  readonly above?: boolean;
  readonly judge: "interval" | "value";
  readonly minN: number;
}

/**
 * Holds an estimate against its bounds. The value itself misses one: fail. The value meets them but the interval's safe end
 * does not: inconclusive, as more patients could show it. Too few patients, or nothing to hold: inconclusive.
 * @param what the thing in words, e.g. "f1_macro"
 */
export function judge(rule: string, what: string, found: Estimate, bounds: Bounds): RuleVerdict {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
  const { value, low, high, n } = found;
  const say = (verdict: Verdict, reason: string, bound?: RuleVerdict["bound"]): RuleVerdict =>
    verdictOf(rule, verdict, found, `${what} is ${describe(found)}; ${asked(bounds)}${reason}.`, bound);
  if (Number.isNaN(value)) {
    return verdictOf(rule, "inconclusive", found, `${what} is not defined on these ${n} patients.`, "patients");
  }
  if (n < bounds.minN) return say("inconclusive", `, on at least ${bounds.minN} patients`, "patients");
  const misses = (x: number): boolean => x < min || x > max || (bounds.above === true && x === min);
  if (misses(value)) return say("fail", "");
  if (bounds.judge === "value") return say("pass", "");
  if (Number.isNaN(low) || Number.isNaN(high)) {
    return say(
      "inconclusive",
      "; all draws of these patients agree, so that it has no interval to judge by",
      "patients",
    );
  }
  if (misses(low) || misses(high)) return say("inconclusive", " by the whole interval: more patients could show it");
  return say("pass", "");
}

/** A verdict whose undefined numbers are null. */
export function verdictOf(
  rule: string,
  verdict: Verdict,
  found: Partial<Estimate>,
  message: string,
  bound?: RuleVerdict["bound"],
): RuleVerdict {
  const orNull = (x: number | undefined): number | null => (x === undefined || Number.isNaN(x) ? null : x);
  return {
    rule,
    verdict,
    value: orNull(found.value),
    low: orNull(found.low),
    high: orNull(found.high),
    n: orNull(found.n),
    message,
    ...(verdict === "pass" || bound === undefined ? {} : { bound }),
  };
}

/** "≥ 0.9", "≤ 0.1", "0.8 … 1.2" */
export function boundsText({ min, max }: Pick<Bounds, "min" | "max">): string {
  if (min !== undefined && max !== undefined) return `${min} … ${max}`;
  return min !== undefined ? `≥ ${min}` : `≤ ${max}`;
}

function asked({ min, max, above }: Bounds): string {
  const parts = [
    min === undefined ? "" : `${above ? "more than" : "at least"} ${min}`,
    max === undefined ? "" : `at most ${max}`,
  ];
  return `asked for is ${parts.filter(Boolean).join(" and ")}`;
}

/** "0.912 (0.85 to 0.96, 74 patients)" */
export function describe({ value, low, high, n }: Estimate): string {
  const interval = Number.isNaN(low) ? "" : `${short(low)} to ${short(high)}, `;
  return `${short(value)} (${interval}${n} patients)`;
}

/** At most four decimals; more where the number is small. */
export function short(value: number): string {
  return String(Number(Math.abs(value) >= 0.001 || value === 0 ? value.toFixed(4) : value.toPrecision(2)));
}

/** Which bounds a schema was given: one of them is needed. */
export const oneOf = (...keys: readonly string[]): [(params: object) => boolean, string] => [
  (params) => keys.some((key) => (params as Record<string, unknown>)[key] !== undefined),
  `needs ${keys.join(" or ")}`,
];
