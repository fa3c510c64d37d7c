import { isKnown } from "../knowledge.ts";
import type { RankingMethod } from "../method.ts";
import { likelihoodRatios } from "../score.ts";
import { learnCases } from "../solved.ts";

/** Likelihood ratios of annotations and solved cases in one. */
export const method: RankingMethod = {
  id: "orphan-cases",
  title: "Likelihood ratios with solved cases",
  description: "The same over annotations fused with the terms of solved cases, each paper's weighing √n",
  learns: true,

  async train({ knowledge, solved, leavePublicationOut }) {
    const { terms, ids } = knowledge;
    const learned = learnCases(knowledge, solved);
    const { columns, shares } = learned.fused;
    return {
      temperature: 1,
      score({ observed, publication }) {
        const view = leavePublicationOut ? knowledge.without(publication) : knowledge.whole;
        const { fused } = learned.without(view, leavePublicationOut ? publication : undefined);
        const scores = likelihoodRatios(terms, { columns, shares }, view.background, ids.length, observed, fused);
        return scores.map((score, disease) =>
          learned.counts[disease] > 0 || isKnown(knowledge, view, disease) ? score : Number.NEGATIVE_INFINITY,
        );
      },
      dispose() {},
    };
  },
};
