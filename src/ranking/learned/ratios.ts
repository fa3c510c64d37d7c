/** The likelihood ratios of score.ts for many cases in a row: what common terms say is worked out once and kept. */
import type { View } from "../knowledge.ts";
import { MIX, termRatio } from "../score.ts";
import type { SparseColumns, SparseRow } from "../sparse.ts";
import type { PhenotypeTerms } from "../terms.ts";

/** A term that more diseases than this have is common: its background is the same whichever publication is left out. */
const COMMON = 250;

/** Terms whose factors are kept, the first that are met: 34 kB each over OMIM. */
const MOST = 400;

export interface RatioSource {
  /**
   * @param changed vectors that take the place of the learned ones, by disease
   * @returns [observed × diseases] factor of each term for each disease, as `termRatio` gives it
   */
  of(
    observed: Uint32Array,
    view: View,
    changed: ReadonlyMap<number, SparseRow & { readonly share?: number }>,
  ): Float32Array;
}

/** @param shares [diseases] part of the background that every term of a disease has besides */
export function createRatios(
  terms: PhenotypeTerms,
  columns: SparseColumns,
  { background: whole }: View,
  diseases: number,
  shares?: Float64Array,
): RatioSource {
  const { offsets, ancestors } = terms;
  const { parents } = terms.ontology;
  const common = (term: number): boolean => columns.offsets[term + 1] - columns.offsets[term] > COMMON;
  const kept = new Map<number, Float32Array>();
  const met = new Map<number, Float32Array>();
  const base = Float32Array.from(
    { length: diseases },
    (_, d) => (shares?.[d] ?? 0) * (MIX.own + MIX.above) + MIX.noise,
  );

  const raise = (into: Float32Array, term: number, background: Float64Array): void => {
    const inverse = 1 / background[term];
    for (let i = columns.offsets[term]; i < columns.offsets[term + 1]; i++) {
      const ratio = columns.values[i] * inverse;
      if (ratio > into[columns.rows[i]]) into[columns.rows[i]] = ratio;
    }
  };
  /** Highest ratio of a common term and its ancestors, all of them common. */
  const aboveOf = (term: number): Float32Array => {
    const known = kept.get(term);
    if (known !== undefined) return known;
    const made = new Float32Array(diseases);
    for (let at = offsets[term]; at < offsets[term + 1]; at++) raise(made, ancestors[at], whole);
    kept.set(term, made);
    return made;
  };

  const scratch = new Float32Array(diseases);
  const fill = (ratios: Float32Array, term: number, background: Float64Array): void => {
    scratch.fill(0);
    const roots = new Set<number>();
    for (let at = offsets[term]; at < offsets[term + 1]; at++) {
      const ancestor = ancestors[at];
      if (!common(ancestor)) {
        raise(scratch, ancestor, background);
        for (const parent of parents[ancestor]) if (terms.inside[parent] === 1 && common(parent)) roots.add(parent);
      } else if (at === offsets[term]) roots.add(ancestor);
    }
    for (const root of roots) {
      const its = aboveOf(root);
      for (let d = 0; d < diseases; d++) if (its[d] > scratch[d]) scratch[d] = its[d];
    }
    for (let d = 0; d < diseases; d++) ratios[d] = MIX.above * scratch[d] + base[d];
    const inverse = MIX.own / background[term];
    for (let i = columns.offsets[term]; i < columns.offsets[term + 1]; i++)
      ratios[columns.rows[i]] += columns.values[i] * inverse;
  };

  return {
    of(observed, { background }, changed) {
      const out = new Float32Array(observed.length * diseases);
      observed.forEach((term, n) => {
        const ratios = out.subarray(n * diseases, (n + 1) * diseases);
        const usual = background === whole || common(term);
        const known = usual ? met.get(term) : undefined;
        if (known !== undefined) ratios.set(known);
        else fill(ratios, term, usual ? whole : background);
        if (usual && known === undefined && met.size < MOST) met.set(term, ratios.slice());
        for (const [disease, row] of changed) ratios[disease] = termRatio(terms, row, background, term);
      });
      return out;
    },
  };
}

/** How many factors are multiplied before a logarithm is taken: each is below 1e5, above 0.05. */
const AT_ONCE = 16;

/** Σ over terms of the log of each factor and `added`. @returns [diseases] */
export function logSums(ratios: Float32Array, diseases: number, added = 0): Float64Array {
  const sums = new Float64Array(diseases);
  const products = new Float64Array(diseases).fill(1);
  const terms = ratios.length / diseases;
  for (let n = 0; n < terms; n++) {
    const at = n * diseases;
    for (let d = 0; d < diseases; d++) products[d] *= ratios[at + d] + added;
    if (n % AT_ONCE !== AT_ONCE - 1 && n !== terms - 1) continue;
    for (let d = 0; d < diseases; d++) sums[d] += Math.log(products[d]);
    products.fill(1);
  }
  return sums;
}
