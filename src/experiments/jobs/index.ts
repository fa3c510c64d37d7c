import type { JobHandler } from "../../core/executor.ts";
import type { Knowledge } from "../../core/knowledge.ts";
import { type PreparePayload, prepare } from "./prepare.ts";
import { createPreparedCache, runTrial, type TrialPayload, type TrialReports } from "./trial.ts";

/** The jobs of a sweep: `prepare` and `trial`. */
export function createJobHandlers(ports: {
  readonly reports: TrialReports;
  readonly knowledge?: Knowledge;
}): Readonly<Record<"prepare" | "trial", JobHandler>> {
  const prepared = createPreparedCache();
  return {
    prepare: (payload, { signal }) => prepare(payload as PreparePayload, signal, ports.knowledge),
    async trial(payload, context) {
      const job = payload as TrialPayload;
      return runTrial(job, await prepared(job.preparedFile), ports.reports, context);
    },
  };
}
