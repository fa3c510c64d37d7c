import { createRng } from "../../core/rng.ts";

/**
 * Fold of each row: units stay whole, and the units of each class are dealt out evenly.
 * @param y [rows] class codes
 * @param units [rows] patient of each row; a patient counts for the class of the first row
 * @param folds at most the number of units
 */
export function stratifiedFolds(y: Int32Array, units: Int32Array, folds: number, seed: number): Int32Array {
  const classOf = new Map<number, number>();
  units.forEach((unit, row) => {
    if (!classOf.has(unit)) classOf.set(unit, y[row]!);
  });
  const order = createRng(seed)
    .shuffle([...classOf.keys()])
    .sort((a, b) => classOf.get(a)! - classOf.get(b)!);
  const foldOf = new Map(order.map((unit, i) => [unit, i % folds]));
  return units.map((unit) => foldOf.get(unit)!);
}
