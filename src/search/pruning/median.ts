import type { Pruner } from "../../core/search.ts";

/** Trials that must have finished before any is stopped, as in Optuna's MedianPruner. */
const STARTUP = 5;

/** The median stopping rule: Golovin et al. 2017, "Google Vizier", on the loss at the same round as Optuna does, not on running averages. */
export const pruner: Pruner = {
  id: "median",
  title: "Median stopping rule",
  description:
    "Every min_rounds rounds a trial whose best loss is worse than the median of the finished trials is stopped",
  rung: (index, { minRounds }) => minRounds * (index + 1),
  verdict({ loss, best, others }) {
    if (Number.isNaN(loss)) return "its loss is not a number";
    const finished = others.filter((other) => other.finished).map((other) => other.loss);
    if (finished.length < STARTUP) return undefined;
    const sorted = finished.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    return best > median ? `worse than the median of ${finished.length} finished trials there` : undefined;
  },
};
