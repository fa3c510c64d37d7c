import type { Rng } from "../core/rng.ts";
import { drawUnits } from "./split-draw.ts";
import type { Units } from "./split-units.ts";

/**
 * Divides units into folds of about equal size, and, stratified, of about equal class counts: fold after fold draws its
 * share of what the ones before it left, the last takes the rest.
 *
 * Every class is in the train part (the other folds, and what is in none) of every fold: a unit that is the only one of a
 * class, or would be the last of it outside its fold, is in none.
 * @returns the units of each fold
 */
export function drawFolds(
  units: Units,
  candidates: readonly number[],
  options: { readonly folds: number; readonly classes: number; readonly stratify: boolean; readonly rng: Rng },
): readonly ReadonlySet<number>[] {
  const { folds, classes, stratify, rng } = options;
  const classesOf = (unit: number): Int32Array => units.classes.subarray(units.offsets[unit], units.offsets[unit + 1]);
  const unitsOf = new Int32Array(classes);
  for (const unit of candidates) for (const c of classesOf(unit)) unitsOf[c]!++;
  let left = candidates.filter((unit) => classesOf(unit).every((c) => unitsOf[c]! > 1));
  /** Units of each class that earlier folds hold, which are train's in the later ones. */
  const earlier = new Int32Array(classes);
  const drawn: ReadonlySet<number>[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const part = fold === folds - 1 ? lastFold(left) : drawUnits(units, left, share(folds - fold), rng);
    for (const unit of part) for (const c of classesOf(unit)) earlier[c]!++;
    left = left.filter((unit) => !part.has(unit));
    drawn.push(part);
  }
  return drawn;

  function share(parts: number) {
    const rows = new Int32Array(classes);
    let present = 0;
    for (const unit of left) {
      for (let i = units.offsets[unit]!; i < units.offsets[unit + 1]!; i++) {
        rows[units.classes[i]!]! += units.counts[i]!;
        present += units.counts[i]!;
      }
    }
    const total = Math.round(present / parts);
    // Where no earlier fold holds a class, one of its units has to stay outside this one.
    const reserve = earlier.map((n) => (n === 0 ? 1 : 0));
    return stratify ? { quotas: rows.map((n) => Math.round(n / parts)), total, reserve } : { total, reserve };
  }

  function lastFold(rest: readonly number[]): ReadonlySet<number> {
    const seen = earlier.slice();
    const part = new Set<number>();
    for (const unit of rest) {
      if (classesOf(unit).every((c) => seen[c]! > 0)) part.add(unit);
      else for (const c of classesOf(unit)) seen[c]!++;
    }
    return part;
  }
}
