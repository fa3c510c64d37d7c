/** What of a case is asked of the knowledge base: its terms as the ontology has them today, and what was odd about them. */
import { distance } from "fastest-levenshtein";
import type { CaseTerm, PatientCase } from "../core/cases.ts";
import type { Ontology } from "../core/knowledge.ts";
import type { DiseaseKnowledge } from "./knowledge.ts";
import type { PhenotypeTerms } from "./terms.ts";

export interface CaseQuery {
  /** As in PatientCase. */
  readonly name: string;
  /** Distinct phenotypes, ascending; numbers of terms. */
  readonly observed: Uint32Array;
  readonly excluded: Uint32Array;
  readonly sex: PatientCase["sex"];
  readonly age: number | undefined;
  readonly onset: PatientCase["onset"];
  readonly publication: string | undefined;
}

/** A case whose disease is known: to learn from, or to be judged by. */
export interface SolvedCase extends CaseQuery {
  /** Id of the disease. */
  readonly disease: string;
  /** Number of the disease in the knowledge; undefined where it is no candidate. */
  readonly target: number | undefined;
}

export interface ResolvedCase {
  readonly query: CaseQuery;
  /** For the user: terms left out, replaced, or present and excluded at once. */
  readonly notices: readonly string[];
}

/**
 * Looks the terms of a case up. A term that is not known is left out, with the nearest known one suggested; an obsolete one counts
 * as what replaced it; one that is present and excluded is present.
 */
export function resolveCase(one: PatientCase, terms: PhenotypeTerms): ResolvedCase {
  const notices: string[] = [];
  const query = queryOf(one, terms, (notice) => notices.push(notice()));
  return { query, notices };
}

/** @param notify gets notices unwritten, as the search for the nearest term takes longer than all else */
function queryOf(one: PatientCase, terms: PhenotypeTerms, notify: (notice: () => string) => void): CaseQuery {
  const look = (list: readonly CaseTerm[]): Set<number> =>
    new Set(list.flatMap((term) => termOf(term, terms, notify) ?? []));
  const observed = look(one.present);
  const excluded = look(one.excluded);
  for (const term of excluded) {
    if (!observed.has(term)) continue;
    excluded.delete(term);
    notify(() => `${nameOf(terms.ontology, term)} is both present and excluded: it counts as present`);
  }
  if (observed.size === 0) notify(() => "no term is present that is known: there is nothing to rank by");
  const { name, sex, age, onset, publication } = one;
  return { name, observed: sorted(observed), excluded: sorted(excluded), sex, age, onset, publication };
}

/** Those of the cases that have a diagnosis, with its number. */
export function solvedCases(cases: readonly PatientCase[], knowledge: DiseaseKnowledge): readonly SolvedCase[] {
  return cases.flatMap((one) => {
    const disease = one.diagnoses[0]?.id;
    if (disease === undefined) return [];
    return { ...queryOf(one, knowledge.terms, () => {}), disease, target: knowledge.indexOf(disease) };
  });
}

const sorted = (terms: ReadonlySet<number>): Uint32Array => Uint32Array.from(terms).sort();
const nameOf = ({ ids, names }: Ontology, term: number): string => `${ids[term]} ${names[term]}`;

function termOf(
  { id, label }: CaseTerm,
  { ontology, inside }: PhenotypeTerms,
  notify: (notice: () => string) => void,
): number | undefined {
  const shown = [id, label].filter((text) => text !== "").join(" ");
  const term = ontology.indexOf(id);
  if (term === undefined) {
    notify(() => {
      const near = nearestTerm(ontology, label || id);
      const advice = near === undefined ? "" : `; the nearest is ${nameOf(ontology, near)}`;
      return `${shown} is no term of ${ontology.release}: it is left out${advice}`;
    });
    return undefined;
  }
  if (inside[term] === 0) {
    notify(() => `${shown} is no phenotype: it is left out`);
    return undefined;
  }
  if (ontology.ids[term] !== id) notify(() => `${shown} is obsolete: ${nameOf(ontology, term)} takes its place`);
  return term;
}

/** The term with the nearest name or synonym (edit distance); undefined where more than half of it would have to change. */
export function nearestTerm({ names, synonyms }: Ontology, text: string): number | undefined {
  const wanted = text.toLowerCase();
  let best: number | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 2));
  names.forEach((name, term) => {
    for (const candidate of [name, ...synonyms[term]]) {
      if (Math.abs(candidate.length - wanted.length) >= least) continue;
      const edits = distance(candidate.toLowerCase(), wanted);
      if (edits < least) {
        least = edits;
        best = term;
      }
    }
  });
  return best;
}
