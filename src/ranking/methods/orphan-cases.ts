import type { RankingMethod } from "../method.ts";
import { CASES_MIX, createScratch, likelihoodRatios, MIX, type Mix } from "../score.ts";
import { isDescribed, learnCases, type MixedRow, type MixedRows } from "../solved.ts";

/** Weight of the score by solved cases alone; 0, 0.5 and 1 gave 21.9, 29.3 and 28.4 % at rank 1 in setting (b). */
const CASES_WEIGHT = 0.5;

/** Likelihood ratios of annotations and solved cases in one. */
export const method: RankingMethod = {
  id: "orphan-cases",
  title: "Likelihood ratios with solved cases",
  description: "The same over annotations fused with the terms of solved cases, each paper's weighing √n",
  learns: true,

  async train({ knowledge, solved, leavePublicationOut }) {
    const { terms, ids } = knowledge;
    const learned = learnCases(knowledge, solved);
    const scratch = createScratch(ids.length);
    return {
      // Of 1 to 8 the one with the least log loss in setting (b) of the open cases.
      temperature: 3,
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
            ? scores[disease] + CASES_WEIGHT * own[disease]
            : Number.NEGATIVE_INFINITY;
        return scores;
      },
      dispose() {},
    };
  },
};
