import { type Evidence, SCORES, type ScoreName } from "./evidence.ts";

/** How many of the best by each score are looked at more closely. */
const BEST: Readonly<Record<ScoreName, number>> = {
  fused: 50,
  robust: 20,
  known: 30,
  cases: 20,
  cosine: 25,
  nearest: 12,
  kernel: 12,
  siblings: 20,
};

/** Diseases that are among the best by any score, ascending: some hundred. */
export function candidatesOf({ scores, rankable }: Evidence): Uint32Array {
  const found = new Set<number>();
  for (const name of SCORES) {
    const list = scores[name];
    if (list !== undefined) for (const disease of best(list, rankable, BEST[name])) found.add(disease);
  }
  return Uint32Array.from(found).sort();
}

/** The `count` best that are rankable, those of lower number first among equals. */
function best(scores: Float64Array, rankable: Uint8Array, count: number): number[] {
  const kept: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (let d = 0; d < scores.length; d++) {
    if (rankable[d] === 0 || (kept.length >= count && scores[d] <= least)) continue;
    let at = kept.length;
    while (at > 0 && scores[kept[at - 1]] < scores[d]) at--;
    kept.splice(at, 0, d);
    if (kept.length > count) kept.pop();
    least = scores[kept[kept.length - 1]];
  }
  return kept;
}
