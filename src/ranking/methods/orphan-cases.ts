import { z } from "zod";
import type { RankingMethod } from "../method.ts";
import { CASES_MIX, createScratch, likelihoodRatios, MIX, type Mix } from "../score.ts";
import { isDescribed, learnCases, type MixedRow, type MixedRows } from "../solved.ts";

const Params = z.strictObject({
  cases_weight: z
    .number()
    .min(0)
    .default(0.5) // 0, 0.5 and 1 gave 21.9, 29.3 and 28.4 % at rank 1 in setting (b).
    .describe("Weight of the score by solved cases alone beside that of annotations and cases fused"),
  temperature: z
    .number()
    .gt(0)
    .default(3) // Of 1 to 8 the one with the least log loss in setting (b) of the open cases.
    .describe("Scores are divided by it before the softmax that makes them probabilities"),
});

/** Likelihood ratios of annotations and solved cases in one. */
export const method: RankingMethod = {
  id: "orphan-cases",
  title: "Likelihood ratios with solved cases",
  description: "The same over annotations fused with the terms of solved cases, each paper's weighing √n",
  params: Params,
  learns: true,

  async train({ knowledge, solved, leavePublicationOut, params }) {
    const { cases_weight: weight, temperature } = Params.parse(params ?? {});
    const { terms, ids } = knowledge;
    const learned = learnCases(knowledge, solved);
    const scratch = createScratch(ids.length);
    return {
      temperature,
      score({ observed, publication }) {
        const view = leavePublicationOut ? knowledge.without(publication) : knowledge.whole;
        // Whatever the setting, a case is never explained by its own paper's cases.
        const changes = learned.without(view, publication);
        const ratios = (of: MixedRows, changed: ReadonlyMap<number, MixedRow>, mix: Mix): Float64Array =>
          likelihoodRatios(terms, of, view.background, ids.length, observed, changed, mix, scratch);
        const own = ratios(learned.cases, changes.cases, CASES_MIX);
        const scores = ratios(learned.fused, changes.fused, MIX);
        for (const disease of ids.keys())
          scores[disease] = isDescribed(learned, changes, disease)
            ? scores[disease] + weight * own[disease]
            : Number.NEGATIVE_INFINITY;
        return scores;
      },
      dispose() {},
    };
  },
};
