import { z } from "zod";
import type { MonitorRule } from "../../core/monitoring/monitor.ts";
import { estimate, metricOf } from "../../gates/_judge.ts";
import { judgeLimits, judgeParam, minNParam, noLabels } from "./_verdict.ts";

const Params = z.strictObject({
  ece_max: z.number().gt(0).max(1).describe("Ceiling of the expected calibration error"),
  judge: judgeParam,
  min_n: minNParam,
});
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "calibration",
  title: "Calibration",
  description: "The probabilities still mean what they say, for the patients whose outcome is known",
  topic: "performance",
  params: Params,
  evaluate(context, { ece_max: max, judge, min_n: minN }) {
    const name = `calibration ece ≤ ${max}`;
    const problem = noLabels(name, context, minN);
    if (problem) return [problem];
    const { scored, units } = context.labelled!;
    const metric = metricOf(scored.ranks === undefined ? "ece" : "first_ece");
    return [judgeLimits(name, metric.title, estimate(metric, scored, units, context.bootstrap), { max, judge })];
  },
};
