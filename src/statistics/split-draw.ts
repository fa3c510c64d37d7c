import type { Rng } from "../core/rng.ts";
import type { Units } from "./split-units.ts";

export interface Draw {
  /** Rows wanted of each class; with `stratify` false only their sum counts. */
  readonly quotas: Int32Array;
  /** Units of each class that have to be left over. */
  readonly reserve: Int32Array;
  readonly stratify: boolean;
}

/**
 * Draws units for one part, in random order, rarest classes first: a unit is taken when it brings the part nearer to its
 * quotas (sum of absolute deficits over the classes) and leaves enough units of each of its classes. A class that is
 * still absent although it has a quota then gets the unit that does the least harm to the others.
 * @param candidates units to draw from
 * @returns the units taken
 */
export function drawUnits(units: Units, candidates: readonly number[], draw: Draw, rng: Rng): Set<number> {
  const { offsets, classes, counts } = units;
  const { stratify, reserve } = draw;
  const left = new Int32Array(draw.quotas.length);
  for (const unit of candidates) forClasses(unit, (c) => left[c]!++);
  const deficits = stratify ? draw.quotas.slice() : Int32Array.of(draw.quotas.reduce((sum, q) => sum + q, 0));
  const taken = new Set<number>();
  const present = new Uint8Array(draw.quotas.length);

  function forClasses(unit: number, visit: (classCode: number, rows: number) => void): void {
    for (let i = offsets[unit]!; i < offsets[unit + 1]!; i++) visit(classes[i]!, counts[i]!);
  }
  const rarity = (unit: number): number => {
    let least = Number.POSITIVE_INFINITY;
    forClasses(unit, (c) => {
      least = Math.min(least, left[c]!);
    });
    return least;
  };
  const spare = (unit: number): boolean => {
    let enough = true;
    forClasses(unit, (c) => {
      if (left[c]! <= reserve[c]!) enough = false;
    });
    return enough;
  };
  const change = (unit: number): number => {
    let sum = 0;
    let rows = 0;
    forClasses(unit, (c, n) => {
      rows += n;
      if (stratify) sum += Math.abs(deficits[c]! - n) - Math.abs(deficits[c]!);
    });
    return stratify ? sum : Math.abs(deficits[0]! - rows) - Math.abs(deficits[0]!);
  };
  const take = (unit: number): void => {
    taken.add(unit);
    forClasses(unit, (c, n) => {
      left[c]!--;
      present[c] = 1;
      deficits[stratify ? c : 0]! -= n;
    });
  };

  const rarities = new Map(candidates.map((unit) => [unit, rarity(unit)]));
  const order = rng.shuffle([...candidates]).sort((a, b) => rarities.get(a)! - rarities.get(b)!);
  for (const unit of order) if (change(unit) < 0 && spare(unit)) take(unit);
  if (!stratify) return taken;
  for (let c = 0; c < draw.quotas.length; c++) {
    if (draw.quotas[c] === 0 || present[c] === 1) continue;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const unit of order) {
      let holds = false;
      forClasses(unit, (held) => {
        if (held === c) holds = true;
      });
      if (!holds || taken.has(unit) || !spare(unit) || change(unit) >= least) continue;
      best = unit;
      least = change(unit);
    }
    if (best >= 0) take(best);
  }
  return taken;
}
