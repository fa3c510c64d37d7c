import type { Metric, Scored } from "../core/metric.ts";
import { type Ranking, type RankingSums, rankings, sumRanking } from "./_ranking.ts";

const range = [0, 1] as const;

/** Mean of a value over the given classes that occur in the sample. `total` is its rows. */
function macro(
  scored: Scored,
  classes: readonly Ranking[],
  value: (sums: RankingSums, total: number) => number,
): (counts?: Uint16Array) => number {
  const once = new Uint16Array(scored.rows).fill(1);
  return (counts = once) => {
    const total = counts.reduce((sum, w) => sum + w, 0);
    let sum = 0;
    let n = 0;
    for (const ranking of classes) {
      const sums = sumRanking(ranking, counts);
      if (sums.own === 0) continue;
      sum += value(sums, total);
      n++;
    }
    return sum / n;
  };
}

/** Metrics of how the probabilities order the patients of each class against the rest. */
export const metrics: readonly Metric[] = [
  {
    id: "roc_auc_ovr",
    title: "ROC AUC",
    description:
      "Area under the ROC curve, one disease against the rest, mean over the diseases that occur; for two classes that of the second (roc_auc_score). Not defined when only one class occurs.",
    greaterIsBetter: true,
    range,
    headline: true,
    bind(scored) {
      const all = rankings(scored);
      const binary = scored.classes.length === 2;
      const classes = [...all].filter(([c]) => !binary || c === 1).map(([, ranking]) => ranking);
      return macro(scored, classes, ({ own, inversions }, total) =>
        own === total ? Number.NaN : 1 - inversions / (own * (total - own)),
      );
    },
  },
  {
    id: "pr_auc_macro",
    title: "PR AUC",
    description:
      "Average precision, one disease against the rest, mean over the diseases that occur (average_precision_score of one-hot classes).",
    greaterIsBetter: true,
    range,
    headline: false,
    bind(scored) {
      return macro(scored, [...rankings(scored).values()], ({ own, precisions }) => precisions / own);
    },
  },
];
