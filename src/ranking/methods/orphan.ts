import { BoosterParams } from "../learned/booster.ts";
import { type LearnedRanker, trainRanker } from "../learned/ranker.ts";
import { saveRanker } from "../learned/saved.ts";
import type { RankingMethod } from "../method.ts";

/** The learned ranker. */
export const method: RankingMethod = {
  id: "orphan",
  title: "Learned ranker",
  description:
    "LightGBM's lambdarank over what annotations and solved cases say of some hundred candidates; needs LightGBM",
  params: BoosterParams,
  learns: true,
  train: trainRanker,
  save: (settings, ranker) => saveRanker(settings, ranker as LearnedRanker),
};
