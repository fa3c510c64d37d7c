/** How far a case's terms and a disease's cover each other. */
import { ASPECTS } from "../../core/knowledge.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { SparseRow } from "../sparse.ts";
import { closureOf } from "./closure.ts";

export interface Overlap {
  /** Of what patients with the disease have, by frequency and information content, the share that the case has. */
  reverse(row: SparseRow): number;
  /** [3] of the terms that annotations name themselves: their number (log), the case's among them, those that the case has or implies */
  direct(disease: number): readonly number[];
}

/** @param content [terms] information content */
export function createOverlap(knowledge: DiseaseKnowledge, content: Float64Array): (observed: Uint32Array) => Overlap {
  const { terms, ids } = knowledge;
  const direct = ids.map((_, disease) => directTerms(knowledge, disease));
  return (observed) => {
    const implied = new Uint8Array(terms.count);
    for (const term of closureOf(terms, observed)) implied[term] = 1;
    const named = new Set(observed);
    return {
      reverse({ terms: list, values }) {
        let [matched, all] = [0, 0];
        for (let i = 0; i < list.length; i++) {
          const weight = values[i] * content[list[i]];
          all += weight;
          if (implied[list[i]] === 1) matched += weight;
        }
        return all === 0 ? 0 : matched / all;
      },
      direct(disease) {
        let [same, within] = [0, 0];
        for (const term of direct[disease]) {
          if (named.has(term)) same++;
          if (implied[term] === 1) within++;
        }
        const count = direct[disease].length;
        return [Math.log(count + 1), same / observed.length, count === 0 ? 0 : within / count];
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
