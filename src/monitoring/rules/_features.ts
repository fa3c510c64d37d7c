import { UserError } from "../../core/errors.ts";
import type { FeatureDrift } from "../../core/monitoring/monitor.ts";

/** @throws UserError naming those that there are when one of the columns is none */
export function chosenFeatures(
  features: readonly FeatureDrift[],
  columns: readonly string[] | undefined,
  rule: string,
): readonly FeatureDrift[] {
  if (columns === undefined) return features;
  const names = features.map(({ feature }) => feature);
  const wrong = columns.find((name) => !names.includes(name));
  if (wrong !== undefined) {
    throw new UserError(`${rule}: the model has no feature "${wrong}"`, {
      fix: `Features: ${names.slice(0, 30).join(", ")}${names.length > 30 ? ", …" : ""}.`,
    });
  }
  return features.filter(({ feature }) => columns.includes(feature));
}
