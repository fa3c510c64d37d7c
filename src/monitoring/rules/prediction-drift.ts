import { z } from "zod";
import type { RuleVerdict } from "../../core/gate.ts";
import type { MonitorRule } from "../../core/monitoring/monitor.ts";
import { short, verdictOf } from "../../gates/_judge.ts";
import { greatestChange } from "../drift.ts";
import { alphaParam, minNParam, noDrift, percent } from "./_verdict.ts";

const Params = z.strictObject({
  max: z
    .number()
    .gt(0)
    .default(0.2)
    .describe("A change counts where the population stability index, without what sampling gives, is greater"),
  alpha: alphaParam,
  min_n: minNParam,
});
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "prediction-drift",
  title: "Prediction drift",
  description: "The model gives the diseases, and its probabilities, as often as it did on validation",
  topic: "drift",
  params: Params,
  evaluate(context, { max, alpha, min_n: minN }): readonly RuleVerdict[] {
    const name = `prediction-drift psi ≤ ${max}`;
    const problem = noDrift(name, context, minN);
    if (problem) return [problem];
    const { predicted, confidence } = context.drift!.answers;
    const parts = predicted === null ? [confidence] : [predicted, confidence];
    return parts.map((part) => {
      const own = `${name}, ${part.feature}`;
      const found = { value: part.psi ?? Number.NaN, n: context.predictions };
      if (part.psi === null || part.adjusted === null)
        return verdictOf(own, "inconclusive", found, `The ${part.feature} cannot be compared.`, "data");
      const top = greatestChange(part.changes);
      const most = top ? `; most: ${top.label}, ${percent(top.reference)} before, ${percent(top.current)} now` : "";
      const said = `The ${part.feature} has a PSI of ${short(part.psi)} (p ${short(part.adjusted)})${most}.`;
      return verdictOf(own, part.psi > max && part.adjusted < alpha ? "fail" : "pass", found, said);
    });
  },
};
