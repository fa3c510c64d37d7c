import type { JobHandler } from "../../core/executor.ts";
import type { Knowledge } from "../../core/knowledge.ts";
import { type EnsemblePayload, runEnsemble } from "./ensemble.ts";
import type { TrialReports } from "./finish.ts";
import { type PreparePayload, prepare } from "./prepare.ts";
import { type RankingPayload, runRanking } from "./ranking.ts";
import { createPreparedCache, runTrial, type TrialPayload } from "./trial.ts";

/** The jobs of a sweep: `prepare`, `trial` and `ensemble` of tables, `ranking` of cases. */
export function createJobHandlers(ports: {
  readonly reports: TrialReports;
  readonly knowledge?: Knowledge;
}): Readonly<Record<"prepare" | "trial" | "ensemble" | "ranking", JobHandler>> {
  const prepared = createPreparedCache();
  return {
    prepare: (payload, { signal }) => prepare(payload as PreparePayload, signal, ports.knowledge),
    async trial(payload, context) {
      const job = payload as TrialPayload;
      return runTrial(job, await prepared(job.preparedFile), ports.reports, context, ports.knowledge);
    },
    ranking: (payload, { signal }) => {
      if (ports.knowledge === undefined) throw new Error("this worker has no knowledge");
      return runRanking(payload as RankingPayload, ports.knowledge, signal);
    },
    ensemble: (payload, { signal }) => runEnsemble(payload as EnsemblePayload, ports.reports, signal),
  };
}
