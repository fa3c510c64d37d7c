import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { boundsText, estimate, judge, judgeParam, metricOf, metricParam, minPatients, oneOf } from "./_judge.ts";

const Params = z
  .strictObject({
    name: metricParam,
    min: z.number().optional().describe("Floor"),
    max: z.number().optional().describe("Ceiling"),
    judge: judgeParam,
    min_n: minPatients(30),
  })
  .refine(...oneOf("min", "max"));
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "metric",
  title: "Metric",
  description: "A floor or a ceiling on a metric of the test patients",
  params: Params,
  rankings: true,
  evaluate({ candidate, units, bootstrap }, params) {
    const { name, min_n: minN } = params;
    const found = estimate(metricOf(name), candidate.scored, units, bootstrap);
    return [judge(`metric ${name} ${boundsText(params)}`, name, found, { ...params, minN })];
  },
};
