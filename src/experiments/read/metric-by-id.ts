import { UserError } from "../../core/errors.ts";
import type { Metric } from "../../core/metric.ts";
import { allMetrics } from "../../metrics/_all.ts";
import { suggestion } from "../located.ts";

/** @throws UserError naming the nearest metric */
export function metricById(id: string, where?: string): Metric {
  const metric = allMetrics.find((m) => m.id === id);
  if (metric) return metric;
  throw new UserError(`unknown metric "${id}"`, {
    where,
    fix: suggestion(
      id,
      allMetrics.map((m) => m.id),
    ),
  });
}
