/** Models for the page, of real parts, and the service with them on a port. */
import type { AddressInfo } from "node:net";
import { pageTerms } from "../../../src/app/serve/page-terms.ts";
import { servedRanking } from "../../../src/app/served/cases.ts";
import { openServedTable } from "../../../src/app/served/table.ts";
import type { ServedCases, ServedModel, ServedTable } from "../../../src/core/serving/serving.ts";
import type { TermSearch } from "../../../src/core/serving/term-search.ts";
import { loadKnowledge } from "../../../src/knowledge/base.ts";
import { caseOf } from "../../../src/lake/phenopackets/packet.ts";
import { knowledgeFor } from "../../../src/ranking/answers.ts";
import { loadMethod } from "../../../src/ranking/methods.ts";
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
  return servedRanking({
    identity: {
      ...{ address: "models:/rare@champion", name: "rare", version: "3", runId: null, hash: "a".repeat(64) },
      ...{ family: method.id, codeVersion: "test", knowledge: base.release },
    },
    ...{ base, knowledge, ranker, leavePublicationOut: false },
  });
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
