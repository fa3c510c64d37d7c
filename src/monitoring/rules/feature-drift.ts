import { z } from "zod";
import type { RuleVerdict } from "../../core/gate.ts";
import type { FeatureDrift, MonitorRule } from "../../core/monitoring/monitor.ts";
import { short, verdictOf } from "../../gates/_judge.ts";
import { chosenFeatures } from "./_features.ts";
import { alphaParam, columnsParam, inconclusive, minNParam, namesOf, noDrift, percent } from "./_verdict.ts";

const Params = z.strictObject({
  statistic: z
    .enum(["psi", "ks"])
    .default("psi")
    .describe(
      "psi: population stability index without what sampling gives; ks: distance of the distributions (numbers only)",
    ),
  max: z.number().gt(0).default(0.2).describe("A change counts where the statistic is greater"),
  share_of_features: z.number().min(0).lt(1).default(0).describe("Share of the features that may have changed"),
  columns: columnsParam,
  alpha: alphaParam,
  min_n: minNParam,
});
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "feature-drift",
  title: "Feature drift",
  description: "Patients look like those of training: features whose change is both certain and great are few",
  topic: "drift",
  params: Params,
  evaluate(context, params): readonly RuleVerdict[] {
    const { statistic, max, share_of_features: most, alpha } = params;
    const name = `feature-drift ${statistic} ≤ ${max}`;
    const problem = noDrift(name, context, params.min_n);
    if (problem) return [problem];
    const features = chosenFeatures(context.drift!.features, params.columns, "feature-drift");
    const judged = features.filter((f) => f[statistic] !== null && f.adjusted !== null);
    if (judged.length === 0) return [inconclusive(name, `No feature has a ${statistic}.`, context.predictions)];
    const size = (f: FeatureDrift): number => f[statistic]!;
    const drifted = judged.filter((f) => f.adjusted! < alpha && size(f) > max).sort((a, b) => size(b) - size(a));
    const share = drifted.length / judged.length;
    const shown = drifted.map((f) => `${f.feature} (${short(size(f))})`);
    const said = drifted.length === 0 ? "" : `: ${namesOf(shown)}`;
    return [
      verdictOf(
        name,
        share > most ? "fail" : "pass",
        { value: share, n: context.predictions },
        `${drifted.length} of ${judged.length} features have changed (allowed: ${percent(most)})${said}.`,
      ),
    ];
  },
};
