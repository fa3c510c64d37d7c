/** A term as a knowledge base knows it. */
import type { KnowledgeBase } from "../../core/knowledge.ts";
import { childrenOf, withDescendants } from "../descendants.ts";
import type { Translation } from "../search/babelon.ts";
import type { TermEntry } from "../term-entry.ts";

export interface TermDescription {
  readonly kind: "term";
  readonly id: string;
  readonly label: string;
  readonly labelEs: string | null;
  readonly synonyms: readonly string[];
  readonly synonymsEs: readonly string[];
  readonly definition: string | null;
  readonly comment: string | null;
  readonly parents: readonly Labelled[];
  readonly children: readonly Labelled[];
  readonly xrefs: readonly string[];
  /** Diseases of the annotations whose patients can have it. */
  readonly diseases: {
    /** With the very term. */
    readonly direct: number;
    /** With it or something below. */
    readonly all: number;
    /** Of how many. */
    readonly of: number;
  };
  /** Bits: −log2 of the share of diseases that have it or something below; null where none has. */
  readonly information: number | null;
  /** Ids that it replaced. */
  readonly replaces: readonly string[];
}

export interface Labelled {
  readonly id: string;
  readonly label: string;
}

/** @param term index in the ontology */
export function describeTerm(
  base: KnowledgeBase,
  term: number,
  entry: TermEntry | undefined,
  spanish: Translation | undefined,
): TermDescription {
  const { ontology } = base;
  const children = childrenOf(ontology);
  const labelled = (i: number): Labelled => ({ id: ontology.ids[i]!, label: ontology.names[i]! });
  const [direct, all] = [countDiseases(base, new Set([term])), countDiseases(base, withDescendants(children, term))];
  const id = ontology.ids[term]!;
  return {
    kind: "term",
    id,
    label: ontology.names[term]!,
    labelEs: spanish?.label ?? null,
    synonyms: ontology.synonyms[term]!,
    synonymsEs: spanish?.synonyms ?? [],
    definition: entry?.definition || null,
    comment: entry?.comment || null,
    parents: ontology.parents[term]!.map(labelled),
    children: children[term]!.map(labelled),
    xrefs: entry?.xrefs ?? [],
    diseases: { direct, all, of: base.diseases.length },
    information: all === 0 ? null : Math.abs(Math.log2(all / base.diseases.length)),
    replaces: [...ontology.replaced].filter(([, now]) => now === id).map(([before]) => before),
  };
}

/** Diseases with one of the terms, statements that patients do not have it left out. */
function countDiseases({ annotations, diseases }: KnowledgeBase, terms: ReadonlySet<number>): number {
  const { offsets, term, negated } = annotations;
  let count = 0;
  for (let disease = 0; disease < diseases.length; disease++)
    for (let row = offsets[disease]!; row < offsets[disease + 1]!; row++)
      if (negated[row] === 0 && terms.has(term[row]!)) {
        count++;
        break;
      }
  return count;
}
