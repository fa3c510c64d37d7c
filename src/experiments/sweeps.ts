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

const PARENTS = { metrics: [], params: [], tags: [Tag.host, Tag.pid] } as const;

/** Sweeps of an experiment (or of all), newest first. */
export async function listSweeps(
  store: TrackingStore,
  experimentIds?: readonly string[],
  filter = "",
): Promise<readonly Run[]> {
  const ids = experimentIds ?? (await store.listExperiments()).map((e) => e.experimentId);
  const page = await store.searchRuns({
    experimentIds: ids,
    filter: `tags.\`${Tag.kind}\` = 'sweep'${filter}`,
    orderBy: ["attributes.start_time DESC"],
    columns: PARENTS,
  });
  return page.items;
}

/** Whether the process that runs a sweep is still there; one of another machine is taken to be. */
export function isRunning(sweep: Run): boolean {
  if (sweep.info.status !== "RUNNING") return false;
  return sweep.tags[Tag.host] !== hostname() || isSameProcess(sweep.tags[Tag.pid] ?? "");
}

/**
 * Marks sweeps whose process died (kill -9, power cut), and the trials that they had begun, as KILLED.
 * @returns run ids of the sweeps
 */
export async function reapDeadSweeps(
  store: TrackingStore,
  experimentId: string,
  now: number,
): Promise<readonly string[]> {
  const dead = (await listSweeps(store, [experimentId], " and attributes.status = 'RUNNING'")).filter(
    (s) => !isRunning(s),
  );
  for (const sweep of dead) {
    const trials = await store.searchRuns({
      experimentIds: [experimentId],
      filter: `attributes.status = 'RUNNING' and tags.\`${Tag.parent}\` = '${sweep.info.runId}'`,
      columns: { metrics: [], params: [], tags: [] },
    });
    for (const { info } of [...trials.items, sweep]) await store.write(info.runId, { status: "KILLED", endTime: now });
  }
  return dead.map((s) => s.info.runId);
}

/**
 * Finds the sweep to resume: the one named (a unique beginning of its run id will do), or the newest that did not finish.
 * @throws UserError when there is none, several match, or it is still running
 */
export async function findSweep(store: TrackingStore, id?: string): Promise<SavedSweep> {
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
  if (isRunning(sweep)) {
    throw new UserError(`sweep ${sweep.info.runId.slice(0, 8)} is still running`, {
      where: `process ${sweep.tags[Tag.pid]?.split("@")[0]} on ${sweep.tags[Tag.host]}`,
      fix: "Stop it first (Ctrl-C there), or wait.",
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
