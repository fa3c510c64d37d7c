import type { PhenotypeTerms } from "../terms.ts";

/** The terms and all that are more general, each once, ascending. */
export function closureOf({ offsets, ancestors, count }: PhenotypeTerms, observed: Uint32Array): Uint32Array {
  const seen = new Uint8Array(count);
  const found: number[] = [];
  for (const term of observed) {
    for (let at = offsets[term]; at < offsets[term + 1]; at++) {
      if (seen[ancestors[at]] === 1) continue;
      seen[ancestors[at]] = 1;
      found.push(ancestors[at]);
    }
  }
  return Uint32Array.from(found).sort();
}
