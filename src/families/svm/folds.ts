import { createRng } from "../../core/rng.ts";

/**
 * [rows] fold of each row, 0 … folds − 1: the rows of each class are spread evenly, in an order drawn by the seed.
 * @param y [rows] class codes
 */
export function stratifiedFolds(y: Int32Array, classes: number, folds: number, seed: number): Uint8Array {
  const rng = createRng(seed);
  const next = Uint8Array.from({ length: classes }, () => rng.int(folds));
  const fold = new Uint8Array(y.length);
  for (const row of rng.shuffle(Int32Array.from(y.keys()))) {
    const k = y[row]!;
    fold[row] = next[k]!;
    next[k] = (next[k]! + 1) % folds;
  }
  return fold;
}
