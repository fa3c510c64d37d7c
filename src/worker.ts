/** The process that runs trials: joins the jobs to the reports, and serves its parent. */
import type { EngineId } from "./core/family.ts";
import { openLibrary } from "./engines/native.ts";
import { dieWithParent } from "./engines/parent-death.ts";
import { engineStatus } from "./engines/status.ts";
import { serveJobs } from "./executors/protocol.ts";
import { createJobHandlers } from "./experiments/jobs/index.ts";
import { warmUp } from "./experiments/jobs/warm.ts";
import type { Standing, StandingPayload } from "./experiments/read/versus-best.ts";
import { createKnowledge } from "./knowledge/index.ts";
import { trialReports } from "./reports/trial.ts";

/** Tests lines of the board against the first; reads the store by itself. */
async function standing(payload: unknown): Promise<readonly Standing[]> {
  const { folder, server, lines, metric } = payload as StandingPayload;
  const { standings } = await import("./experiments/read/versus-best.ts");
  const store =
    server === undefined
      ? (await import("./stores/embedded/store.ts")).openEmbeddedStore({ folder, readOnly: true })
      : (await import("./stores/remote/store.ts")).openRemoteStore({ uri: server });
  try {
    return await standings(store, lines, metric);
  } finally {
    store.close();
  }
}

const jobs = createJobHandlers({ reports: trialReports, knowledge: createKnowledge() });
serveJobs({ ...jobs, standing, engines: () => engineStatus() }, () => process.exit(0), dieWithParent);
// While the parent still plans: it names the families and steps of its experiment.
void warmUp(process.argv.slice(2), (engine) => openLibrary(engine as EngineId));
