import type { Metric } from "../core/metric.ts";
import { meanOfRows, squaredErrors } from "./_rows.ts";

const EPSILON = 2 ** -52;

/** Metrics that are means of a loss of each row's probabilities. */
export const metrics: readonly Metric[] = [
  {
    id: "mse",
    title: "MSE",
    description:
      "Mean squared error of the probabilities against one-hot, over patients and diseases (mean_squared_error): the multi-class Brier score divided by the number of classes.",
    greaterIsBetter: false,
    range: [0, 1],
    headline: true,
    bind(scored) {
      const k = scored.classes.length;
      return meanOfRows(squaredErrors(scored).map((sum) => sum / k));
    },
  },
  {
    id: "brier",
    title: "Brier score",
    description:
      "Squared error of the probabilities summed over the diseases, mean over the patients; halved for two classes (brier_score_loss).",
    greaterIsBetter: false,
    range: [0, 2],
    headline: false,
    bind(scored) {
      const scale = scored.classes.length === 2 ? 2 : 1;
      return meanOfRows(squaredErrors(scored).map((sum) => sum / scale));
    },
  },
  {
    id: "log_loss",
    title: "Log loss",
    description:
      "Mean of −ln of the probability of the true disease, which counts as at least 2.2e-16 (so at most 36.04).",
    greaterIsBetter: false,
    range: [0, -Math.log(EPSILON)],
    headline: true,
    bind({ rows, classes, y, proba }) {
      const values = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        const p = proba[i * classes.length + y[i]];
        values[i] = -Math.log(Math.min(1, Math.max(EPSILON, p)));
      }
      return meanOfRows(values);
    },
  },
];
