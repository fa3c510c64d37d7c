/** The likelihood ratios of score.ts for many cases in a row: what common terms say is worked out once and kept. */
import type { View } from "../knowledge.ts";
import { MIX, termRatio } from "../score.ts";
import type { SparseColumns, SparseRow } from "../sparse.ts";
import type { PhenotypeTerms } from "../terms.ts";

/** A term that more diseases than this have is common: its background is the same whichever publication is left out. */
const COMMON = 250;

/** Common terms whose factors are kept, those asked for last: 34 kB each over OMIM. */
const MOST = 400;

/** The factors of one term for all diseases. */
interface TermFactors {
  /** [diseases] but for those below */
  readonly most: Float32Array;
  /** Diseases with other factors, each once, and these. */
  readonly others: Uint32Array;
  readonly factors: Float32Array;
}

/** The factors of a case's terms, as `termRatio` gives them. */
export interface Ratios {
  /** [observed] */
  readonly terms: readonly TermFactors[];
  /** Diseases whose vectors are not the learned ones, and [observed × changed] their factors. */
  readonly changed: Uint32Array;
  readonly factors: Float32Array;
}

export interface RatioSource {
  /**
   * @param changed vectors that take the place of the learned ones, by disease
   * @returns good until the next call
   */
  of(observed: Uint32Array, view: View, changed: ReadonlyMap<number, SparseRow & { readonly share?: number }>): Ratios;
}

/** @param shares [diseases] part of the background that every term of a disease has besides */
export function createRatios(
  terms: PhenotypeTerms,
  columns: SparseColumns,
  { background: whole }: View,
  diseases: number,
  shares?: Float64Array,
): RatioSource {
  const { offsets, ancestors, inside } = terms;
  const { parents } = terms.ontology;
  const common = (term: number): boolean => columns.offsets[term + 1] - columns.offsets[term] > COMMON;
  const base = Float32Array.from(
    { length: diseases },
    (_, d) => (shares?.[d] ?? 0) * (MIX.own + MIX.above) + MIX.noise,
  );
  /** Of common terms. `most` is what the term and all above it make of a factor, its own part aside. */
  const kept = new Map<number, TermFactors>();

  const raise = (row: Float32Array, term: number): void => {
    const inverse = 1 / whole[term];
    const end = columns.offsets[term + 1];
    for (let i = columns.offsets[term]; i < end; i++) {
      const disease = columns.rows[i];
      const factor = MIX.above * Math.fround(columns.values[i] * inverse) + base[disease];
      if (factor > row[disease]) row[disease] = factor;
    }
  };
  const above = (term: number): Uint32Array => ancestors.subarray(offsets[term], offsets[term + 1]);
  const make = (term: number): TermFactors => {
    // The row of a parent holds most of it already.
    let parent = -1;
    let covered: Uint32Array = new Uint32Array(0);
    for (const each of parents[term])
      if (inside[each] === 1 && above(each).length > covered.length) [parent, covered] = [each, above(each)];
    const most = (parent < 0 ? base : commonOf(parent).most).slice();
    for (const ancestor of above(term)) if (!covered.includes(ancestor)) raise(most, ancestor);
    const [from, to] = [columns.offsets[term], columns.offsets[term + 1]];
    const others = columns.rows.subarray(from, to);
    const factors = new Float32Array(to - from);
    const inverse = MIX.own / whole[term];
    for (let i = 0; i < factors.length; i++) factors[i] = most[others[i]] + columns.values[from + i] * inverse;
    return { most, others, factors };
  };
  const commonOf = (term: number): TermFactors => {
    const known = kept.get(term);
    kept.delete(term);
    const found = known ?? make(term);
    if (kept.size >= MOST) kept.delete(kept.keys().next().value!);
    kept.set(term, found);
    return found;
  };
  /** The common terms right above what is not common. */
  const rootsOf = (term: number): ReadonlySet<number> => {
    const roots = new Set<number>();
    for (const ancestor of above(term))
      if (!common(ancestor))
        for (const parent of parents[ancestor]) if (inside[parent] === 1 && common(parent)) roots.add(parent);
    return roots;
  };

  const rooms: Float32Array[] = [];
  let used = 0;
  /** Of several common terms the highest. */
  const highestOf = (roots: ReadonlySet<number>): Float32Array => {
    let row: Float32Array = base;
    for (const root of roots) {
      const its = commonOf(root).most;
      if (row === base) row = its;
      else {
        if (used === rooms.length) rooms.push(new Float32Array(diseases));
        const made = rooms[used++];
        for (let d = 0; d < diseases; d++) made[d] = its[d] > row[d] ? its[d] : row[d];
        row = made;
      }
    }
    return row;
  };
  const scratch = new Float32Array(diseases);
  /** [diseases] 1: in the list of others */
  const listed = new Uint8Array(diseases);
  const list = new Uint32Array(diseases);
  const rareOf = (term: number, background: Float64Array): TermFactors => {
    const most = highestOf(rootsOf(term));
    let count = 0;
    for (const ancestor of above(term)) {
      // What common terms add is in `most`.
      if (common(ancestor)) continue;
      const inverse = 1 / background[ancestor];
      const end = columns.offsets[ancestor + 1];
      for (let i = columns.offsets[ancestor]; i < end; i++) {
        const disease = columns.rows[i];
        if (listed[disease] === 0) {
          listed[disease] = 1;
          scratch[disease] = most[disease];
          list[count++] = disease;
        }
        const factor = MIX.above * Math.fround(columns.values[i] * inverse) + base[disease];
        if (factor > scratch[disease]) scratch[disease] = factor;
      }
    }
    const inverse = MIX.own / background[term];
    const end = columns.offsets[term + 1];
    for (let i = columns.offsets[term]; i < end; i++) scratch[columns.rows[i]] += columns.values[i] * inverse;
    const others = list.slice(0, count);
    const factors = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      factors[i] = scratch[others[i]];
      listed[others[i]] = 0;
    }
    return { most, others, factors };
  };

  return {
    of(observed, { background }, changed) {
      used = 0;
      const factors = new Float32Array(observed.length * changed.size);
      let at = 0;
      for (const term of observed)
        for (const row of changed.values()) factors[at++] = termRatio(terms, row, background, term);
      return {
        terms: Array.from(observed, (term) => (common(term) ? commonOf(term) : rareOf(term, background))),
        changed: Uint32Array.from(changed.keys()),
        factors,
      };
    },
  };
}

/**
 * @param places [diseases] of zeros, which they are again afterwards
 * @returns [terms × chosen] factor of each term for the diseases chosen
 */
export function factorsFor(
  { terms, changed, factors: own }: Ratios,
  chosen: Uint32Array,
  places: Uint16Array,
): Float32Array {
  const count = chosen.length;
  const out = new Float32Array(terms.length * count);
  for (let i = 0; i < count; i++) places[chosen[i]] = i + 1;
  for (const [n, { most, others, factors }] of terms.entries()) {
    const before = n * count - 1;
    for (let i = 0; i < count; i++) out[n * count + i] = most[chosen[i]];
    for (let i = 0; i < others.length; i++) if (places[others[i]] > 0) out[before + places[others[i]]] = factors[i];
    for (let i = 0; i < changed.length; i++)
      if (places[changed[i]] > 0) out[before + places[changed[i]]] = own[n * changed.length + i];
  }
  for (let i = 0; i < count; i++) places[chosen[i]] = 0;
  return out;
}

/** How many factors are multiplied before a logarithm is taken: each is below 1e5, above 0.05. */
const AT_ONCE = 16;

/** @returns Σ over terms of the log of each factor and `added`, worked out in [diseases] `sums` */
export function createLogSums(diseases: number): (ratios: Ratios, added: number, sums: Float64Array) => Float64Array {
  const products = new Float64Array(diseases);
  const before = new Float64Array(diseases);
  return ({ terms, changed, factors: own }, added, sums) => {
    sums.fill(0);
    for (let from = 0; from < terms.length; from += AT_ONCE) {
      products.fill(1);
      const end = Math.min(terms.length, from + AT_ONCE);
      for (let n = from; n < end; n++) {
        const { most, others, factors } = terms[n];
        for (let i = 0; i < others.length; i++) before[i] = products[others[i]];
        for (let d = 0; d < diseases; d++) products[d] *= most[d] + added;
        for (let i = 0; i < others.length; i++) products[others[i]] = before[i] * (factors[i] + added);
      }
      for (let i = 0; i < changed.length; i++) {
        let product = 1;
        for (let n = from; n < end; n++) product *= own[n * changed.length + i] + added;
        products[changed[i]] = product;
      }
      for (let d = 0; d < diseases; d++) sums[d] += Math.log(products[d]);
    }
    return sums;
  };
}
