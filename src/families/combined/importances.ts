/** What each column is worth: its share in telling common diseases apart, and the spread of what its term says of orphan ones. */
import type { FittedModel, Importances } from "../../core/family.ts";
import type { State } from "./state.ts";

/**
 * @param common the model of the common classes, over `state.commonColumns`
 * @param orphans share of the training patients with an orphan disease
 * @returns values that sum to 1
 */
export function importancesOf(state: State, common: FittedModel | undefined, orphans: number): Importances {
  const values = new Float64Array(state.columns.length);
  const add = (own: Float64Array, weight: number): void => {
    const total = own.reduce((a, b) => a + b, 0);
    for (const [j, value] of own.entries()) if (total > 0) values[j] += (weight * value) / total;
  };
  const table = new Float64Array(values.length);
  common?.importances?.values.forEach((value, i) => {
    table[state.commonColumns[i]] = value;
  });
  const k = state.orphans.length;
  add(table, k === 0 ? 1 : 1 - orphans);
  const spreadOf = (slot: number): number =>
    slot < 0 || k === 0 ? 0 : deviation(state.ratios.subarray(slot * k, slot * k + k));
  add(Float64Array.from(state.slotOf, spreadOf), orphans);
  return { kind: "share of what tells diseases apart", values };
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
