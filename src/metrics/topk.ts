import type { Metric } from "../core/metric.ts";
import { topLabels } from "../core/scored.ts";
import { meanOfRows } from "./_rows.ts";

const K = 3;

export const metrics: readonly Metric[] = [
  {
    id: "top3_accuracy",
    title: "Top-3 accuracy",
    description:
      "Share of the patients whose disease is among the three most probable (top_k_accuracy_score); not defined for three classes or fewer. Where probabilities tie, the later class ranks first.",
    greaterIsBetter: true,
    range: [0, 1],
    headline: false,
    share: true,
    bind(scored) {
      topLabels(scored); // refuses NaN
      const { rows, classes, y, proba } = scored;
      const k = classes.length;
      if (k <= K) return () => Number.NaN;
      const found = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        const own = proba[i * k + y[i]];
        let ahead = 0;
        for (let c = 0; c < k; c++) {
          const p = proba[i * k + c];
          if (p > own || (p === own && c > y[i])) ahead++;
        }
        found[i] = ahead < K ? 1 : 0;
      }
      return meanOfRows(found);
    },
  },
];
