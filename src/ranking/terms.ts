/** Terms of the HPO that say what a patient has: those below "Phenotypic abnormality", each with all that are more general. */
import { UserError } from "../core/errors.ts";
import type { Ontology } from "../core/knowledge.ts";

const ROOT = "HP:0000118";

/** Terms are numbered as in the ontology. */
export interface PhenotypeTerms {
  readonly ontology: Ontology;
  readonly count: number;
  /** [terms] 1: a phenotype */
  readonly inside: Uint8Array;
  /** [terms + 1] and what it points into: a phenotype itself first, then its ancestors up to the root */
  readonly offsets: Uint32Array;
  readonly ancestors: Uint32Array;
}

/** @throws UserError when the ontology is not the HPO */
export function phenotypeTerms(ontology: Ontology): PhenotypeTerms {
  const root = ontology.indexOf(ROOT);
  if (root === undefined)
    throw new UserError(`the ontology has no ${ROOT}: it is not the Human Phenotype Ontology`, {
      where: ontology.release,
      fix: "hp.obo and hp.json are at https://hpo.jax.org/data/ontology.",
    });
  const count = ontology.ids.length;
  const inside = new Uint8Array(count);
  const offsets = new Uint32Array(count + 1);
  const all: number[] = [];
  const seen = new Uint32Array(count);
  const visited: number[] = [];
  for (let term = 0; term < count; term++) {
    visited.length = 0;
    visited.push(term);
    seen[term] = term + 1;
    for (const at of visited) {
      if (at === root) continue;
      for (const parent of ontology.parents[at]) {
        if (seen[parent] === term + 1) continue;
        seen[parent] = term + 1;
        visited.push(parent);
      }
    }
    if (seen[root] === term + 1) {
      inside[term] = 1;
      for (const at of visited) all.push(at);
    }
    offsets[term + 1] = all.length;
  }
  // A term can also have ancestors beside the phenotypes; they are not phenotypes themselves.
  return trim({ ontology, count, inside, offsets, ancestors: Uint32Array.from(all) });
}

function trim(terms: PhenotypeTerms): PhenotypeTerms {
  const { inside, offsets, ancestors } = terms;
  if (ancestors.every((term) => inside[term] === 1)) return terms;
  const kept = new Uint32Array(offsets.length);
  const list: number[] = [];
  for (let term = 0; term < terms.count; term++) {
    for (let at = offsets[term]; at < offsets[term + 1]; at++)
      if (inside[ancestors[at]] === 1) list.push(ancestors[at]);
    kept[term + 1] = list.length;
  }
  return { ...terms, offsets: kept, ancestors: Uint32Array.from(list) };
}
