import type { Metric } from "../core/metric.ts";
import { rankedMetrics } from "./_ranked.ts";
import { metrics } from "./index.ts";

/** Of probabilities by class, and of rankings. */
export const allMetrics: readonly Metric[] = [...metrics, ...rankedMetrics];

/** The metrics of what a trial gives: probabilities by class (undefined), or rankings. */
export const metricsOf = (input: Metric["input"]): readonly Metric[] => (input === "ranks" ? rankedMetrics : metrics);
