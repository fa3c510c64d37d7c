/** The process that runs trials: joins the jobs to the reports, and serves its parent. */
import { serveJobs } from "./executors/protocol.ts";
import { createJobHandlers } from "./experiments/jobs/index.ts";
import { createKnowledge } from "./knowledge/index.ts";
import { trialReports } from "./reports/trial.ts";

serveJobs(createJobHandlers({ reports: trialReports, knowledge: createKnowledge() }), () => process.exit(0));
