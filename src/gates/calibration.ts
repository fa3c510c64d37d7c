import { z } from "zod";
import type { GateRule, RuleVerdict } from "../core/gate.ts";
import { estimate, judge, judgeParam, metricOf, minPatients, oneOf, patientsIn, verdictOf } from "./_judge.ts";
import { calibrationSlope } from "./_slope.ts";

const Params = z
  .strictObject({
    ece_max: z.number().gt(0).max(1).optional().describe("Ceiling of the expected calibration error"),
    slope: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, "the lower end comes first")
      .optional()
      .describe("Range of the calibration slope, e.g. [0.8, 1.25]; 1 is right, below 1 too sure, above 1 too timid"),
    judge: judgeParam,
    min_n: minPatients(100),
  })
  .refine(...oneOf("ece_max", "slope"));
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "calibration",
  title: "Calibration",
  description: "The probabilities mean what they say: expected calibration error and calibration slope",
  params: Params,
  evaluate({ candidate: { scored }, units, bootstrap }, { ece_max, slope, judge: by, min_n: minN }) {
    const verdicts: RuleVerdict[] = [];
    if (ece_max !== undefined) {
      const found = estimate(metricOf("ece"), scored, units, bootstrap);
      verdicts.push(judge(`calibration ece ≤ ${ece_max}`, "ece", found, { max: ece_max, judge: by, minN }));
    }
    if (slope !== undefined) {
      const [min, max] = slope;
      const name = `calibration slope ${min} … ${max}`;
      const n = patientsIn(units);
      const fitted = calibrationSlope(scored, units);
      if (fitted === undefined) {
        const message = `These ${n} patients give no finite calibration slope: the predictions separate the diseases, or a single one occurs.`;
        verdicts.push(verdictOf(name, "inconclusive", { n }, message, "patients"));
      } else {
        const half = normalQuantile((1 + bootstrap.level) / 2) * fitted.se;
        const found = { value: fitted.value, low: fitted.value - half, high: fitted.value + half, n };
        verdicts.push(judge(name, "the calibration slope", found, { min, max, judge: by, minN }));
      }
    }
    return verdicts;
  },
};

/** Quantile of the standard normal for p in (0.5, 1), by bisection on its distribution (erfc by Numerical Recipes, 1.2e-7). */
function normalQuantile(p: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (1 - upperTail(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function upperTail(x: number): number {
  const z = x / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  return 0.5 * t * Math.exp(-z * z + terms.reduceRight((sum, a) => a + t * sum, 0));
}
