/** The process that runs trials: joins the jobs to the reports, and serves its parent. */
import type { JobHandler } from "./core/executor.ts";
import type { EngineId } from "./core/family.ts";
import type { TrackingStore } from "./core/store.ts";
import { openLibrary } from "./engines/native.ts";
import { dieWithParent } from "./engines/parent-death.ts";
import { engineStatus } from "./engines/status.ts";
import { serveJobs } from "./executors/protocol.ts";
import { createJobHandlers } from "./experiments/jobs/index.ts";
import { warmUp } from "./experiments/jobs/warm.ts";
import type { ComparisonPayload } from "./experiments/read/compare.ts";
import type { Standing, StandingPayload } from "./experiments/read/versus-best.ts";
import { createKnowledge } from "./knowledge/index.ts";
import { trialReports } from "./reports/trial.ts";

/** Does something with the store of a board, which its jobs open by themselves. */
async function reading<T>(
  { folder, server }: Pick<StandingPayload, "folder" | "server">,
  action: (store: TrackingStore) => Promise<T>,
): Promise<T> {
  const store =
    server === undefined
      ? (await import("./stores/embedded/store.ts")).openEmbeddedStore({ folder, readOnly: true })
      : (await import("./stores/remote/store.ts")).openRemoteStore({ uri: server });
  try {
    return await action(store);
  } finally {
    store.close();
  }
}

/** Tests lines of the board against the first. */
async function standing(payload: unknown): Promise<readonly Standing[]> {
  const { lines, metric } = payload as StandingPayload;
  const { standings } = await import("./experiments/read/versus-best.ts");
  return reading(payload as StandingPayload, (store) => standings(store, lines, metric));
}

const comparison: JobHandler = async (payload, { emit }) => {
  const { compareTrials } = await import("./experiments/read/compare.ts");
  const options = payload as ComparisonPayload;
  return reading(options, (store) => compareTrials(store, { ...options, onStep: emit }));
};

const jobs = createJobHandlers({ reports: trialReports, knowledge: createKnowledge() });
serveJobs({ ...jobs, standing, comparison, engines: () => engineStatus() }, () => process.exit(0), dieWithParent);
// While the parent still plans: it names the families and steps of its experiment.
void warmUp(process.argv.slice(2), (engine) => openLibrary(engine as EngineId));
