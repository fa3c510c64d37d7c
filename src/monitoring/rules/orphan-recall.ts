import { z } from "zod";
import type { MonitorRule } from "../../core/monitoring/monitor.ts";
import { estimate, metricOf, patientsIn } from "../../gates/_judge.ts";
import { count, inconclusive, judgeLimits, judgeParam, noLabels } from "./_verdict.ts";

const Params = z.strictObject({
  min: z.number().min(0).max(1).describe("Floor of the mean recall of the orphan diseases that came"),
  judge: judgeParam,
  min_n: z
    .int()
    .min(1)
    .default(10)
    .describe("Patients with an orphan disease needed; with fewer the rule is inconclusive"),
});
type Params = z.infer<typeof Params>;

export const rule: MonitorRule<Params> = {
  id: "orphan-recall",
  title: "Orphan recall",
  description: "A floor on the recall of the orphan (rare) diseases, which overall metrics hide",
  topic: "performance",
  params: Params,
  evaluate(context, { min, judge, min_n: minN }) {
    const name = `orphan-recall ≥ ${min}`;
    const problem = noLabels(name, context, 1);
    if (problem) return [problem];
    const { scored, units } = context.labelled!;
    if (scored.orphans.length === 0)
      return [inconclusive(name, "The model knows no orphan diseases by name (data.orphans).")];
    const rare = new Set(scored.orphans);
    const n = patientsIn(units.filter((_, row) => rare.has(scored.y[row])));
    if (n < minN)
      return [inconclusive(name, `${count(n, "patient")} with an orphan disease; at least ${minN} are needed.`, n)];
    const found = estimate(metricOf("recall_orphan"), scored, units, context.bootstrap, n);
    return [judgeLimits(name, "Recall of orphan diseases", found, { min, judge })];
  },
};
