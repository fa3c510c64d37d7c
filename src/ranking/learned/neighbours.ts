/** How like a case is to the solved cases of each disease: cosines of their terms' closures, weighed by information content. */
import { paperOf } from "../../core/cases.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { SolvedCase } from "../query.ts";
import { byTerm, stack } from "../sparse.ts";
import { closureOf } from "./closure.ts";
import { contentsOf } from "./cosine.ts";

export interface Nearness {
  /** [diseases] cosine of the nearest case; 0 without one */
  readonly nearest: Float64Array;
  /** [diseases] log(1 + Σ over cases exp(SHARPNESS·cosine)/√n), n the cases of the paper */
  readonly kernel: Float64Array;
}

const SHARPNESS = 12;

/** @returns of the closure of observed terms and a publication whose cases do not count; good until the next call */
export function createNeighbours(
  { terms, whole, ids }: DiseaseKnowledge,
  solved: readonly SolvedCase[],
): (closure: Uint32Array, leftOut: string | undefined) => Nearness {
  const cases = solved.filter(({ target, observed }) => target !== undefined && observed.length > 0);
  const content = contentsOf(whole);
  const rows = stack(
    cases.map(({ observed }) => {
      const closure = closureOf(terms, observed);
      const values = Float32Array.from(closure, (term) => content[term] ** 2);
      const norm = Math.sqrt(values.reduce((a, b) => a + b, 0));
      return { terms: closure, values: values.map((value) => value / norm) };
    }),
  );
  const columns = byTerm(rows, terms.count);
  const target = Int32Array.from(cases, (one) => one.target as number);
  const publications = new Map<string, number>();
  const paper = Int32Array.from(cases, (one) => {
    const key = paperOf(one);
    if (!publications.has(key)) publications.set(key, publications.size);
    return publications.get(key)!;
  });
  const sizes = new Uint32Array(publications.size);
  for (const each of paper) sizes[each]++;
  const weights = Float64Array.from(paper, (each) => 1 / Math.sqrt(sizes[each]));
  const solvedDiseases = Uint32Array.from(new Set(target));
  const cosines = new Float64Array(cases.length);
  const nearest = new Float64Array(ids.length);
  const kernel = new Float64Array(ids.length);

  return (closure, leftOut) => {
    const out = leftOut === undefined ? -1 : (publications.get(leftOut) ?? -1);
    cosines.fill(0);
    nearest.fill(0);
    for (const disease of solvedDiseases) kernel[disease] = 1;
    let square = 0;
    for (const term of closure) {
      square += content[term] ** 2;
      const end = columns.offsets[term + 1];
      for (let i = columns.offsets[term]; i < end; i++) cosines[columns.rows[i]] += columns.values[i];
    }
    const norm = 1 / Math.sqrt(square);
    for (let i = 0; i < cosines.length; i++) {
      if (paper[i] === out) continue;
      const cosine = cosines[i] * norm;
      const disease = target[i];
      if (cosine > nearest[disease]) nearest[disease] = cosine;
      kernel[disease] += Math.exp(SHARPNESS * cosine) * weights[i];
    }
    for (const disease of solvedDiseases) kernel[disease] = Math.log(kernel[disease]);
    return { nearest, kernel };
  };
}
