import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import type { Metric, Scored } from "../core/metric.ts";
import { topLabels } from "../core/scored.ts";
import { meanOfRows } from "../metrics/_rows.ts";
import { versusChampion } from "./_champion.ts";
import { estimate, judge, judgeParam, minPatients, oneOf } from "./_judge.ts";
import { classCode } from "./_rows.ts";
import { withoutChampion } from "./champion.ts";

const cost = z.number().min(0);

const Params = z
  .strictObject({
    severity: z
      .record(z.string(), cost)
      .default({})
      .describe("Cost of missing a patient with the disease, whatever is said instead; by disease"),
    table: z
      .record(z.string(), z.record(z.string(), cost))
      .default({})
      .describe("Cost by true and predicted disease, {TRUE: {PREDICTED: cost}}; goes before severity"),
    otherwise: cost
      .default(1)
      .describe("Cost of an error that neither names; a right answer costs 0 unless the table names it"),
    decide: z
      .enum(["most-probable", "least-cost"])
      .default("most-probable")
      .describe("What is said to a patient: the most probable disease, or the one of least expected cost (Elkan 2001)"),
    max: cost.optional().describe("Ceiling of the mean cost a patient"),
    margin: cost.optional().describe("No dearer than the champion by more than this, a patient (paired bootstrap)"),
    without_champion: withoutChampion,
    judge: judgeParam,
    min_n: minPatients(30),
  })
  .refine(...oneOf("max", "margin"));
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "cost",
  title: "Severity-weighted cost",
  description: "A ceiling on the mean cost of the answers, where missing a severe disease costs more than a mild one",
  params: Params,
  evaluate(context, params) {
    const { candidate, units, bootstrap } = context;
    const { max, margin, min_n: minN } = params;
    const metric = costMetric(costTable(candidate.scored, params), params.decide);
    const verdicts = [];
    if (max !== undefined) {
      const found = estimate(metric, candidate.scored, units, bootstrap);
      verdicts.push(judge(`cost ≤ ${max}`, "the mean cost a patient", found, { max, judge: params.judge, minN }));
    }
    if (margin !== undefined) {
      const options = { margin, withoutChampion: params.without_champion, minN };
      verdicts.push(versusChampion(`champion cost ≥ −${margin}`, metric, context, options));
    }
    return verdicts;
  },
};

/** [classes × classes] cost by true and predicted class. */
function costTable(scored: Scored, { severity, table, otherwise }: Params): Float64Array {
  const k = scored.classes.length;
  const costs = new Float64Array(k * k).fill(otherwise);
  for (const [name, value] of Object.entries(severity)) {
    const c = classCode(scored, "cost", name);
    costs.fill(value, c * k, (c + 1) * k);
  }
  for (let c = 0; c < k; c++) costs[c * k + c] = 0;
  for (const [truth, row] of Object.entries(table)) {
    const c = classCode(scored, "cost", truth);
    for (const [said, value] of Object.entries(row)) costs[c * k + classCode(scored, "cost", said)] = value;
  }
  return costs;
}

function costMetric(costs: Float64Array, decide: Params["decide"]): Metric {
  return {
    id: "cost",
    title: "Cost",
    description: "Mean cost a patient",
    greaterIsBetter: false,
    range: [0, Number.POSITIVE_INFINITY],
    headline: false,
    bind(scored) {
      const k = scored.classes.length;
      const said = decide === "most-probable" ? topLabels(scored).predicted : cheapest(scored, costs);
      return meanOfRows(Float64Array.from(said, (c, row) => costs[scored.y[row] * k + c]));
    },
  };
}

/** [rows] the class of least expected cost; the lowest code where costs tie. */
function cheapest({ rows, classes, proba }: Scored, costs: Float64Array): Int32Array {
  const k = classes.length;
  const said = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++) {
      let expected = 0;
      for (let t = 0; t < k; t++) expected += proba[row * k + t] * costs[t * k + c];
      if (expected < least) {
        least = expected;
        said[row] = c;
      }
    }
  }
  return said;
}
