import { z } from "zod";
import type { RuleVerdict } from "../../core/gate.ts";
import type { MonitorContext, MonitorRule } from "../../core/monitoring/monitor.ts";
import { metricOf, metricParam, oneOf, short } from "../../gates/_judge.ts";
import { figureOf } from "../performance.ts";
import { count, inconclusive, judgeLimits, judgeParam, judgeWorse, minNParam, noLabels, percent } from "./_verdict.ts";

const Params = z
  .strictObject({
    metric: metricParam,
    min: z.number().optional().describe("Floor"),
    max: z.number().optional().describe("Ceiling, of a metric that is better when smaller"),
    max_drop: z
      .number()
      .min(0)
      .optional()
      .describe("By how much it may be worse than on validation; worse by more fails where it is no chance"),
    min_coverage: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("Share of the predictions whose outcome must be known: the first ones to come back are seldom typical"),
    judge: judgeParam,
    min_n: minNParam,
  })
  .refine(...oneOf("min", "max", "max_drop"));
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "performance",
  title: "Performance",
  description:
    "A metric of the patients whose outcome is known: a floor, or how much worse than on validation it may be",
  topic: "performance",
  params: Params,
  evaluate(context, params): readonly RuleVerdict[] {
    const { metric, min, max, max_drop: maxDrop, judge, min_coverage: coverage } = params;
    const name = `performance ${metric}`;
    const problem = noLabels(name, context, params.min_n) ?? tooPartial(name, context, coverage);
    if (problem) return [problem];
    const { labelled, profile, bootstrap } = context;
    const figure = figureOf(metric, labelled!, profile, bootstrap);
    const orNaN = (x: number | null): number => x ?? Number.NaN;
    const found = { value: orNaN(figure.value), low: orNaN(figure.low), high: orNaN(figure.high), n: figure.n };
    const verdicts: RuleVerdict[] = [];
    if (min !== undefined || max !== undefined) {
      const bounds = [min === undefined ? "" : ` ≥ ${min}`, max === undefined ? "" : ` ≤ ${max}`].join("");
      verdicts.push(judgeLimits(`${name}${bounds}`, metricOf(metric).title, found, { min, max, judge }));
    }
    if (maxDrop !== undefined) verdicts.push(judgeDrop(`${name} drop ≤ ${maxDrop}`, figure, maxDrop, judge));
    return verdicts;
  },
};

function tooPartial(name: string, { labelled, predictions }: MonitorContext, least: number): RuleVerdict | undefined {
  const known = labelled!.units.length + labelled!.outside;
  if (known >= least * predictions) return undefined;
  const message = `Outcomes are known of ${percent(known / predictions)} of the predictions; at least ${percent(least)} are needed.`;
  return inconclusive(name, message, labelled!.units.length);
}

function judgeDrop(
  name: string,
  { title, validation, drop, value, n }: ReturnType<typeof figureOf>,
  max: number,
  judge: Params["judge"],
): RuleVerdict {
  if (validation === null)
    return inconclusive(name, `${title} was not defined on validation, so that nothing can be compared.`, n);
  if (value === null || drop === null)
    return inconclusive(
      name,
      `${title} has no interval here or on validation, so that chance cannot be told from a drop.`,
      n,
    );
  const said = `${title} is ${short(value)} on ${count(n, "patient")}, ${short(validation.value)} on validation: worse by ${short(drop.value)} (${short(drop.low)} to ${short(drop.high)})`;
  return judgeWorse(name, said, { ...drop, n }, { max, judge });
}
