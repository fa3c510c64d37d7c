/** How far a case's terms and a disease's cover each other. */
import { ASPECTS } from "../../core/knowledge.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { SparseRow } from "../sparse.ts";

export interface Overlap {
  /** Of what the case has, by information content: Σ frequency in the disease, and Σ of what it has at all. */
  readonly coverage: number;
  readonly covered: number;
  /** Of what patients with the disease have, by frequency and information content, the share that the case has. */
  readonly reverse: number;
}

export interface OverlapSource {
  /** @param total what `totalOf` gives of the row */
  of(row: SparseRow, total: number): Overlap;
  /** [3] of the terms that annotations name themselves: their number (log), the case's among them, those that the case has or implies */
  direct(disease: number): readonly number[];
}

/** Rarer than this a disease does not have a term. */
const RARE = 0.02;

/** Σ frequency by information content. */
export function totalOf({ terms, values }: SparseRow, content: Float64Array): number {
  let total = 0;
  for (let i = 0; i < terms.length; i++) total += values[i] * content[terms[i]];
  return total;
}

/** @param content [terms] information content */
export function createOverlap(
  knowledge: DiseaseKnowledge,
  content: Float64Array,
): (observed: Uint32Array, closure: Uint32Array) => OverlapSource {
  const { terms, ids } = knowledge;
  const direct = ids.map((_, disease) => directTerms(knowledge, disease));
  /** [terms] 2: observed, 1: implied */
  const marks = new Uint8Array(terms.count);
  return (observed, closure) => {
    marks.fill(0);
    for (const term of closure) marks[term] = 1;
    for (const term of observed) marks[term] = 2;
    return {
      of({ terms: list, values }, total) {
        let [coverage, covered, matched] = [0, 0, 0];
        for (let i = 0; i < list.length; i++) {
          const term = list[i];
          if (marks[term] === 0) continue;
          const weight = values[i] * content[term];
          matched += weight;
          if (marks[term] === 1) continue;
          coverage += weight;
          if (values[i] > RARE) covered += content[term];
        }
        return { coverage, covered, reverse: total === 0 ? 0 : matched / total };
      },
      direct(disease) {
        const own = direct[disease];
        let [same, within] = [0, 0];
        for (let i = 0; i < own.length; i++) {
          const mark = marks[own[i]];
          if (mark === 2) same++;
          if (mark !== 0) within++;
        }
        return [Math.log(own.length + 1), same / observed.length, own.length === 0 ? 0 : within / own.length];
      },
    };
  };
}

const PHENOTYPE = ASPECTS.indexOf("P");

/** The phenotypes that rows of HPOA name, each once. */
function directTerms({ base, annotated, terms }: DiseaseKnowledge, disease: number): Uint32Array {
  const { offsets, aspect, negated, term } = base.annotations;
  const at = annotated[disease];
  const found = new Set<number>();
  for (let row = at < 0 ? 0 : offsets[at]; at >= 0 && row < offsets[at + 1]; row++)
    if (aspect[row] === PHENOTYPE && negated[row] === 0 && terms.inside[term[row]] === 1) found.add(term[row]);
  return Uint32Array.from(found);
}
