import { join } from "node:path";

/**
 * The folder of a sweep that runs by itself: `mlruns/.work/live-ID.PID`, which only its owner may read. What lies in it:
 * who runs it, what it tells, what it is told to do, and what it prints.
 */
export const LIVE = /^live-[\w-]+\.(\d+)$/;
export const liveFiles = (folder: string) => ({
  owner: join(folder, "process"),
  events: join(folder, "events.ndjson"),
  commands: join(folder, "commands.ndjson"),
  log: join(folder, "log"),
});

/** Of the environment: the folder's path without the process's number. */
export const HOST = "DISEASE_SWEEP_HOST";

export type LiveCommand =
  /** A second one does not wait for the workers. */
  | { readonly type: "stop" }
  | { readonly type: "stop-trial"; readonly runId: string }
  /** Width of the terminal that will show the report. */
  | { readonly type: "columns"; readonly columns: number };
