import { dieWithParent } from "../../src/engines/parent-death.ts";
import { serveJobs } from "../../src/executors/protocol.ts";
import { echoJobs } from "./echo-jobs.ts";

serveJobs(echoJobs, () => process.exit(0), dieWithParent);
