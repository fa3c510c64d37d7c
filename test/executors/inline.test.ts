import { createInlineExecutor } from "../../src/executors/inline.ts";
import { describeExecutor } from "../contracts/executor.contract.ts";
import { echoJobs } from "../support/echo-jobs.ts";

describeExecutor("inline", () => createInlineExecutor(echoJobs));
