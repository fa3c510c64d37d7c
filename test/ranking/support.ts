import type { PatientCase } from "../../src/core/cases.ts";
import type { KnowledgeBase } from "../../src/core/knowledge.ts";
import { buildKnowledge, type DiseaseKnowledge, type KnowledgeOptions } from "../../src/ranking/knowledge.ts";
import type { Ranker } from "../../src/ranking/method.ts";
import { loadMethod } from "../../src/ranking/methods.ts";
import { resolveCase, type SolvedCase, solvedCases } from "../../src/ranking/query.ts";

/** Knowledge in which the diagnoses of the cases are candidates too. */
export function knowledgeOf(
  base: KnowledgeBase,
  cases: readonly PatientCase[] = [],
  options: KnowledgeOptions = {},
): DiseaseKnowledge {
  const others = cases.flatMap(({ diagnoses }) => diagnoses.map(({ id, label }) => ({ id, name: label })));
  return buildKnowledge(base, { others, ...options });
}

export async function rankerOf(
  id: string,
  knowledge: DiseaseKnowledge,
  leavePublicationOut: boolean,
  cases: readonly PatientCase[] = [],
): Promise<Ranker> {
  const solved = solvedCases(cases, knowledge);
  const { signal } = new AbortController();
  return (await loadMethod(id)).train({ knowledge, solved, leavePublicationOut, seed: 1, signal });
}

/** Scores of the diseases by id. */
export function scoresOf(ranker: Ranker, knowledge: DiseaseKnowledge, one: PatientCase): Record<string, number> {
  const scores = ranker.score(resolveCase(one, knowledge.terms).query);
  return Object.fromEntries(knowledge.ids.map((id, i) => [id, scores[i]]));
}

/** The vector of a disease by ids of terms. */
export function vectorOf(knowledge: DiseaseKnowledge, id: string): Record<string, number> {
  const { rows, terms } = knowledge;
  const disease = knowledge.indexOf(id)!;
  const entries: [string, number][] = [];
  for (let at = rows.offsets[disease]; at < rows.offsets[disease + 1]; at++)
    entries.push([terms.ontology.ids[rows.terms[at]], rows.values[at]]);
  return Object.fromEntries(entries);
}

export type { SolvedCase };
