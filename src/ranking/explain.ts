/** Why a disease has its place: what each term of a case says of it, and what else is known of it. */
import { ASPECTS, type KnowledgeBase } from "../core/knowledge.ts";
import type { DiseaseKnowledge, View } from "./knowledge.ts";
import type { CaseQuery } from "./query.ts";
import { frequencyIn, termRatio } from "./score.ts";
import { rowOf } from "./sparse.ts";

export interface TermEvidence {
  readonly id: string;
  readonly name: string;
  /** How many times likelier the term makes the disease; below 1 it speaks against it. */
  readonly factor: number;
  /** Share of the disease's patients with it, and of all diseases' */
  readonly frequency: number;
  readonly background: number;
}

export interface DiseaseFacts {
  readonly id: string;
  readonly name: string;
  /** "1-9 / 100 000 (point prevalence, Europe)"; null where Orphanet does not know */
  readonly prevalence: string | null;
  readonly inheritance: readonly string[];
  readonly links: readonly string[];
}

export interface Explanation extends DiseaseFacts {
  /** Terms present in the case: those that speak for the disease, and those against it, the strongest first. */
  readonly for: readonly TermEvidence[];
  readonly against: readonly TermEvidence[];
  /** Terms excluded in the case that half of the disease's patients or more have; they do not count in the score. */
  readonly lacking: readonly TermEvidence[];
  /** What does not fit between the patient and the disease. */
  readonly notices: readonly string[];
}

/** @param view what is known; by `knowledge.without(publication)` in setting (b) */
export function explainDisease(
  knowledge: DiseaseKnowledge,
  facts: (disease: number) => DiseaseFacts,
  view: View,
  query: CaseQuery,
  disease: number,
): Explanation {
  const { terms } = knowledge;
  const { ids, names } = terms.ontology;
  const row = view.changed.get(disease) ?? rowOf(knowledge.rows, disease);
  const evidence = (term: number): TermEvidence => ({
    id: ids[term],
    name: names[term],
    factor: termRatio(terms, row, view.background, term),
    frequency: frequencyIn(row, term),
    background: view.background[term],
  });
  const present = Array.from(query.observed, evidence).sort((a, b) => b.factor - a.factor);
  const known = facts(disease);
  return {
    ...known,
    for: present.filter(({ factor }) => factor >= 1),
    against: present.filter(({ factor }) => factor < 1).reverse(),
    lacking: Array.from(query.excluded, evidence).filter(({ frequency }) => frequency >= 0.5),
    notices: sexNotices(known, query),
  };
}

function sexNotices({ inheritance }: DiseaseFacts, { sex }: CaseQuery): readonly string[] {
  if (sex !== "female" || inheritance.length === 0) return [];
  if (inheritance.every((mode) => mode === "Y-linked inheritance")) return ["Y-linked, and the patient is female"];
  return inheritance.every((mode) => mode === "X-linked recessive inheritance")
    ? ["X-linked recessive, and the patient is female"]
    : [];
}

/** Looks up what is known of diseases beside their terms. */
export function diseaseFacts(knowledge: DiseaseKnowledge): (disease: number) => DiseaseFacts {
  const { base, ids, names, annotated } = knowledge;
  const entries = entriesByDisease(base);
  return (disease) => {
    const id = ids[disease];
    const own = entries.get(id) ?? [];
    const known = own.find((entry) => base.orphanet.prevalenceText[entry] !== "");
    return {
      id,
      name: names[disease],
      prevalence: known === undefined ? null : base.orphanet.prevalenceText[known],
      inheritance: inheritanceOf(base, annotated[disease]),
      links: [id, ...own.map((entry) => base.orphanet.ids[entry])].flatMap((each) => linkOf(each) ?? []),
    };
  };
}

/** Orphanet's entries of each disease, those about the fewest diseases first. */
function entriesByDisease({ orphanet }: KnowledgeBase): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  const order = [...orphanet.ids.keys()].sort((a, b) => orphanet.omim[a].length - orphanet.omim[b].length || a - b);
  for (const entry of order) {
    for (const id of new Set([orphanet.ids[entry], ...orphanet.omim[entry]])) {
      const list = found.get(id);
      if (list === undefined) found.set(id, [entry]);
      else list.push(entry);
    }
  }
  return found;
}

const INHERITANCE = ASPECTS.indexOf("I");

function inheritanceOf({ annotations, ontology }: KnowledgeBase, at: number): readonly string[] {
  if (at < 0) return [];
  const { offsets, aspect, term } = annotations;
  const modes = new Set<string>();
  for (let row = offsets[at]; row < offsets[at + 1]; row++)
    if (aspect[row] === INHERITANCE) modes.add(ontology.names[term[row]]);
  return [...modes];
}

const LINKS: Readonly<Record<string, string>> = {
  OMIM: "https://omim.org/entry/",
  ORPHA: "https://www.orpha.net/en/disease/detail/",
};

function linkOf(id: string): string | undefined {
  const [database, number] = id.split(":");
  return LINKS[database] && `${LINKS[database]}${number}`;
}
