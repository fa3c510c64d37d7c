import type { Evidence } from "../../core/serving/serving.ts";

/** The strongest first, without those that say nothing. */
export function byWeight(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence
    .filter(({ weight }) => weight !== 0)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (a.feature < b.feature ? -1 : 1));
}
