import type { JobHandler } from "../../core/executor.ts";
import type { Knowledge } from "../../core/knowledge.ts";
import { type EnsemblePayload, runEnsemble } from "./ensemble.ts";
import type { TrialReports } from "./finish.ts";
import { type PreparePayload, prepare } from "./prepare.ts";
import { createPreparedCache, runTrial, type TrialPayload } from "./trial.ts";

/** The jobs of a sweep: `prepare`, `trial` and `ensemble`. */
export function createJobHandlers(ports: {
  readonly reports: TrialReports;
  readonly knowledge?: Knowledge;
}): Readonly<Record<"prepare" | "trial" | "ensemble", JobHandler>> {
  const prepared = createPreparedCache();
  return {
    prepare: (payload, { signal }) => prepare(payload as PreparePayload, signal, ports.knowledge),
    async trial(payload, context) {
      const job = payload as TrialPayload;
      return runTrial(job, await prepared(job.preparedFile), ports.reports, context);
    },
    ensemble: (payload, { signal }) => runEnsemble(payload as EnsemblePayload, ports.reports, signal),
  };
}
