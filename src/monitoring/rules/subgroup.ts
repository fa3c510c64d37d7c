import { z } from "zod";
import type { RuleVerdict } from "../../core/gate.ts";
import type { MonitorContext, MonitorRule } from "../../core/monitoring/monitor.ts";
import { type Estimate, estimate, metricOf, metricParam, oneOf, patientsIn, short } from "../../gates/_judge.ts";
import { dropOf, type LabelledGroup, splitLabelled } from "../performance.ts";
import { count, inconclusive, judgeLimits, judgeParam, judgeWorse, noLabels } from "./_verdict.ts";

const Params = z
  .strictObject({
    column: z.string().min(1).describe("Feature by which patients are grouped: sex, age, centre"),
    bands: z
      .array(z.number())
      .min(1)
      .optional()
      .describe("For a number: where a band ends and the next begins, e.g. [18, 65] for < 18, 18 … 65, ≥ 65"),
    metric: metricParam.default("accuracy"),
    min: z.number().optional().describe("Floor in each subgroup"),
    max_gap: z
      .number()
      .min(0)
      .optional()
      .describe("By how much a subgroup may be worse than all others; worse by more fails where it is no chance"),
    judge: judgeParam,
    min_n: z.int().min(2).default(20).describe("Patients that a subgroup needs to be judged"),
  })
  .refine(...oneOf("min", "max_gap"));
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "subgroup",
  title: "Subgroups",
  description:
    "No group of patients is left behind: a floor in each, or a limit on how much worse than the others one may be",
  topic: "performance",
  params: Params,
  evaluate(context, params): readonly RuleVerdict[] {
    const name = `subgroup ${params.column} ${params.metric}`;
    const problem = noLabels(name, context, 1);
    if (problem) return [problem];
    const groups = splitLabelled(context.labelled!, params);
    if (groups === undefined)
      return [inconclusive(name, `No prediction with an outcome has a value of "${params.column}".`)];
    const large = groups.filter(({ units }) => patientsIn(units) >= params.min_n);
    const small = groups
      .filter((group) => !large.includes(group))
      .map(({ label, units }) => `${label} (${patientsIn(units)})`);
    const verdicts = large.flatMap((group) => judgeGroup(name, group, context, params));
    if (small.length > 0)
      verdicts.push(inconclusive(`${name}, small`, `Fewer than ${params.min_n} patients: ${small.join(", ")}.`));
    return verdicts;
  },
};

function judgeGroup(
  name: string,
  { label, scored, units, others }: LabelledGroup,
  { bootstrap }: MonitorContext,
  { column, metric: id, min, max_gap: maxGap, judge }: Params,
): RuleVerdict[] {
  const metric = metricOf(id);
  const own = estimate(metric, scored, units, bootstrap);
  const what = `${metric.title} of ${column} ${label}`;
  const verdicts: RuleVerdict[] = [];
  if (min !== undefined) verdicts.push(judgeLimits(`${name} ≥ ${min}, ${label}`, what, own, { min, judge }));
  if (maxGap === undefined) return verdicts;
  const rest = others();
  if (rest.units.length > 0) {
    const found = estimate(metric, rest.scored, rest.units, bootstrap);
    verdicts.push(judgeGap(`${name} gap ≤ ${maxGap}, ${label}`, what, own, found, { metric, maxGap, judge }));
  }
  return verdicts;
}

function judgeGap(
  name: string,
  what: string,
  own: Estimate,
  rest: Estimate,
  { metric, maxGap, judge }: { metric: { greaterIsBetter: boolean }; maxGap: number; judge: Params["judge"] },
): RuleVerdict {
  const gap = dropOf(rest, own, metric.greaterIsBetter);
  if (gap === null) return inconclusive(name, `${what} has no interval to compare with the others.`, own.n);
  const said = `${what} is ${short(own.value)} on ${count(own.n, "patient")}, ${short(rest.value)} for the others: worse by ${short(gap.value)} (${short(gap.low)} to ${short(gap.high)})`;
  return judgeWorse(name, said, { ...gap, n: own.n }, { max: maxGap, judge });
}
