import type { Metric } from "../core/metric.ts";
import { f1, macro, precision, recall, tallyMetric, weighted } from "./_tally.ts";

const range = [0, 1] as const;

/**
 * Metrics of the predicted classes (the most probable one of each row), defined as in sklearn.metrics with
 * zero_division=0. Macro means go over the classes that occur in the truth or in the predictions of the sample.
 */
export const metrics: readonly Metric[] = [
  tallyMetric(
    {
      id: "accuracy",
      title: "Accuracy",
      description: "Share of the patients whose most probable disease is the true one.",
      range,
      headline: true,
      share: true,
    },
    (t) => t.hits.reduce((sum, hits) => sum + hits, 0) / t.total,
  ),
  tallyMetric(
    {
      id: "balanced_accuracy",
      title: "Balanced accuracy",
      description: "Mean of the recalls of the diseases that occur; a disease only predicted does not count.",
      range,
      headline: true,
    },
    (t) => {
      let sum = 0;
      let classes = 0;
      for (let c = 0; c < t.support.length; c++) {
        if (t.support[c] === 0) continue;
        sum += recall(t, c);
        classes++;
      }
      return sum / classes;
    },
  ),
  tallyMetric(
    {
      id: "f1_macro",
      title: "Macro F1",
      description: "Mean over the diseases of the harmonic mean of precision and recall: each disease weighs the same.",
      range,
      headline: true,
    },
    (t) => macro(t, f1),
  ),
  tallyMetric(
    {
      id: "f1_weighted",
      title: "Weighted F1",
      description: "Mean F1 over the diseases, weighted by their patients.",
      range,
      headline: false,
    },
    (t) => weighted(t, f1),
  ),
  tallyMetric(
    {
      id: "precision_macro",
      title: "Macro precision",
      description: "Mean over the diseases of the share of the patients given the disease who have it.",
      range,
      headline: false,
    },
    (t) => macro(t, precision),
  ),
  tallyMetric(
    {
      id: "precision_weighted",
      title: "Weighted precision",
      description: "Mean precision over the diseases, weighted by their patients.",
      range,
      headline: false,
    },
    (t) => weighted(t, precision),
  ),
  tallyMetric(
    {
      id: "recall_macro",
      title: "Macro recall",
      description: "Mean over the diseases of the share of its patients that are found.",
      range,
      headline: true,
    },
    (t) => macro(t, recall),
  ),
  tallyMetric(
    {
      id: "recall_weighted",
      title: "Weighted recall",
      description: "Mean recall over the diseases, weighted by their patients; equals the accuracy.",
      range,
      headline: false,
      share: true,
    },
    (t) => weighted(t, recall),
  ),
  tallyMetric(
    {
      id: "recall_orphan",
      title: "Orphan recall",
      description: "Mean recall of the orphan (rare) diseases that occur; not defined when none does.",
      range,
      headline: true,
      share: true,
    },
    (t, scored) => {
      const occurring = scored.orphans.filter((c) => t.support[c] > 0);
      return occurring.reduce((sum, c) => sum + recall(t, c), 0) / occurring.length;
    },
  ),
  tallyMetric(
    {
      id: "mcc",
      title: "Matthews correlation",
      description: "Correlation of true and predicted diseases (Gorodkin's R_K); 0 for chance or a single class.",
      range: [-1, 1],
      headline: false,
    },
    (t) => {
      let hits = 0;
      let both = 0;
      let truth = 0;
      let predicted = 0;
      for (let c = 0; c < t.support.length; c++) {
        hits += t.hits[c];
        both += t.support[c] * t.predicted[c];
        truth += t.support[c] ** 2;
        predicted += t.predicted[c] ** 2;
      }
      const square = t.total ** 2;
      const scale = Math.sqrt((square - truth) * (square - predicted));
      return scale === 0 ? 0 : (hits * t.total - both) / scale;
    },
  ),
  tallyMetric(
    {
      id: "cohen_kappa",
      title: "Cohen's kappa",
      description: "Agreement beyond chance; not defined when truth and predictions are one and the same class.",
      range: [-1, 1],
      headline: false,
    },
    (t) => {
      let hits = 0;
      let chance = 0;
      for (let c = 0; c < t.support.length; c++) {
        hits += t.hits[c];
        chance += t.support[c] * t.predicted[c];
      }
      const square = t.total ** 2;
      return square === chance ? Number.NaN : 1 - (square - hits * t.total) / (square - chance);
    },
  ),
];
