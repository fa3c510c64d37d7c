/** The diseases that can be an answer, and how frequent each term is in each: F, and the background BG. */
import type { KnowledgeBase } from "../core/knowledge.ts";
import { diseasesByReference, hpoaVector, orphanetVectors, termsInName } from "./frequencies.ts";
import {
  byTerm,
  combine,
  createGatherer,
  EMPTY_ROW,
  rowOf,
  type SparseColumns,
  type SparseRow,
  type SparseRows,
  stack,
} from "./sparse.ts";
import { type PhenotypeTerms, phenotypeTerms } from "./terms.ts";

export interface KnowledgeOptions {
  /** Prefixes of the ids that can be an answer; default OMIM. */
  readonly databases?: readonly string[];
  /** Diseases besides those of the knowledge base, such as those of solved cases. */
  readonly others?: readonly { readonly id: string; readonly name: string }[];
  /** Whether Orphanet's frequencies and the terms in a disease's name count too; else HPOA alone. */
  readonly enriched?: boolean;
}

/** What is known when one publication is left out: other vectors for the diseases that it describes. */
export interface View {
  /** [terms] how frequent a term is among all diseases; never 0 */
  readonly background: Float64Array;
  /** Vectors that differ, by number of the disease. */
  readonly changed: ReadonlyMap<number, SparseRow>;
}

export interface DiseaseKnowledge {
  readonly base: KnowledgeBase;
  readonly terms: PhenotypeTerms;
  /** [diseases] ascending as texts */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  indexOf(id: string): number | undefined;
  /** Place of each disease in the annotations, -1 where it has none. */
  readonly annotated: Int32Array;
  /** F by disease and by term */
  readonly rows: SparseRows;
  readonly columns: SparseColumns;
  /** With all annotations. */
  readonly whole: View;
  /** Without the rows of any disease that rest on this publication ("PMID:123") alone; `whole` where there are none. */
  without(publication: string | undefined): View;
}

/** Added to the sum of F over all diseases, so that a term of no disease has a background too. */
const PRIOR = 1;

/**
 * Works out F and BG over all diseases.
 * Memory: about 12 bytes a disease and term of its closure, some 15 MB for OMIM.
 */
export function buildKnowledge(base: KnowledgeBase, options: KnowledgeOptions = {}): DiseaseKnowledge {
  const { databases = ["OMIM"], others = [], enriched = false } = options;
  const terms = phenotypeTerms(base.ontology);
  const names = new Map<string, string>();
  base.diseases.forEach((id, i) => {
    if (databases.includes(id.slice(0, id.indexOf(":")))) names.set(id, base.names[i]);
  });
  for (const { id, name } of others) if (!names.has(id)) names.set(id, name);
  const ids = [...names.keys()].sort();
  const place = new Map(ids.map((id, i) => [id, i]));
  const inBase = new Map(base.diseases.map((id, i) => [id, i]));
  const annotated = Int32Array.from(ids, (id) => inBase.get(id) ?? -1);

  const gatherer = createGatherer(terms);
  const orphanet = enriched ? orphanetVectors(base.orphanet, terms) : undefined;
  // Worked out once: the words of the whole ontology are not held on to.
  const inNames = enriched ? ids.map((id) => names.get(id)!).map(termsInName(base, terms)) : undefined;
  const vectorOf = (disease: number, leftOut?: number): SparseRow => {
    const at = annotated[disease];
    let row = at < 0 ? EMPTY_ROW : hpoaVector(base.annotations, at, gatherer, leftOut);
    const other = orphanet?.get(ids[disease]);
    if (other) row = row.terms.length === 0 ? other.row : combine(row, other.row, other.weight, 1 / (1 + other.weight));
    // A name alone is no knowledge: it would make those rankable of which nothing else is known.
    const inName = row.terms.length === 0 ? [] : (inNames?.[disease] ?? []);
    if (inName.length === 0) return row;
    row.terms.forEach((term, i) => {
      gatherer.set(term, row.values[i]);
    });
    for (const term of inName) gatherer.raise(term, 0.6);
    return gatherer.take();
  };
  const rows = stack(ids.map((_, disease) => vectorOf(disease)));
  const columns = byTerm(rows, terms.count);
  const sums = new Float64Array(terms.count);
  rows.terms.forEach((term, i) => {
    sums[term] += rows.values[i];
  });
  const backgroundOf = (sum: Float64Array): Float64Array =>
    sum.map((total) => (total + PRIOR) / (ids.length + 2 * PRIOR));
  const whole: View = { background: backgroundOf(sums), changed: new Map() };
  const references = new Map(base.annotations.references.map((text, i) => [text, i]));
  const byReference = diseasesByReference(base.annotations);

  return {
    base,
    terms,
    ids,
    names: ids.map((id) => names.get(id)!),
    indexOf: (id) => place.get(id),
    annotated,
    rows,
    columns,
    whole,
    without(publication) {
      const reference = publication === undefined ? undefined : references.get(publication);
      const touched = (reference === undefined ? [] : (byReference.get(reference) ?? []))
        .map((disease) => place.get(base.diseases[disease]))
        .filter((disease) => disease !== undefined);
      if (touched.length === 0) return whole;
      const changed = new Map(touched.map((disease) => [disease, vectorOf(disease, reference)]));
      const sum = sums.slice();
      for (const [disease, row] of changed) {
        const before = rowOf(rows, disease);
        before.terms.forEach((term, i) => {
          sum[term] -= before.values[i];
        });
        row.terms.forEach((term, i) => {
          sum[term] += row.values[i];
        });
      }
      return { background: backgroundOf(sum), changed };
    },
  };
}

/** Whether anything is known of what patients with a disease have; by a name alone nothing is. */
export function isKnown({ rows }: DiseaseKnowledge, view: View, disease: number): boolean {
  const changed = view.changed.get(disease);
  return changed === undefined ? rows.offsets[disease] < rows.offsets[disease + 1] : changed.terms.length > 0;
}
