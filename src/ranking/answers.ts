/** Which diseases can be an answer. */
import type { PatientCase } from "../core/cases.ts";
import type { KnowledgeBase } from "../core/knowledge.ts";
import { buildKnowledge, type DiseaseKnowledge } from "./knowledge.ts";

export interface AnswerSettings {
  readonly candidates: "omim" | "orpha" | "both";
  /** Whether Orphanet and the diseases' names add to HPOA. */
  readonly enriched: boolean;
}

const DATABASES = { omim: ["OMIM"], orpha: ["ORPHA"], both: ["OMIM", "ORPHA"] } as const;

/** Knowledge in which what cases are diagnosed with is a candidate too. */
export function knowledgeFor(
  base: KnowledgeBase,
  settings: AnswerSettings,
  cases: readonly Pick<PatientCase, "diagnoses">[],
): DiseaseKnowledge {
  const databases = DATABASES[settings.candidates];
  const others = cases
    .flatMap(({ diagnoses }) => diagnoses.slice(0, 1))
    .filter(({ id }) => databases.some((database) => id.startsWith(`${database}:`)))
    .map(({ id, label }) => ({ id, name: label }));
  return buildKnowledge(base, { databases, others, enriched: settings.enriched });
}
