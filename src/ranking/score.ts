/** The likelihood ratio of a case's terms in each disease (step 3 of the recipe in docs/orphan.md). */
import type { SparseColumns, SparseRow } from "./sparse.ts";
import type { PhenotypeTerms } from "./terms.ts";

/** Weights of a term itself, of what is more general, and of noise; they add up to 1. */
export const MIX = { own: 0.88, above: 0.04, noise: 0.08 } as const;

/** How many ratios are multiplied before a logarithm is taken: each is below 1e5, above 0.08. */
const AT_ONCE = 16;

/**
 * Σ over the terms t of log(0.88·F[t]/BG[t] + 0.04·max over t and its ancestors of F/BG + 0.08).
 * @param observed distinct phenotypes
 * @param changed vectors that take the place of those in the columns, by disease
 * @returns [diseases]
 */
export function likelihoodRatios(
  terms: PhenotypeTerms,
  columns: SparseColumns,
  diseases: number,
  background: Float64Array,
  observed: Uint32Array,
  changed: ReadonlyMap<number, SparseRow> = new Map(),
): Float64Array {
  const sums = new Float64Array(diseases);
  const products = new Float64Array(diseases).fill(1);
  const own = new Float64Array(diseases);
  const above = new Float64Array(diseases);
  observed.forEach((term, n) => {
    own.fill(0);
    above.fill(0);
    for (let at = terms.offsets[term]; at < terms.offsets[term + 1]; at++) {
      const ancestor = terms.ancestors[at];
      const inverse = 1 / background[ancestor];
      const end = columns.offsets[ancestor + 1];
      for (let i = columns.offsets[ancestor]; i < end; i++) {
        const ratio = columns.values[i] * inverse;
        const disease = columns.rows[i];
        if (ratio > above[disease]) above[disease] = ratio;
      }
      // A term comes first among its ancestors.
      if (at === terms.offsets[term]) own.set(above);
    }
    for (let d = 0; d < diseases; d++) products[d] *= MIX.own * own[d] + MIX.above * above[d] + MIX.noise;
    if (n % AT_ONCE === AT_ONCE - 1 || n === observed.length - 1) {
      for (let d = 0; d < diseases; d++) sums[d] += Math.log(products[d]);
      products.fill(1);
    }
  });
  for (const [disease, row] of changed) sums[disease] = likelihoodRatio(terms, row, background, observed);
  return sums;
}

/** The same of one disease, by its vector. */
export function likelihoodRatio(
  terms: PhenotypeTerms,
  row: SparseRow,
  background: Float64Array,
  observed: Uint32Array,
): number {
  return observed.reduce((sum, term) => sum + Math.log(termRatio(terms, row, background, term)), 0);
}

/** What one observed term contributes as a factor: above 1 it speaks for the disease. */
export function termRatio(terms: PhenotypeTerms, row: SparseRow, background: Float64Array, term: number): number {
  let above = 0;
  let own = 0;
  for (let at = terms.offsets[term]; at < terms.offsets[term + 1]; at++) {
    const ancestor = terms.ancestors[at];
    const ratio = frequencyIn(row, ancestor) / background[ancestor];
    if (at === terms.offsets[term]) own = ratio;
    if (ratio > above) above = ratio;
  }
  return MIX.own * own + MIX.above * above + MIX.noise;
}

/** Frequency of a term in a vector (binary search). */
export function frequencyIn({ terms, values }: SparseRow, term: number): number {
  let [low, high] = [0, terms.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (terms[middle] < term) low = middle + 1;
    else high = middle;
  }
  return terms[low] === term ? values[low] : 0;
}
