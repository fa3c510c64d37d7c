import { isKnown } from "../knowledge.ts";
import type { RankingMethod } from "../method.ts";
import { likelihoodRatios } from "../score.ts";

/** Likelihood ratios of the annotations: nothing is learned. */
export const method: RankingMethod = {
  id: "orphan-lr",
  title: "Likelihood ratios",
  description: "How much more frequent the case's terms are in a disease than in all, by annotations; no training",
  learns: false,

  async train({ knowledge, leavePublicationOut }) {
    const { terms, columns, ids } = knowledge;
    return {
      // Of 1 to 8 the one with the least log loss in setting (b) of the open cases.
      temperature: 4,
      score({ observed, publication }) {
        const view = leavePublicationOut ? knowledge.without(publication) : knowledge.whole;
        const scores = likelihoodRatios(terms, { columns }, view.background, ids.length, observed, view.changed);
        return scores.map((score, disease) => (isKnown(knowledge, view, disease) ? score : Number.NEGATIVE_INFINITY));
      },
      dispose() {},
    };
  },
};
