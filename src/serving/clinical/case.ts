/** A clinical patient as a case for a model that ranks diseases. */
import type { CaseTerm, PatientCase } from "../../core/cases.ts";
import type { Ontology } from "../../core/knowledge.ts";
import { type ClinicalPatient, type Finding, hpoOf } from "./patient.ts";

/** Which terms an ontology knows. */
export interface Terms {
  isKnown(id: string): boolean;
  /** The id of a term by its exact name or synonym, whatever its case. */
  find(name: string): string | undefined;
}

/** Indexes the names of an ontology at the first question. */
export function createTerms(ontology: Ontology): Terms {
  const { ids, names, synonyms } = ontology;
  let index: ReadonlyMap<string, string> | undefined;
  const build = (): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    // A name goes before another term's synonym.
    synonyms.forEach((list, term) => {
      for (const synonym of list) found.set(synonym.toLowerCase(), ids[term]!);
    });
    names.forEach((name, term) => {
      found.set(name.toLowerCase(), ids[term]!);
    });
    return found;
  };
  return {
    isKnown: (id) => ontology.indexOf(id) !== undefined,
    find(name) {
      index ??= build();
      return index.get(name.trim().toLowerCase());
    },
  };
}

export interface ReadCase {
  readonly one: PatientCase;
  readonly notices: readonly string[];
}

/**
 * Findings that are neither a known code nor a name are left out, with a notice that says where they stand. A ranker would search for
 * the nearest names besides, which takes longer than the ranking.
 */
export function caseFor(patient: ClinicalPatient, terms: Terms): ReadCase {
  const unknown: string[] = [];
  const term = (finding: Finding): CaseTerm[] => {
    const id = hpoOf(finding) ?? (finding.text === "" ? undefined : terms.find(finding.text));
    const isKnown = id !== undefined && terms.isKnown(id);
    if (!isKnown) unknown.push(finding.at);
    return !isKnown ? [] : [{ id, label: finding.text === id ? "" : finding.text }];
  };
  const { sex, age, onset, publication, findings } = patient;
  const one: PatientCase = {
    ...{ name: "", source: "", id: "", sex, age, onset, publication, diagnoses: [] },
    present: findings.filter(({ excluded }) => !excluded).flatMap(term),
    excluded: findings.filter(({ excluded }) => excluded).flatMap(term),
  };
  const shown = unknown.length > 10 ? [...unknown.slice(0, 10), `${unknown.length - 10} more`] : unknown;
  const notice = `neither a code of this release of the HPO nor exactly a name in it, so left out: ${shown.join(", ")}`;
  return { one, notices: [...patient.notices, ...(unknown.length === 0 ? [] : [notice])] };
}
