/** The process that runs trials: joins the jobs to the reports, and serves its parent. */
import type { EngineId } from "./core/family.ts";
import { openLibrary } from "./engines/native.ts";
import { serveJobs } from "./executors/protocol.ts";
import { createJobHandlers } from "./experiments/jobs/index.ts";
import { warmUp } from "./experiments/jobs/warm.ts";
import { createKnowledge } from "./knowledge/index.ts";
import { trialReports } from "./reports/trial.ts";

serveJobs(createJobHandlers({ reports: trialReports, knowledge: createKnowledge() }), () => process.exit(0));
// While the parent still plans: it names the families and steps of its experiment.
void warmUp(process.argv.slice(2), (engine) => openLibrary(engine as EngineId));
