import type { Rng } from "../core/rng.ts";
import type { Units } from "./split-units.ts";

export interface Draw {
  /** Rows wanted of each class; absent: of any. */
  readonly quotas?: Int32Array;
  /** Rows wanted in all. */
  readonly total: number;
  /** Units of each class that have to be left over. */
  readonly reserve: Int32Array;
}

/** Sweeps over the units before the draw is as good as it gets; two or three are the rule. */
const MAX_SWEEPS = 10;

/**
 * Draws units for one part, in random order, with quotas rarest classes first. A unit is taken when that brings the part
 * nearer to what is wanted (sum of the absolute deficits of the classes, plus half that of the whole, which so decides
 * where the classes are even), leaves enough units of each of its classes and is not larger than the whole part; a class
 * that is still absent although it has a quota gets the unit that does the least harm. Then units are given back and
 * taken as long as that improves it.
 * @param candidates units to draw from
 * @returns the units taken
 */
export function drawUnits(units: Units, candidates: readonly number[], draw: Draw, rng: Rng): ReadonlySet<number> {
  const { offsets, classes, counts } = units;
  const { quotas, reserve } = draw;
  const deficits = quotas?.slice();
  let deficit = draw.total;
  /** Units of each class not taken and taken. */
  const left = new Int32Array(reserve.length);
  const held = new Int32Array(reserve.length);
  const taken = new Set<number>();

  const classesOf = (unit: number): Int32Array => classes.subarray(offsets[unit], offsets[unit + 1]);
  const rowsOf = (unit: number): number => counts.subarray(offsets[unit], offsets[unit + 1]).reduce((a, b) => a + b);
  /** By how much the deficits grow when the unit changes sides. */
  const change = (unit: number): number => {
    const sign = taken.has(unit) ? -1 : 1;
    let rows = 0;
    let sum = 0;
    for (let i = offsets[unit]!; i < offsets[unit + 1]!; i++) {
      rows += counts[i]!;
      if (deficits !== undefined) sum += growth(deficits[classes[i]!]!, sign * counts[i]!);
    }
    return sum + growth(deficit, sign * rows) / 2;
  };
  const allowed = (unit: number): boolean =>
    taken.has(unit)
      ? classesOf(unit).every((c) => held[c]! > 1 || quotas?.[c] === 0)
      : classesOf(unit).every((c) => left[c]! > reserve[c]!);
  const move = (unit: number): void => {
    const sign = taken.delete(unit) ? -1 : 1;
    if (sign === 1) taken.add(unit);
    for (let i = offsets[unit]!; i < offsets[unit + 1]!; i++) {
      const c = classes[i]!;
      left[c]! -= sign;
      held[c]! += sign;
      deficit -= sign * counts[i]!;
      if (deficits !== undefined) deficits[c]! -= sign * counts[i]!;
    }
  };

  for (const unit of candidates) for (const c of classesOf(unit)) left[c]!++;
  const order = rng.shuffle([...candidates]);
  if (quotas !== undefined) {
    const rarity = new Map(order.map((unit) => [unit, Math.min(...classesOf(unit).map((c) => left[c]!))]));
    order.sort((a, b) => rarity.get(a)! - rarity.get(b)!);
  }
  const fitting = order.filter((unit) => rowsOf(unit) <= draw.total);
  const sweep = (): number => {
    let moves = 0;
    for (const unit of fitting) {
      if (change(unit) >= 0 || !allowed(unit)) continue;
      move(unit);
      moves++;
    }
    return moves;
  };
  const moveLeastHarmful = (wanted: (unit: number) => boolean): void => {
    let best: number | undefined;
    for (const unit of order) {
      if (!wanted(unit) || !allowed(unit)) continue;
      if (best === undefined || change(unit) < change(best)) best = unit;
    }
    if (best !== undefined) move(best);
  };
  sweep();
  quotas?.forEach((quota, c) => {
    if (quota > 0 && held[c] === 0) moveLeastHarmful((unit) => classesOf(unit).includes(c));
  });
  if (taken.size === 0) moveLeastHarmful(() => true);
  for (let i = 0; i < MAX_SWEEPS && sweep() > 0; i++);
  return taken;
}

/** By how much an absolute deficit grows when rows are taken. */
function growth(deficit: number, rows: number): number {
  return Math.abs(deficit - rows) - Math.abs(deficit);
}
