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
  const found: number[] = [];
  for (const name of SCORES) {
    const list = scores[name];
    if (list !== undefined) for (const disease of best(list, rankable, BEST[name])) found.push(disease);
  }
  const sorted = Uint32Array.from(found).sort();
  return sorted.filter((disease, i) => i === 0 || disease !== sorted[i - 1]);
}

/** The `count` best that are rankable, those of lower number first among equals. */
function best(scores: Float64Array, rankable: Uint8Array, count: number): Uint32Array {
  const kept = new Uint32Array(count);
  let length = 0;
  let least = Number.NEGATIVE_INFINITY;
  for (let d = 0; d < scores.length; d++) {
    const score = scores[d];
    if ((length === count && score <= least) || rankable[d] === 0) continue;
    // The last one makes room once there are enough.
    let at = length === count ? count - 1 : length++;
    for (; at > 0 && scores[kept[at - 1]] < score; at--) kept[at] = kept[at - 1];
    kept[at] = d;
    least = scores[kept[length - 1]];
  }
  return kept.subarray(0, length);
}
