import { forestFamily } from "./_forest.ts";

/**
 * Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) as scikit-learn's ExtraTreesClassifier grows them: of the
 * columns looked at, each is tried at one random threshold; all rows in each tree unless `bootstrap`.
 */
export const family = forestFamily({
  id: "extra-trees",
  title: "Extremely randomised trees",
  description: "Trees that split random columns at random thresholds, averaged",
  bootstrap: false,
  threshold: "random",
});
