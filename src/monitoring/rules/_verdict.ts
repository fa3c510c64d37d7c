import { z } from "zod";
import type { RuleVerdict } from "../../core/gate.ts";
import type { Labelled, MonitorContext } from "../../core/monitoring/monitor.ts";
import { type Estimate, patientsIn, short, verdictOf } from "../../gates/_judge.ts";

export const alphaParam = z
  .number()
  .gt(0)
  .max(0.5)
  .default(0.05)
  .describe("A change counts where its p-value, corrected for the number of features, is below");

export const minNParam = z
  .int()
  .min(1)
  .optional()
  .describe("Patients needed; with fewer the rule is inconclusive; the file's min_n when absent");

export const columnsParam = z
  .array(z.string())
  .min(1)
  .optional()
  .describe("Features that are looked at; all when absent");

export const judgeParam = z
  .enum(["interval", "value"])
  .default("interval")
  .describe("interval: fails where the whole 95 % interval lies beyond the bound; value: where the value does");

/** Nothing that could be judged; never a pass. */
export const inconclusive = (rule: string, message: string, n?: number): RuleVerdict =>
  verdictOf(rule, "inconclusive", { n }, message, "data");

/** Why drift cannot be judged; undefined where it can. */
export function noDrift(
  rule: string,
  { drift, driftProblem, predictions, minN }: MonitorContext,
  own?: number,
): RuleVerdict | undefined {
  if (drift === null) return inconclusive(rule, driftProblem ?? "There is nothing to compare with.", predictions);
  return tooFewPredictions(rule, predictions, own ?? minN);
}

/** Undefined where there are enough. */
export function tooFewPredictions(rule: string, predictions: number, least: number): RuleVerdict | undefined {
  if (predictions >= least) return undefined;
  const message = `${count(predictions, "prediction")} in the window; at least ${least} are needed.`;
  return inconclusive(rule, message, predictions);
}

/** Why performance cannot be judged; undefined where it can. */
export function noLabels(
  rule: string,
  { labelled, predictions, minN }: MonitorContext,
  own?: number,
): RuleVerdict | undefined {
  if (labelled === null)
    return inconclusive(rule, `No outcome is known of the ${count(predictions, "prediction")} in the window.`, 0);
  return tooFew(rule, labelled, predictions, own ?? minN);
}

function tooFew(rule: string, { units }: Labelled, predictions: number, least: number): RuleVerdict | undefined {
  const n = patientsIn(units);
  if (n >= least) return undefined;
  const known = `Outcomes are known of ${count(n, "patient")} (${units.length} of ${count(predictions, "prediction")})`;
  return inconclusive(rule, `${known}; at least ${least} are needed.`, n);
}

export interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly judge: "interval" | "value";
}

/**
 * Holds an estimate against its limits as a monitor does: beyond a limit with its whole interval it fails; beyond it with the value
 * alone, it may be chance: inconclusive.
 */
export function judgeLimits(rule: string, what: string, found: Estimate, limits: Limits): RuleVerdict {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, judge } = limits;
  const { value, low, high, n } = found;
  if (Number.isNaN(value)) return inconclusive(rule, `${what} is not defined on these ${count(n, "patient")}.`, n);
  const has = !Number.isNaN(low) && !Number.isNaN(high);
  const interval = has ? ` (${short(low)} to ${short(high)})` : "";
  const bound = value < min ? `at least ${min}` : value > max ? `at most ${max}` : undefined;
  const say = `${what} is ${short(value)}${interval} on ${count(n, "patient")}`;
  if (bound === undefined) return verdictOf(rule, "pass", found, `${say}.`);
  if (judge === "value" || (has && (high < min || low > max)))
    return verdictOf(rule, "fail", found, `${say}; asked for is ${bound}.`);
  return verdictOf(rule, "inconclusive", found, `${say}; asked for is ${bound}, and this may be chance.`, "patients");
}

/**
 * Holds how much worse something is against what is allowed: more fails where the interval leaves out 0; else it may be chance.
 * @param said what was found, without the full stop
 */
export function judgeWorse(
  rule: string,
  said: string,
  found: Estimate,
  { max, judge }: { readonly max: number; readonly judge: Limits["judge"] },
): RuleVerdict {
  if (found.value <= max) return verdictOf(rule, "pass", found, `${said}.`);
  if (judge === "value" || found.low > 0) return verdictOf(rule, "fail", found, `${said}; allowed is ${max}.`);
  return verdictOf(rule, "inconclusive", found, `${said}; allowed is ${max}, and this may be chance.`, "patients");
}

/** "1 patient", "2 patients" */
export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** The first of some names, and how many more there are. */
export function namesOf(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return `${names.slice(0, most).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

export const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
