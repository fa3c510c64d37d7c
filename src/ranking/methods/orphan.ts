import { trainRanker } from "../learned/ranker.ts";
import type { RankingMethod } from "../method.ts";

/** The learned ranker. */
export const method: RankingMethod = {
  id: "orphan",
  title: "Learned ranker",
  description:
    "LightGBM's lambdarank over what annotations and solved cases say of some hundred candidates; needs LightGBM",
  learns: true,
  train: trainRanker,
};
