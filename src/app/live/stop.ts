import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../../core/errors.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import { isRunning, listSweeps } from "../../experiments/sweeps.ts";
import type { Project } from "../project.ts";
import type { LiveEvent } from "./events.ts";
import { findLive, type LiveSweep, openLive } from "./watch.ts";

/** A sweep that is running, with what it has told so far. */
export interface RunningSweep {
  readonly live: LiveSweep;
  readonly told: readonly LiveEvent[];
  /** Run ids of its sweeps, newest first; with a gate to reach there may be several. */
  readonly sweepIds: readonly string[];
}

/** Sweeps that can be attached to, newest first; to be closed. */
export function runningSweeps(project: Project): readonly RunningSweep[] {
  return findLive(project).map((folder) => {
    const live = openLive(folder);
    const told = live.news();
    const sweepIds = told.flatMap((e) => (e.type === "planned" && e.sweepId !== null ? [e.sweepId] : []));
    return { live, told, sweepIds: sweepIds.reverse() };
  });
}

/**
 * The sweep to attach to: the one named (the beginning of its run id will do), or the newest.
 * @throws UserError that says what there is instead
 */
export async function findRunning(project: Project, store: TrackingStore, id?: string): Promise<RunningSweep> {
  const all = runningSweeps(project);
  const found = all.find(({ sweepIds }) => id === undefined || sweepIds.some((sweep) => sweep.startsWith(id)));
  for (const other of all) if (other !== found) other.live.close();
  if (found) return found;
  const sweeps = await listSweeps(store);
  const running = sweeps.find((s) => isRunning(s) && (id === undefined || s.info.runId.startsWith(id)));
  if (running) {
    throw new UserError(`sweep ${running.info.runId.slice(0, 8)} runs in its own terminal, or in a script`, {
      where: `process ${running.tags[Tag.pid]?.split("@")[0]} on ${running.tags[Tag.host]}`,
      fix: "See its runs: disease board. Stop it: disease exp stop.",
    });
  }
  throw notRunning(sweeps, id);
}

/** What says that nothing of that name runs, and what ended last. */
function notRunning(sweeps: readonly Run[], id?: string): UserError {
  const last = sweeps.find((s) => id === undefined || s.info.runId.startsWith(id)) ?? sweeps[0];
  const ended = last?.info.endTime;
  const when = ended ? ` at ${new Date(ended).toLocaleString("sv")}` : "";
  return new UserError(id === undefined ? "no sweep is running" : `no running sweep or trial "${id}"`, {
    ...(last && {
      where: `the last sweep: ${last.info.runId.slice(0, 8)}, ${last.info.status.toLowerCase()}${when}`,
    }),
    fix: last ? "See what came of it: disease exp leaderboard." : "Begin one: disease exp run FILE.",
  });
}

export interface Stopped {
  readonly kind: "sweep" | "trial";
  readonly runId: string | null;
  /** Of a trial. */
  readonly name?: string;
}

/** Milliseconds between looks whether it has stopped. */
const LOOK = 100;

/**
 * Stops a running sweep (the only one where none is named), or one trial of it, and waits until it has. A sweep keeps what
 * is finished. It may run in a process of its own or in its own terminal; a trial is stopped in the former alone.
 * @param id beginning of the run id of the sweep or the trial
 * @throws UserError when there is none, or more than one, or it had ended
 */
export async function stopRunning(project: Project, store: TrackingStore, id?: string): Promise<Stopped> {
  const all = runningSweeps(project);
  try {
    const lives = all.filter(({ sweepIds }) => id === undefined || sweepIds.some((sweep) => sweep.startsWith(id)));
    const owned = new Set(all.flatMap(({ sweepIds }) => sweepIds));
    const sweeps = await listSweeps(store);
    const plain = sweeps.filter(
      (sweep) =>
        isRunning(sweep) && !owned.has(sweep.info.runId) && (id === undefined || sweep.info.runId.startsWith(id)),
    );
    if (lives.length + plain.length > 1) {
      const ids = [...lives.map(({ sweepIds }) => sweepIds[0] ?? "?"), ...plain.map(({ info }) => info.runId)];
      throw new UserError(`${ids.length} sweeps are running`, {
        where: ids.map((sweep) => sweep.slice(0, 8)).join(", "),
        fix: "Name the one to stop.",
      });
    }
    if (lives[0]) return await stopLive(lives[0]);
    if (plain[0]) return await stopPlain(plain[0]);
    for (const sweep of all) {
      const trial = runningTrials(sweep.told).find(({ runId }) => id !== undefined && runId.startsWith(id));
      if (trial) return await stopTrial(sweep, trial);
    }
    throw notRunning(sweeps, id);
  } finally {
    for (const { live } of all) live.close();
  }
}

async function stopLive({ live, sweepIds }: RunningSweep): Promise<Stopped> {
  live.send({ type: "stop" });
  while (live.running()) await delay(LOOK);
  return { kind: "sweep", runId: sweepIds[0] ?? null };
}

async function stopPlain(sweep: Run): Promise<Stopped> {
  const pid = Number(sweep.tags[Tag.pid]?.split("@")[0]);
  const refused = (cause?: unknown): UserError =>
    new UserError(`sweep ${sweep.info.runId.slice(0, 8)} cannot be stopped from here`, {
      where: `process ${pid} on ${sweep.tags[Tag.host]}`,
      fix: "Stop it where it runs.",
      cause,
    });
  if (sweep.tags[Tag.host] !== hostname()) throw refused(); // the number is another's here
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    throw refused(error);
  }
  while (isRunning(sweep)) await delay(LOOK);
  return { kind: "sweep", runId: sweep.info.runId };
}

type Started = Extract<LiveEvent, { type: "started" }>;

async function stopTrial({ live }: RunningSweep, { runId, trial }: Started): Promise<Stopped> {
  live.send({ type: "stop-trial", runId });
  const ends = (e: LiveEvent): boolean => "runId" in e && e.type !== "started" && e.runId === runId;
  let end: LiveEvent | undefined;
  // With its last trial the sweep ends: what it told before it went is read once more.
  for (let running = true; running && !end; ) {
    running = live.running();
    end = live.news().find(ends);
    if (running && !end) await delay(LOOK);
  }
  if (end?.type === "stopped") return { kind: "trial", runId, name: trial.name };
  throw new UserError(`trial ${runId.slice(0, 8)} had ended before it could be stopped`, {
    where: trial.name,
    fix: `See what came of it: disease exp show ${runId.slice(0, 8)}.`,
  });
}

/** Trials that have begun and not ended. */
function runningTrials(told: readonly LiveEvent[]): readonly Started[] {
  const ended = new Set(told.flatMap((e) => ("runId" in e && e.type !== "started" ? [e.runId] : [])));
  return told.filter((e): e is Started => e.type === "started" && !ended.has(e.runId));
}
