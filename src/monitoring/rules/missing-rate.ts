import { z } from "zod";
import type { RuleVerdict } from "../../core/gate.ts";
import type { FeatureDrift, MonitorRule } from "../../core/monitoring/monitor.ts";
import { verdictOf } from "../../gates/_judge.ts";
import { chosenFeatures } from "./_features.ts";
import { alphaParam, columnsParam, inconclusive, minNParam, namesOf, noDrift, percent } from "./_verdict.ts";

const Params = z.strictObject({
  max_increase: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe("By how much the share of patients without a value may grow, e.g. 0.1 from 5 to 15 %"),
  columns: columnsParam,
  alpha: alphaParam,
  min_n: minNParam,
});
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "missing-rate",
  title: "Missing values",
  description: "Values are not missing more often than in training: a lab that no longer reports, a renamed column",
  topic: "data",
  params: Params,
  evaluate(context, { max_increase: max, columns, alpha, min_n: minN }): readonly RuleVerdict[] {
    const name = `missing-rate increase ≤ ${max}`;
    const problem = noDrift(name, context, minN);
    if (problem) return [problem];
    const features = chosenFeatures(context.drift!.features, columns, "missing-rate");
    const judged = features.filter(({ missing }) => missing.adjusted !== null);
    if (judged.length === 0) return [inconclusive(name, "No feature can be compared.", context.predictions)];
    const rise = ({ missing }: FeatureDrift): number => missing.current - missing.reference;
    const worse = judged.filter((f) => rise(f) > max && f.missing.adjusted! < alpha).sort((a, b) => rise(b) - rise(a));
    const shown = worse.map(
      ({ feature, missing }) => `${feature} (${percent(missing.reference)} before, ${percent(missing.current)} now)`,
    );
    const greatest = judged.reduce((most, f) => Math.max(most, rise(f)), 0);
    return [
      verdictOf(
        name,
        worse.length > 0 ? "fail" : "pass",
        { value: greatest, n: context.predictions },
        worse.length > 0
          ? `Values are missing more often: ${namesOf(shown)}.`
          : `No feature is missing more often by ${percent(max)}.`,
      ),
    ];
  },
};
