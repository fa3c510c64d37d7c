/** Models for the page, of real parts, and the service with them on a port. */
import type { AddressInfo } from "node:net";
import { pageTerms } from "../../../src/app/serve/page-terms.ts";
import { openServedTable } from "../../../src/app/served/table.ts";
import type { CaseDisease, ServedCases, ServedModel, ServedTable } from "../../../src/core/serving/serving.ts";
import type { TermSearch } from "../../../src/core/serving/term-search.ts";
import { explainedDisease } from "../../../src/experiments/explain/ranking.ts";
import { loadKnowledge } from "../../../src/knowledge/base.ts";
import { diseasesByTerm } from "../../../src/knowledge/search/terms.ts";
import { caseOf } from "../../../src/lake/phenopackets/packet.ts";
import { knowledgeFor } from "../../../src/ranking/answers.ts";
import { diseaseFacts, explainDisease } from "../../../src/ranking/explain.ts";
import { listBest, probabilities } from "../../../src/ranking/listing.ts";
import { loadMethod } from "../../../src/ranking/methods.ts";
import { resolveCase } from "../../../src/ranking/query.ts";
import { clinicalRoutes } from "../../../src/serving/clinical/routes.ts";
import type { ServeSettings } from "../../../src/serving/context.ts";
import { pageRoutes } from "../../../src/serving/page/routes.ts";
import { EXCERPT } from "../knowledge.ts";
import { type Patients, packagePatients } from "./packaged.ts";
import { startService, type TestService } from "./serving.ts";

/** Ranks the diseases of the knowledge base that ships, by a method that learns nothing. */
export async function casesModel(): Promise<ServedCases> {
  const base = await loadKnowledge(EXCERPT, { notify() {} });
  const knowledge = knowledgeFor(base, { candidates: "omim", enriched: false }, []);
  const method = await loadMethod("orphan-lr");
  const { signal } = new AbortController();
  const ranker = await method.train({ knowledge, solved: [], leavePublicationOut: false, seed: 1, signal });
  const facts = diseaseFacts(knowledge);
  return {
    kind: "cases",
    identity: {
      ...{ address: "models:/rare@champion", name: "rare", version: "3", runId: null, hash: "a".repeat(64) },
      ...{ family: method.id, codeVersion: "test", knowledge: base.release },
    },
    ontology: base.ontology,
    diseases: knowledge.ids.length,
    termCounts: diseasesByTerm(base),
    rank(one, top, explained) {
      const { query, notices } = resolveCase(one, knowledge.terms);
      if (query.observed.length === 0) return { ranking: [], notices };
      const scores = ranker.score(query);
      const shares = probabilities(scores, ranker.temperature, ranker.none);
      const best = listBest(scores, top);
      const ranking = Array.from(best.diseases, (disease, at): CaseDisease => {
        const why = explainDisease(knowledge, facts, knowledge.whole, query, disease);
        return {
          ...{ id: knowledge.ids[disease]!, name: knowledge.names[disease]! },
          ...{ probability: shares[disease]!, score: best.scores[at]! },
          ...(at < explained && { explained: explainedDisease(why, knowledge.ids.length) }),
        };
      });
      return { ranking, notices };
    },
    dispose: () => ranker.dispose(),
  };
}

/** A logistic regression over a table. */
export async function tableModel(patients: Patients): Promise<ServedTable> {
  const steps = [
    { id: "impute", params: {} },
    { id: "scale", params: {} },
    { id: "encode", params: {} },
  ];
  const { files } = await packagePatients(patients, { family: "logistic", steps });
  const served = {
    ...{ address: "folder", name: null, version: null, runId: null },
    hash: "b".repeat(64),
    files,
    beside: {},
  };
  return openServedTable(served);
}

export interface PageService extends AsyncDisposable, Omit<TestService, "post" | "metric"> {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
}

export async function servePage(
  model: ServedModel,
  options: {
    readonly settings?: Partial<ServeSettings>;
    readonly terms?: (model: ServedModel) => Promise<TermSearch | null>;
  } = {},
): Promise<PageService> {
  const project = { root: "nowhere" } as Parameters<typeof pageTerms>[0];
  const terms = options.terms ?? pageTerms(project, EXCERPT);
  const phenopacket = (value: unknown) => caseOf(value, "request", "request");
  const started = startService({
    model,
    settings: options.settings,
    routes: [clinicalRoutes({ phenopacket }), pageRoutes({ terms })],
  });
  await started.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = started.app.server.address() as AddressInfo;
  return Object.assign(started, { url: `http://127.0.0.1:${port}` });
}
