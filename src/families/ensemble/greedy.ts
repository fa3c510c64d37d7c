import { LEAST, type Members, ranked } from "./members.ts";

/**
 * Forward selection with replacement (Caruana, Niculescu-Mizil, Crew and Ksikes 2004): begins with the best member, and each
 * round adds the one with which the mean of those chosen so far has the least log loss; ends where none makes it smaller.
 * @returns [members] weights that sum to 1
 */
export function greedyWeights(members: Members, y: Int32Array, rounds: number): Float64Array {
  const { proba, classes } = members;
  const counts = new Float64Array(proba.length);
  const chosen = (m: number, i: number): number => proba[m]![i * classes + y[i]!]!;
  // The loss depends on the true class of each row alone.
  const sums = new Float64Array(y.length);
  let best = Number.POSITIVE_INFINITY;
  const order = ranked(members, y);
  for (let round = 1; round <= rounds; round++) {
    let pick = -1;
    for (const m of round === 1 ? order.slice(0, 1) : order) {
      let loss = 0;
      for (let i = 0; i < y.length; i++) loss -= Math.log(Math.max(LEAST, (sums[i]! + chosen(m, i)) / round));
      if (loss < best || (round === 1 && pick < 0)) [best, pick] = [loss, m];
    }
    if (pick < 0) break;
    counts[pick]!++;
    for (let i = 0; i < y.length; i++) sums[i]! += chosen(pick, i);
  }
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((n) => n / total);
}
