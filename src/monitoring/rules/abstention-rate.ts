import { z } from "zod";
import type { MonitorRule } from "../../core/monitoring/monitor.ts";
import { wilson } from "../../statistics/wilson.ts";
import { judgeLimits, judgeParam, minNParam, tooFewPredictions } from "./_verdict.ts";

const Params = z.strictObject({
  max: z.number().min(0).max(1).describe("Share of patients that may be referred to a clinician without an answer"),
  judge: judgeParam,
  min_n: minNParam,
});
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "abstention-rate",
  title: "Abstentions",
  description: "The model answers: the share of patients that it refers to a clinician stays low",
  topic: "drift",
  params: Params,
  evaluate({ predictions, abstained, minN }, { max, judge, min_n: own }) {
    const name = `abstention-rate ≤ ${max}`;
    const problem = tooFewPredictions(name, predictions, own ?? minN);
    if (problem) return [problem];
    const found = { value: abstained / predictions, ...wilson(abstained / predictions, predictions), n: predictions };
    return [judgeLimits(name, "the share of abstentions", found, { max, judge })];
  },
};
