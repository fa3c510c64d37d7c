import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { estimate, judge, judgeParam, metricOf, minPatients, patientsIn, verdictOf } from "./_judge.ts";

const Params = z.strictObject({
  min: z.number().min(0).max(1).describe("Floor of the mean recall of the orphan diseases that occur in test"),
  judge: judgeParam,
  min_n: minPatients(10).describe("Patients with an orphan disease needed; with fewer the rule is inconclusive"),
});
type Params = z.infer<typeof Params>;

/** Diseases without a test patient that are named. */
const MOST_NAMED = 10;

export const rule: GateRule<Params> = {
  id: "orphan-recall",
  title: "Orphan recall",
  description: "A floor on the recall of the orphan (rare) diseases, which overall metrics hide",
  params: Params,
  evaluate({ candidate: { scored }, units, bootstrap }, { min, judge: by, min_n: minN }) {
    const name = `orphan-recall ≥ ${min}`;
    const { classes, orphans, y } = scored;
    if (orphans.length === 0) {
      const message = "The experiment declares no orphan diseases (data.orphans).";
      return [verdictOf(name, "inconclusive", {}, message, "data")];
    }
    const rare = new Set(orphans);
    const n = patientsIn(units.filter((_, row) => rare.has(y[row])));
    const found = estimate(metricOf("recall_orphan"), scored, units, bootstrap, n);
    const verdict = judge(name, "recall of orphan diseases", found, { min, judge: by, minN });
    const seen = new Set(y);
    const unseen = orphans.filter((c) => !seen.has(c)).map((c) => classes[c]);
    if (unseen.length === 0) return [verdict];
    const rest = unseen.length - MOST_NAMED;
    const named = `${unseen.slice(0, MOST_NAMED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
    return [{ ...verdict, message: `${verdict.message} Without a test patient: ${named}.` }];
  },
};
