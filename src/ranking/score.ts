/** The likelihood ratio of a case's terms in each disease (step 3 of the recipe in docs/orphan.md). */
import type { SparseColumns, SparseRow } from "./sparse.ts";
import type { PhenotypeTerms } from "./terms.ts";

/** Weights of a term itself, of what is more general, and of noise; they add up to 1. */
export const MIX: Mix = { own: 0.88, above: 0.04, noise: 0.08 };
/** Of the score by solved cases alone. */
export const CASES_MIX: Mix = { own: 0.95, above: 0, noise: 0.05 };

/** How many ratios are multiplied before a logarithm is taken: each is below 1e5, above 0.08. */
const AT_ONCE = 16;

export interface Mix {
  readonly own: number;
  readonly above: number;
  readonly noise: number;
}

/** What scores are worked out over. */
export interface Evidence {
  readonly columns: SparseColumns;
  /** [diseases] part of the background that every term of a disease has besides; absent: none */
  readonly shares?: Float64Array;
}

/** Room that scores of many cases are worked out in, one after the other. */
export interface Scratch {
  readonly products: Float64Array;
  readonly own: Float64Array;
  readonly above: Float64Array;
}

export function createScratch(diseases: number): Scratch {
  return {
    products: new Float64Array(diseases),
    own: new Float64Array(diseases),
    above: new Float64Array(diseases),
  };
}

/**
 * Σ over the terms t of log(own·F[t]/BG[t] + above·max over t and its ancestors of F/BG + noise).
 * @param observed distinct phenotypes
 * @param changed vectors that take the place of those in the evidence, by disease
 * @returns [diseases]
 */
export function likelihoodRatios(
  terms: PhenotypeTerms,
  { columns, shares }: Evidence,
  background: Float64Array,
  diseases: number,
  observed: Uint32Array,
  changed: ReadonlyMap<number, SparseRow & { readonly share?: number }> = new Map(),
  mix: Mix = MIX,
  scratch: Scratch = createScratch(diseases),
): Float64Array {
  const sums = new Float64Array(diseases);
  const { products, own, above } = scratch;
  products.fill(1);
  observed.forEach((term, n) => {
    own.fill(0);
    above.fill(0);
    const first = terms.offsets[term];
    const last = mix.above === 0 ? first + 1 : terms.offsets[term + 1];
    for (let at = first; at < last; at++) {
      const ancestor = terms.ancestors[at];
      const inverse = 1 / background[ancestor];
      const end = columns.offsets[ancestor + 1];
      for (let i = columns.offsets[ancestor]; i < end; i++) {
        const ratio = columns.values[i] * inverse;
        const disease = columns.rows[i];
        if (ratio > above[disease]) above[disease] = ratio;
      }
      // A term comes first among its ancestors.
      if (at === first) own.set(above);
    }
    for (let d = 0; d < diseases; d++)
      products[d] *=
        mix.own * own[d] +
        mix.above * above[d] +
        mix.noise +
        (shares === undefined ? 0 : shares[d] * (mix.own + mix.above));
    if (n % AT_ONCE === AT_ONCE - 1 || n === observed.length - 1) {
      for (let d = 0; d < diseases; d++) sums[d] += Math.log(products[d]);
      products.fill(1);
    }
  });
  for (const [disease, row] of changed) sums[disease] = likelihoodRatio(terms, row, background, observed, mix);
  return sums;
}

/** The same of one disease, by its vector. */
export function likelihoodRatio(
  terms: PhenotypeTerms,
  row: SparseRow & { readonly share?: number },
  background: Float64Array,
  observed: Uint32Array,
  mix: Mix = MIX,
): number {
  return observed.reduce((sum, term) => sum + Math.log(termRatio(terms, row, background, term, mix)), 0);
}

/** What one observed term contributes as a factor: above 1 it speaks for the disease. */
export function termRatio(
  terms: PhenotypeTerms,
  row: SparseRow & { readonly share?: number },
  background: Float64Array,
  term: number,
  mix: Mix = MIX,
): number {
  let above = 0;
  let own = 0;
  const first = terms.offsets[term];
  for (let at = first; at < terms.offsets[term + 1]; at++) {
    const ancestor = terms.ancestors[at];
    const ratio = frequencyIn(row, ancestor) / background[ancestor];
    if (at === first) own = ratio;
    if (ratio > above) above = ratio;
  }
  return mix.own * own + mix.above * above + mix.noise + (row.share ?? 0) * (mix.own + mix.above);
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
