import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import type { Metric, Scored } from "../core/metric.ts";
import { estimate, judge, judgeParam, minPatients, patientsIn, short, verdictOf } from "./_judge.ts";
import { classCode } from "./_rows.ts";

const Params = z.strictObject({
  classes: z.array(z.string()).min(1).describe("The diseases that would be treated, against all others"),
  threshold: z
    .number()
    .gt(0)
    .lt(1)
    .describe(
      "Probability from which one would treat: it says how many needless treatments one found patient is worth",
    ),
  margin: z.number().min(0).default(0).describe("Net benefit that the model has to add to the better default strategy"),
  judge: judgeParam,
  min_n: minPatients(10).describe("Patients with one of the diseases, and patients without, that are needed"),
});
type Params = z.infer<typeof Params>;

/**
 * Net benefit of treating patients whose probability of the diseases is at least the threshold p:
 * TP / n − FP / n · p / (1 − p) (Vickers and Elkin 2006), against the better of treating all and treating none.
 */
export const rule: GateRule<Params> = {
  id: "net-benefit",
  title: "Net benefit",
  description: "Treating by the model's probability does more good than treating all patients and than treating none",
  params: Params,
  evaluate({ candidate: { scored }, units, bootstrap }, params) {
    const { classes, threshold, margin, min_n: minN } = params;
    const name = `net-benefit ${classes.join(" + ")} at ${threshold}`;
    const treated = new Set(classes.map((c) => classCode(scored, "net-benefit", c)));
    const sick = patientsIn(units.filter((_, row) => treated.has(scored.y[row])));
    const well = patientsIn(units.filter((_, row) => !treated.has(scored.y[row])));
    if (Math.min(sick, well) < minN) {
      const message = `There are ${sick} patients with and ${well} without; at least ${minN} of each are needed.`;
      return [verdictOf(name, "inconclusive", { n: sick + well }, message, "patients")];
    }
    const metric = advantageMetric(treated, threshold);
    const found = estimate(metric, scored, units, bootstrap);
    const { model, all } = netBenefits(scored, treated, threshold)();
    const what = `the net benefit beyond treating ${all > 0 ? "all" : "none"}`;
    // No benefit at all is not "better than".
    const verdict = judge(name, what, found, { min: margin, above: true, judge: params.judge, minN });
    const message = `Net benefit ${short(model)} of the model, ${short(all)} of treating all, 0 of none. ${verdict.message}`;
    return [{ ...verdict, message }];
  },
};

interface NetBenefits {
  readonly model: number;
  readonly all: number;
}

function netBenefits(
  scored: Scored,
  treated: ReadonlySet<number>,
  threshold: number,
): (counts?: Uint16Array) => NetBenefits {
  const { rows, classes, y, proba } = scored;
  const k = classes.length;
  const odds = threshold / (1 - threshold);
  const gain = Float64Array.from(y, (c) => (treated.has(c) ? 1 : -odds));
  const positive = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    let p = 0;
    for (const c of treated) p += proba[row * k + c];
    positive[row] = p >= threshold ? 1 : 0;
  }
  return (counts) => {
    let [model, all, total] = [0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const w = counts === undefined ? 1 : counts[row];
      model += w * gain[row] * positive[row];
      all += w * gain[row];
      total += w;
    }
    return { model: model / total, all: all / total };
  };
}

function advantageMetric(treated: ReadonlySet<number>, threshold: number): Metric {
  return {
    id: "net_benefit_advantage",
    title: "Net benefit beyond the default",
    description: "Net benefit minus that of the better of treating all and treating none",
    greaterIsBetter: true,
    range: [Number.NEGATIVE_INFINITY, 1],
    headline: false,
    bind(scored) {
      const bound = netBenefits(scored, treated, threshold);
      return (counts) => {
        const { model, all } = bound(counts);
        return model - Math.max(all, 0);
      };
    },
  };
}
