import type { GateContext, RuleVerdict, Verdict } from "../core/gate.ts";
import type { Metric } from "../core/metric.ts";
import { compareToBest } from "../statistics/paired.ts";
import { patientsIn, short, verdictOf } from "./_judge.ts";

export interface ChampionOptions {
  /** By how much the model may be worse, in units of the metric. */
  readonly margin: number;
  readonly withoutChampion: "pass" | "inconclusive";
  readonly minN: number;
}

/**
 * Whether the candidate is no worse than the champion: a paired bootstrap over the test patients; passes when the lower end of
 * the gain (candidate − champion, turned so that more is better) is at or above −margin: a non-inferiority test (ICH E9, 3.3.2).
 */
export function versusChampion(
  rule: string,
  metric: Metric,
  context: GateContext,
  options: ChampionOptions,
): RuleVerdict {
  const { candidate, champion, championProblem, units, bootstrap } = context;
  const { margin } = options;
  const n = patientsIn(units);
  if (championProblem !== undefined) {
    return verdictOf(rule, "inconclusive", {}, `The champion cannot be compared: ${championProblem}.`);
  }
  if (champion === undefined) {
    const verdict = options.withoutChampion;
    return verdictOf(rule, verdict, {}, "There is no champion yet to be compared with.");
  }
  if (champion.runId === candidate.runId) {
    return verdictOf(rule, "pass", { value: 0, low: 0, high: 0, n }, "The candidate is the champion.");
  }
  const compared = compareToBest(metric, [[champion.scored], [candidate.scored]], 0, {
    ...bootstrap,
    groups: [units],
  })[1];
  if (!compared.comparable) {
    return verdictOf(rule, "inconclusive", { n }, `The champion cannot be compared: ${compared.reason}.`);
  }
  const [value, low, high] = metric.greaterIsBetter
    ? [compared.difference, compared.low, compared.high]
    : [-compared.difference, -compared.high, -compared.low];
  const verdict: Verdict =
    n < options.minN ? "inconclusive" : value < -margin ? "fail" : low >= -margin ? "pass" : "inconclusive";
  const side = value < 0 ? "worse" : "better";
  const reason =
    n < options.minN
      ? `, on at least ${options.minN} patients`
      : verdict === "inconclusive"
        ? " by the whole interval: more patients could show it"
        : "";
  return verdictOf(
    rule,
    verdict,
    { value, low, high, n },
    `By ${metric.id} the candidate is ${short(Math.abs(value))} ${side} than the champion (gain ${short(low)} to ${short(high)}, ${n} patients); asked for is at most ${margin} worse${reason}.`,
  );
}

/** Whether a verdict came from `versusChampion`: such rules are named "champion …". */
export function isAgainstChampion({ rule }: RuleVerdict): boolean {
  return rule.startsWith("champion ");
}
