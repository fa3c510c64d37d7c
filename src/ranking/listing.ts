/** The best of all scores, as an answer lists them. */

export interface Listing {
  /** Numbers of diseases, best first; equal scores in the order of their ids. */
  readonly diseases: Uint32Array;
  readonly scores: Float64Array;
}

/**
 * The `top` best; what has a score of -Infinity is no answer. Diseases with one and the same score are listed all or none, lest
 * those at the cut be chosen by their ids.
 */
export function listBest(scores: Float64Array, top: number): Listing {
  const finite: number[] = [];
  const floor = scores.length > 4 * top ? quantileFloor(scores, top) : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++)
    if (scores[i] >= floor && scores[i] > Number.NEGATIVE_INFINITY) finite.push(i);
  finite.sort((a, b) => scores[b] - scores[a] || a - b);
  let length = Math.min(top, finite.length);
  const next = finite[length];
  if (next !== undefined) while (length > 0 && scores[finite[length - 1]] === scores[next]) length--;
  const diseases = Uint32Array.from(finite.slice(0, length));
  return { diseases, scores: Float64Array.from(diseases, (disease) => scores[disease]) };
}

/** A score that at least `top + 1` reach: sorting all of 8,000 would take longer than scoring them. */
function quantileFloor(scores: Float64Array, top: number): number {
  const stride = Math.max(1, Math.floor(scores.length / 512));
  const sample: number[] = [];
  for (let i = 0; i < scores.length; i += stride) sample.push(scores[i]);
  sample.sort((a, b) => b - a);
  let at = Math.ceil(((top + 1) / scores.length) * sample.length * 2);
  for (; at < sample.length; at *= 2) {
    const floor = sample[at];
    let reached = 0;
    for (let i = 0; i < scores.length; i++) if (scores[i] >= floor) reached++;
    if (reached > top) return floor;
  }
  return Number.NEGATIVE_INFINITY;
}

/**
 * Softmax over all diseases, and over "none of these" where it has a score: what is missing to 1 is its share.
 * @param none its score
 */
export function probabilities(
  scores: Float64Array,
  temperature: number,
  none = Number.NEGATIVE_INFINITY,
): Float64Array {
  // Plain loops: a callback for each of 8,000 diseases stood high in the profile of a ranking.
  let most = none;
  for (let d = 0; d < scores.length; d++) if (scores[d] > most) most = scores[d];
  const shares = new Float64Array(scores.length);
  if (most === Number.NEGATIVE_INFINITY) return shares;
  let sum = Math.exp((none - most) / temperature);
  for (let d = 0; d < scores.length; d++) {
    shares[d] = Math.exp((scores[d] - most) / temperature);
    sum += shares[d];
  }
  for (let d = 0; d < shares.length; d++) shares[d] /= sum;
  return shares;
}
