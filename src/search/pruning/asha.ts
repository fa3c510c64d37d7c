import type { Pruner } from "../../core/search.ts";

/**
 * Asynchronous successive halving in its stopping form: Li et al. 2018, "A system for massively parallel hyperparameter tuning". A trial goes on
 * past a rung when it is among the best 1/reduction of all that have come there so far; of fewer than `reduction` trials only the best does,
 * as in Optuna's SuccessiveHalvingPruner.
 */
export const pruner: Pruner = {
  id: "asha",
  title: "Asynchronous successive halving",
  description: "At min_rounds, × reduction, × reduction²… rounds only the best one in `reduction` goes on",
  rung: (index, { minRounds, reduction }) => minRounds * reduction ** index,
  verdict({ loss, others }, { reduction }) {
    if (Number.isNaN(loss)) return "its loss is not a number";
    const places = Math.max(1, Math.floor((others.length + 1) / reduction));
    const better = others.filter((other) => other.loss < loss).length;
    return better < places ? undefined : `worse than ${better} of the ${others.length} others there`;
  },
};
