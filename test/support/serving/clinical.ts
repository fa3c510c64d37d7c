/** What tests of the clinical API ask with: a table of symptoms, a ranking of a few diseases, and one request. */
import { servedRanking } from "../../../src/app/served/cases.ts";
import type { InputColumn, ServedCases, ServedModel } from "../../../src/core/serving/serving.ts";
import { caseOf } from "../../../src/lake/phenopackets/packet.ts";
import { knowledgeFor } from "../../../src/ranking/answers.ts";
import { loadMethod } from "../../../src/ranking/methods.ts";
import type { Mapping } from "../../../src/serving/clinical/mapping.ts";
import { clinicalRoutes } from "../../../src/serving/clinical/routes.ts";
import type { ServeSettings } from "../../../src/serving/context.ts";
import { openApiRoutes } from "../../../src/serving/openapi/routes.ts";
import { smallKnowledge } from "../knowledge.ts";
import { ageModel, startService, type TestService } from "./serving.ts";

export const COLUMNS: readonly InputColumn[] = [
  { name: "age", kind: "numeric" },
  { name: "sex", kind: "categorical", levels: ["F", "M"] },
  { name: "systolic", kind: "numeric" },
  { name: "HP:0001250 Seizure", kind: "boolean" },
  { name: "murmur", kind: "categorical", levels: ["no", "yes"] },
  { name: "symptoms", kind: "multilabel", levels: ["HP:0001251", "Fibrillation"] },
];

/** Ranks three diseases of a small ontology by orphan-lr. */
export async function casesModel(): Promise<ServedCases> {
  const base = await smallKnowledge([
    { disease: "OMIM:1", term: "seizure", reference: "PMID:1", frequency: "9/10" },
    { disease: "OMIM:1", term: "ataxia", reference: "PMID:1", frequency: "8/10" },
    { disease: "OMIM:2", term: "murmur", reference: "PMID:2", frequency: "9/10" },
    { disease: "OMIM:3", term: "fibrillation", reference: "PMID:3", frequency: "5/10" },
  ]);
  const knowledge = knowledgeFor(base, { candidates: "omim", enriched: false }, []);
  const method = await loadMethod("orphan-lr");
  const ranker = await method.train({
    ...{ knowledge, solved: [], leavePublicationOut: false, seed: 1 },
    signal: new AbortController().signal,
  });
  return servedRanking({
    identity: {
      ...{ address: "models:/rare@champion", name: "rare", version: "1", runId: null, hash: "a".repeat(64) },
      ...{ family: "orphan-lr", codeVersion: "test", knowledge: base.release },
    },
    ...{ base, knowledge, ranker, leavePublicationOut: false },
  });
}

export function startClinical(
  options: {
    readonly model?: ServedModel;
    readonly mapping?: Mapping;
    readonly settings?: Partial<ServeSettings>;
  } = {},
): TestService {
  const { model = ageModel({ input: COLUMNS }), mapping, settings } = options;
  const phenopacket = (value: unknown) => caseOf(value, "", "");
  const now = () => Date.parse("2026-11-24");
  return startService({
    ...{ model, settings },
    routes: [clinicalRoutes({ phenopacket, now, ...(mapping && { mapping }) }), openApiRoutes],
  });
}

export async function diagnose(
  { app }: TestService,
  body: unknown,
  { query = "", type = "application/json" }: { readonly query?: string; readonly type?: string } = {},
): Promise<{ readonly status: number; readonly type: string; readonly json: unknown }> {
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  const response = await app.inject({
    ...{ method: "POST", url: `/v1/diagnose${query}`, payload, headers: { "content-type": type } },
  });
  return { status: response.statusCode, type: String(response.headers["content-type"]), json: response.json() };
}
