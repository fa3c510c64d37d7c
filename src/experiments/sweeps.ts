import { hostname } from "node:os";
import { ExitCode, UserError } from "../core/errors.ts";
import type { Run, TrackingStore } from "../core/store.ts";
import { Tag } from "../core/trial.ts";
import { isSameProcess } from "./process.ts";

/** What a sweep was started with, read back from its parent run. */
export interface SavedSweep {
  readonly runId: string;
  readonly experimentId: string;
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly string[];
  readonly dataHash: string;
}

/** All sweeps, newest first. */
export async function listSweeps(store: TrackingStore): Promise<readonly Run[]> {
  const page = await store.searchRuns({
    experimentIds: (await store.listExperiments()).map((e) => e.experimentId),
    filter: `tags.\`${Tag.kind}\` = 'sweep'`,
    orderBy: ["attributes.start_time DESC"],
    columns: { metrics: [], params: [], tags: [Tag.host, Tag.pid] },
  });
  return page.items;
}

/** Whether the process that runs a sweep is still there; one of another machine is taken to be. */
export function isRunning(sweep: Run): boolean {
  if (sweep.info.status !== "RUNNING") return false;
  return sweep.tags[Tag.host] !== hostname() || isSameProcess(sweep.tags[Tag.pid] ?? "");
}

/** Marks as KILLED the sweeps whose process died (kill -9, power cut), and the trials that no living sweep is running. */
export async function reapDeadSweeps(store: TrackingStore, experimentId: string, now: number): Promise<void> {
  const { items } = await store.searchRuns({
    experimentIds: [experimentId],
    filter: "attributes.status = 'RUNNING'",
    columns: { metrics: [], params: [], tags: [Tag.kind, Tag.parent, Tag.host, Tag.pid] },
  });
  const sweepOf = ({ info, tags }: Run): string | undefined =>
    tags[Tag.kind] === "sweep" ? info.runId : tags[Tag.kind] === "trial" ? tags[Tag.parent] : undefined;
  const alive = new Set(items.filter((run) => run.tags[Tag.kind] === "sweep" && isRunning(run)).map(sweepOf));
  for (const run of items) {
    const sweep = sweepOf(run);
    if (sweep !== undefined && !alive.has(sweep)) await store.write(run.info.runId, { status: "KILLED", endTime: now });
  }
}

/**
 * Finds the sweep to resume: the one named (a unique beginning of its run id will do), or the newest that did not finish.
 * @param takeOver also one that seems to be running: of another machine that is known to be gone
 * @throws UserError when there is none, several match, or it is still running
 */
export async function findSweep(store: TrackingStore, id?: string, takeOver = false): Promise<SavedSweep> {
  const sweeps = await listSweeps(store);
  const matches =
    id === undefined
      ? sweeps.filter((s) => s.info.status !== "FINISHED")
      : sweeps.filter((s) => s.info.runId.startsWith(id));
  const sweep = (id === undefined && matches.find((s) => !isRunning(s))) || matches[0];
  if (!sweep) {
    throw new UserError(id === undefined ? "no unfinished sweep" : `no sweep "${id}"`, {
      where: store.uri,
      fix: "`disease exp ls --sweeps` lists them.",
    });
  }
  if (id !== undefined && matches.length > 1) {
    throw new UserError(`${matches.length} sweeps begin with "${id}"`, { fix: "Give more digits of the run id." });
  }
  if (isRunning(sweep) && !takeOver) {
    throw new UserError(`sweep ${sweep.info.runId.slice(0, 8)} is still running`, {
      where: `process ${sweep.tags[Tag.pid]?.split("@")[0]} on ${sweep.tags[Tag.host]}`,
      fix: ["Stop it first (Ctrl-C there), or wait;", "if that machine or container is gone: --take-over"],
    });
  }
  const read = async (path: string): Promise<string> =>
    new TextDecoder().decode(await store.readArtifact(sweep.info.runId, path));
  try {
    const saved = JSON.parse(await read("sweep.json")) as { file: string; overrides: string[]; data: string };
    const { runId, experimentId } = sweep.info;
    return {
      runId,
      experimentId,
      text: await read("experiment.yaml"),
      file: saved.file,
      overrides: saved.overrides,
      dataHash: saved.data,
    };
  } catch (cause) {
    throw new UserError(`the files of sweep ${sweep.info.runId} cannot be read`, {
      exitCode: ExitCode.usage,
      where: sweep.info.artifactUri,
      fix: "Run the experiment file again: finished trials are skipped.",
      cause,
    });
  }
}
