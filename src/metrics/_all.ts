import type { Metric, Scored } from "../core/metric.ts";
import { rankedMetrics } from "./_ranked.ts";
import { metrics } from "./index.ts";

/** Of probabilities by class, and of rankings; not defined on what they are not of. */
export const allMetrics: readonly Metric[] = [
  ...metrics.map((metric) => ({
    ...metric,
    bind: (scored: Scored) => (scored.ranks === undefined ? metric.bind(scored) : () => Number.NaN),
  })),
  ...rankedMetrics,
];

/** The metrics of what a trial gives: probabilities by class (undefined), or rankings. */
export const metricsOf = (input: Metric["input"]): readonly Metric[] => (input === "ranks" ? rankedMetrics : metrics);
