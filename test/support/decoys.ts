import type { DiseaseKnowledge } from "../../src/ranking/knowledge.ts";
import { createRanker, trainRanker } from "../../src/ranking/learned/ranker.ts";
import type { Ranker, RankingMethod, TrainContext } from "../../src/ranking/method.ts";

/** The same knowledge, in which a dozen other publications are left out besides the one that is asked for. */
export function withDecoys(knowledge: DiseaseKnowledge): DiseaseKnowledge {
  const { references } = knowledge.base.annotations;
  const papers = references.filter((text) => /^PMID:\d+$/.test(text));
  return {
    ...knowledge,
    without(publication) {
      const view = knowledge.without(publication);
      const first = Number(publication?.replace(/\D/g, "") ?? 0) % papers.length;
      const decoys = Array.from({ length: 12 }, (_, i) => papers[(first + i * 97) % papers.length]);
      const pruned = decoys.flatMap((decoy) => [...knowledge.without(decoy).changed]);
      return { ...view, changed: new Map([...pruned, ...view.changed]) };
    },
  };
}

/**
 * A ranker, and the same asked over knowledge with decoys: if what it has learned takes a loss for a mark of the answer, the decoys
 * mislead it. Both are of the same trees, so that chance plays no part.
 */
export async function withAndWithoutDecoys(
  method: RankingMethod,
  context: TrainContext,
): Promise<readonly [plain: Ranker, decoyed: Ranker]> {
  const decoyed = withDecoys(context.knowledge);
  if (method.id !== "orphan")
    return [await method.train(context), await method.train({ ...context, knowledge: decoyed })];
  const ranker = await trainRanker(context);
  return [ranker, createRanker(decoyed, context.solved, context.leavePublicationOut, ranker)];
}
