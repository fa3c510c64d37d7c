/** How frequent each term is in each disease, from annotations (step 1 of the recipe in docs/orphan.md). */
import { type Annotations, ASPECTS, FrequencyClass, type KnowledgeBase, type Orphanet } from "../core/knowledge.ts";
import { createGatherer, type Gatherer, type SparseRow } from "./sparse.ts";
import type { PhenotypeTerms } from "./terms.ts";

const PHENOTYPE = ASPECTS.indexOf("P");

/** Shares of the classes obligate … very rare, excluded; of `none`, what is annotated without any frequency. */
const SHARE: Readonly<Record<number, number>> = {
  [FrequencyClass.none]: 0.6,
  [FrequencyClass.obligate]: 1,
  [FrequencyClass.veryFrequent]: 0.9,
  [FrequencyClass.frequent]: 0.55,
  [FrequencyClass.occasional]: 0.17,
  [FrequencyClass.veryRare]: 0.03,
  [FrequencyClass.excluded]: 0,
};

/**
 * The closure vector of one disease from its rows in HPOA. Counts of several rows are added up, (n + 0.6)/(m + 1); a row without a
 * frequency so counts as 0.6; among classes and percentages the highest stands.
 * @param leftOut number of the reference whose rows are left out: those that rest on it alone
 */
export function hpoaVector(annotations: Annotations, disease: number, gatherer: Gatherer, leftOut?: number): SparseRow {
  const { offsets, term, aspect, negated, hits, total, share, frequency, reference } = annotations;
  const counts = new Map<number, { n: number; m: number }>();
  for (let row = offsets[disease]; row < offsets[disease + 1]; row++) {
    if (aspect[row] !== PHENOTYPE || negated[row] === 1 || reference[row] === leftOut) continue;
    const known = Number.isNaN(share[row]) ? frequency[row] : -1;
    if (total[row] > 0 || known === FrequencyClass.none) {
      const before = counts.get(term[row]) ?? { n: 0, m: 0 };
      counts.set(term[row], { n: before.n + hits[row], m: before.m + total[row] });
    } else gatherer.raise(term[row], known < 0 ? share[row] : SHARE[known]);
  }
  for (const [at, { n, m }] of counts) if (n > 0 || m === 0) gatherer.raise(at, (n + 0.6) / (m + 1));
  return gatherer.take();
}

/** The diseases that have rows which rest on one reference alone, ascending, by the number of the reference. */
export function diseasesByReference(annotations: Annotations): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let disease = 0; disease + 1 < annotations.offsets.length; disease++) {
    for (let row = annotations.offsets[disease]; row < annotations.offsets[disease + 1]; row++) {
      const list = found.get(annotations.reference[row]);
      if (list === undefined) found.set(annotations.reference[row], [disease]);
      else if (list.at(-1) !== disease) list.push(disease);
    }
  }
  return found;
}

/** Closure vectors from Orphanet by id in OMIM, with the weight that each has beside HPOA's: less where an entry is of many diseases. */
export function orphanetVectors(
  orphanet: Orphanet,
  terms: PhenotypeTerms,
): ReadonlyMap<string, { readonly row: SparseRow; readonly weight: number }> {
  const gatherer = createGatherer(terms);
  const found = new Map<string, { row: SparseRow; weight: number }>();
  orphanet.ids.forEach((_, entry) => {
    const omim = orphanet.omim[entry];
    if (omim.length === 0 || orphanet.offsets[entry] === orphanet.offsets[entry + 1]) return;
    const weight = omim.length > 3 ? 0.25 : 0.5;
    const known = omim.map((id) => found.get(id));
    for (let at = orphanet.offsets[entry]; at < orphanet.offsets[entry + 1]; at++)
      gatherer.raise(orphanet.term[at], SHARE[orphanet.frequency[at]]);
    const row = gatherer.take();
    omim.forEach((id, i) => {
      // A disease of several entries is described best by the one that is about it most.
      if (known[i] === undefined || known[i].weight < weight) found.set(id, { row, weight });
    });
  });
  return found;
}

/** Terms that a disease's own name holds ("… with ataxia"), by the names of the ontology; a longer one hides those within it. */
export function termsInName(base: KnowledgeBase, terms: PhenotypeTerms): (name: string) => readonly number[] {
  const byText = new Map<string, number>();
  base.ontology.names.forEach((name, term) => {
    if (terms.inside[term] === 0) return;
    for (const text of [name, ...base.ontology.synonyms[term]]) {
      const key = wordsOf(text).join(" ");
      if (key !== "" && !byText.has(key)) byText.set(key, term);
    }
  });
  const LONGEST = 6;
  return (name) => {
    const words = wordsOf(name);
    const found: number[] = [];
    for (let from = 0; from < words.length; ) {
      let length = Math.min(LONGEST, words.length - from);
      while (length > 0 && !byText.has(words.slice(from, from + length).join(" "))) length--;
      if (length > 0) found.push(byText.get(words.slice(from, from + length).join(" "))!);
      from += Math.max(1, length);
    }
    return found;
  };
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
