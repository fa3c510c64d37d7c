/** A model that ranks rare diseases for cases, opened to answer. */
import { UserError } from "../../core/errors.ts";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import type { CaseDisease, ServedCases } from "../../core/serving/serving.ts";
import { explainedDisease } from "../../experiments/explain/ranking.ts";
import { RANKER_FILES, type RankingCard } from "../../experiments/ranking/model.ts";
import { diseasesByTerm } from "../../knowledge/search/terms.ts";
import { knowledgeFor } from "../../ranking/answers.ts";
import { diseaseFacts, explainDisease } from "../../ranking/explain.ts";
import type { DiseaseKnowledge } from "../../ranking/knowledge.ts";
import { listBest, probabilities } from "../../ranking/listing.ts";
import type { Ranker } from "../../ranking/method.ts";
import { readModel } from "../../ranking/model.ts";
import { resolveCase } from "../../ranking/query.ts";
import { openKnowledge } from "../cases.ts";
import type { Project } from "../project.ts";
import { withSmallHeap } from "../small-heap.ts";
import { identityOf, type OpenServedOptions, type ServedFiles, summaryOf } from "./identity.ts";

/** @throws UserError when it was trained over another knowledge base */
export async function openServedCases(
  project: Project,
  served: ServedFiles,
  options: OpenServedOptions,
): Promise<ServedCases> {
  const saved = readModel(served.files[RANKER_FILES.newPatient]!, served.address);
  const { base } = await withSmallHeap(() => openKnowledge(project, options.knowledge, options.notify));
  const { settings } = saved;
  if (settings.knowledge !== base.release.hash) {
    throw new UserError("the model was trained over another knowledge base", {
      where: served.address,
      fix: `It knows ${settings.releases} (${settings.knowledge.slice(0, 8)}): give its folder with --knowledge DIR, or train again.`,
    });
  }
  const others = settings.others.map(({ id, name }) => ({ diagnoses: [{ id, label: name }] }));
  const knowledge = knowledgeFor(base, settings, others);
  const ranker = await saved.open(knowledge);
  const head = served.files["model.json"];
  const card = head && (JSON.parse(new TextDecoder().decode(head)) as RankingCard);
  const identity = identityOf(served, {
    family: card?.family ?? saved.method,
    codeVersion: card?.codeVersion ?? "",
    knowledge: base.release,
  });
  const { leavePublicationOut } = settings;
  const { validation } = summaryOf(served);
  return servedRanking({ identity, validation, base, knowledge, ranker, leavePublicationOut });
}

/** A ranker over its knowledge, which was built from `base`, so that it answers. */
export function servedRanking({
  identity,
  validation,
  base,
  knowledge,
  ranker,
  leavePublicationOut,
}: Pick<ServedCases, "identity" | "validation"> & {
  readonly base: KnowledgeBase;
  readonly knowledge: DiseaseKnowledge;
  readonly ranker: Ranker;
  /** Whether what rests on a case's own publication counts for nothing. */
  readonly leavePublicationOut: boolean;
}): ServedCases {
  const facts = diseaseFacts(knowledge);
  return {
    kind: "cases",
    identity,
    validation,
    ontology: base.ontology,
    termCounts: diseasesByTerm(base),
    diseases: knowledge.ids.length,
    saysNone: ranker.none !== undefined,
    rank(one, top, explained) {
      const { query, notices } = resolveCase(one, knowledge.terms);
      if (query.observed.length === 0) return { ranking: [], notices };
      const scores = ranker.score(query);
      const best = listBest(scores, top);
      const shares = probabilities(scores, ranker.temperature, ranker.none);
      const view = leavePublicationOut ? knowledge.without(query.publication) : knowledge.whole;
      const ranking = Array.from(best.diseases, (disease, at): CaseDisease => {
        const answer = {
          id: knowledge.ids[disease]!,
          name: knowledge.names[disease]!,
          probability: shares[disease]!,
          score: best.scores[at]!,
        };
        if (at >= explained) return answer;
        return {
          ...answer,
          explained: explainedDisease(explainDisease(knowledge, facts, view, query, disease), knowledge.ids.length),
        };
      });
      if (ranker.none === undefined) return { ranking, notices };
      let all = 0;
      for (let d = 0; d < shares.length; d++) all += shares[d]!;
      return { ranking, none: 1 - all, notices };
    },
    dispose: () => ranker.dispose(),
  };
}
