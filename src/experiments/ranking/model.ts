/** The saved model of a trial on cases: one ranker for each setting of docs/orphan.md. */
import type { PatientCase } from "../../core/cases.ts";
import { UserError } from "../../core/errors.ts";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import { type AnswerSettings, knowledgeFor } from "../../ranking/answers.ts";
import type { DiseaseKnowledge } from "../../ranking/knowledge.ts";
import type { Ranker, RankerSettings } from "../../ranking/method.ts";
import { loadMethod } from "../../ranking/methods.ts";
import { readModel, saveModel } from "../../ranking/model.ts";
import { type SolvedCase, solvedCases } from "../../ranking/query.ts";

/** Of (b), for new patients, and of (a), for comparison alone. */
export const RANKER_FILES = { newPatient: "orphan.bin", allAnnotations: "orphan_all_annotations.bin" } as const;

/** What `model.json` says of it. */
export interface RankingCard {
  readonly format: 1;
  readonly input: "cases";
  readonly family: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly candidates: AnswerSettings["candidates"];
  /** Hash of the knowledge base, and its releases as a person reads them. */
  readonly knowledge: Pick<RankerSettings, "knowledge" | "releases">;
  readonly codeVersion: string;
}

/** Rankers of both settings over one knowledge. */
export interface Rankers {
  readonly knowledge: DiseaseKnowledge;
  readonly newPatient: Ranker;
  readonly allAnnotations: Ranker;
  dispose(): void;
}

export interface TrainSpec {
  readonly family: string;
  /** With `evidence`. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly candidates: AnswerSettings["candidates"];
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal;
}

/**
 * Trains both rankers on cases with a diagnosis.
 * @returns the rankers, and their files by name
 * @throws UserError when the family cannot learn from these cases
 */
export async function trainRankers(
  base: KnowledgeBase,
  cases: readonly PatientCase[],
  spec: TrainSpec,
): Promise<{ readonly rankers: Rankers; readonly files: Readonly<Record<string, Uint8Array>> }> {
  const { seed, threads, signal, candidates } = spec;
  const { evidence, ...params } = spec.params;
  const enriched = evidence !== "hpoa";
  const method = await loadMethod(spec.family);
  const knowledge = knowledgeFor(base, { candidates, enriched }, cases);
  const solved = solvedCases(cases, knowledge);
  const shared = { knowledge: base.release.hash, releases: releasesText(base), candidates, enriched };
  const others = othersOf(solved, knowledge);
  const files: Record<string, Uint8Array> = {};
  const trained: Ranker[] = [];
  const train = async (leavePublicationOut: boolean, file: string): Promise<Ranker> => {
    const ranker = await method.train({ knowledge, solved, leavePublicationOut, params, seed, threads, signal });
    trained.push(ranker);
    files[file] = saveModel(method, { ...shared, leavePublicationOut, others }, params, ranker, solved);
    return ranker;
  };
  const dispose = (): void => {
    for (const ranker of trained) ranker.dispose();
  };
  try {
    const newPatient = await train(true, RANKER_FILES.newPatient);
    const allAnnotations = await train(false, RANKER_FILES.allAnnotations);
    return { rankers: { knowledge, newPatient, allAnnotations, dispose }, files };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * Opens the rankers of a saved model.
 * @param files of the model, by name
 * @throws UserError when a file is missing, or they were trained over other knowledge
 */
export async function openRankers(
  files: Readonly<Record<string, Uint8Array>>,
  base: KnowledgeBase,
  where: string,
): Promise<Rankers> {
  const [first, second] = [RANKER_FILES.newPatient, RANKER_FILES.allAnnotations].map((name) => {
    const bytes = files[name];
    if (!bytes) throw new UserError(`no saved ranking model: ${name} is missing`, { where });
    return readModel(bytes, where);
  });
  const { settings } = first!;
  if (settings.knowledge !== base.release.hash) {
    throw new UserError("the model was trained over another knowledge base", {
      where,
      fix: `It knows ${settings.releases} (${settings.knowledge.slice(0, 8)}): put that back, or train again.`,
    });
  }
  const knowledge = knowledgeFor(
    base,
    settings,
    settings.others.map(({ id, name }) => ({ diagnoses: [{ id, label: name }] })),
  );
  const newPatient = await first!.open(knowledge);
  const allAnnotations = await second!.open(knowledge);
  return {
    ...{ knowledge, newPatient, allAnnotations },
    dispose() {
      newPatient.dispose();
      allAnnotations.dispose();
    },
  };
}

/** "hpo 2025-01-16, hpoa 2025-01-16, orphanet" */
export function releasesText({ release }: Pick<KnowledgeBase, "release">): string {
  return release.files.map(({ what, version }) => `${what} ${version}`.trim()).join(", ");
}

/** Diseases of the cases with their names, which are candidates whatever the knowledge base says of them. */
export function othersOf(solved: readonly SolvedCase[], knowledge: DiseaseKnowledge): RankerSettings["others"] {
  const ids = new Set(solved.map(({ disease }) => disease));
  return [...ids].flatMap((id) => {
    const disease = knowledge.indexOf(id);
    return disease === undefined ? [] : { id, name: knowledge.names[disease]! };
  });
}
