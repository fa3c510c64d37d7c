import { z } from "zod";
import { isKnown } from "../knowledge.ts";
import type { RankingMethod } from "../method.ts";
import { createScratch, likelihoodRatios, MIX } from "../score.ts";

const Params = z.strictObject({
  temperature: z
    .number()
    .gt(0)
    .default(4) // Of 1 to 8 the one with the least log loss in setting (b) of the open cases.
    .describe("Scores are divided by it before the softmax that makes them probabilities"),
});

/** Likelihood ratios of the annotations: nothing is learned. */
export const method: RankingMethod = {
  id: "orphan-lr",
  title: "Likelihood ratios",
  description: "How much more frequent the case's terms are in a disease than in all, by annotations; no training",
  params: Params,
  learns: false,

  async train({ knowledge, leavePublicationOut, params }) {
    const { terms, columns, ids } = knowledge;
    const scratch = createScratch(ids.length);
    return {
      temperature: Params.parse(params ?? {}).temperature,
      score({ observed, publication }) {
        const view = leavePublicationOut ? knowledge.without(publication) : knowledge.whole;
        const { background, changed } = view;
        const scores = likelihoodRatios(terms, { columns }, background, ids.length, observed, changed, MIX, scratch);
        for (const disease of ids.keys())
          if (!isKnown(knowledge, view, disease)) scores[disease] = Number.NEGATIVE_INFINITY;
        return scores;
      },
      dispose() {},
    };
  },
};
