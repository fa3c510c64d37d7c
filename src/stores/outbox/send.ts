import { messageOf, UserError } from "../../core/errors.ts";
import type { DatasetInput } from "../../core/store.ts";
import { type Desk, type Ledger, parentOf } from "./desk.ts";
import { batchesOf, difference, digestOf, hasEnded, wantedBody } from "./difference.ts";
import { filesToSend, sendFiles } from "./files.ts";
import { allOf, concernsAll } from "./gate.ts";
import type { LocalFile, LocalRun } from "./local.ts";
import { modelsToSend, sendModels } from "./models.ts";
import { createPlaces } from "./place.ts";
import { sendPoints } from "./points.ts";
import type { Link } from "./state.ts";

/** What of a run is not on the far side yet. */
export interface Lack {
  readonly body: boolean;
  readonly points: number;
  readonly files: readonly LocalFile[];
  readonly models: number;
}

/**
 * undefined when it lacks nothing (a run that goes on will, later).
 * @param quick does not look at the files of a run that was sent whole: to look at many takes seconds
 */
export function lackOf(desk: Ledger, run: LocalRun, quick = false): Lack | undefined {
  const { lifecycleStage, runId } = run.run.info;
  const link = desk.link(runId);
  if (link.deleted === "theirs") return undefined;
  const isDeleted = lifecycleStage === "deleted";
  const lack = {
    body: link.digest !== digestOf(wantedBody(run.run, parentOf(desk, run))),
    points: isDeleted ? 0 : Math.abs(run.points - link.points),
    files: isDeleted || (quick && link.settled) ? [] : filesToSend(desk, run),
    models: isDeleted ? 0 : modelsToSend(desk, run).length,
  };
  const isLacking = lack.body || lack.points > 0 || lack.files.length > 0 || lack.models > 0;
  return isLacking || (isOver(run) && !link.settled) ? lack : undefined;
}

/** Whether nothing more is to be expected of a run. */
export function isOver({ run }: LocalRun): boolean {
  return run.info.lifecycleStage === "deleted" || hasEnded(run.info.status);
}

export interface Sender {
  /**
   * Brings a run on the far side to what it is here: the run itself (its parent first), params, tags and inputs, metrics in
   * their order, files, and at last that it has ended. What is there is not written twice, whatever was cut before.
   * @throws what concerns the whole far side; what is wrong with this run alone is in its link
   */
  send(run: LocalRun): Promise<void>;
}

export function createSender(desk: Desk): Sender {
  const { remote, bodies } = desk;
  const { call } = desk.gate;
  const places = createPlaces(desk);

  /** MLflow refuses a dataset that two runs bring at the same time for the first time: one goes ahead. */
  const making = new Map<string, Promise<void>>();
  const made = new Set<string>();
  async function sendInputs(run: LocalRun, remoteId: string, inputs: readonly DatasetInput[]): Promise<void> {
    const keys = inputs.map(({ name, digest }) => JSON.stringify([run.experiment, name, digest]));
    while (keys.some((key) => making.has(key))) await Promise.allSettled(keys.map((key) => making.get(key)));
    const fresh = keys.filter((key) => !made.has(key));
    const sent = call(() => remote.write(remoteId, { inputs }));
    for (const key of fresh) making.set(key, sent);
    try {
      await sent;
      for (const key of keys) made.add(key);
    } finally {
      for (const key of fresh) making.delete(key);
    }
  }

  async function sendAll(run: LocalRun): Promise<void> {
    const { info } = run.run;
    const link = desk.link(info.runId);
    const isDeleted = info.lifecycleStage === "deleted";
    if (isDeleted && link.remoteId === undefined) return settle(run); // nobody needs to see it there
    const { remoteId, body, metrics } = await places.look(run);
    bodies.delete(info.runId); // until all of this is known to have arrived
    if (isDeleted) {
      noteBefore(run, { deleted: "ours" });
      if (body.lifecycle === "active") await call(() => remote.deleteRun(remoteId));
      return settle(run);
    }
    if (body.lifecycle === "deleted") {
      if (link.deleted !== "ours") {
        link.deleted = "theirs";
        return settle(run);
      }
      noteBefore(run, {});
      await call(() => remote.restoreRun(remoteId));
    }
    link.deleted = "no";

    const want = wantedBody(run.run, parentOf(desk, run));
    const { conflicts, gone, ...lacking } = difference(want, body, link.tagKeys);
    const { status, endTime } = want;
    const isEnding = hasEnded(status) && (body.status !== status || body.endTime !== endTime);
    const isStarting = !hasEnded(status) && body.status !== status;
    const parts = [lacking.params, lacking.tags, lacking.inputs, gone];
    if (isStarting || isEnding || parts.some((part) => Object.keys(part).length > 0)) {
      noteBefore(run, { tagKeys: [...new Set([...link.tagKeys, ...Object.keys(want.tags)])] });
    }
    for (const batch of batchesOf({ ...lacking, inputs: [] })) await call(() => remote.write(remoteId, batch));
    if (lacking.inputs.length > 0) await sendInputs(run, remoteId, lacking.inputs);
    for (const key of gone) await call(() => remote.deleteTag(remoteId, key));
    link.tagKeys = Object.keys(want.tags);
    if (isStarting) await call(() => remote.write(remoteId, { status }));
    await allOf([sendPoints(desk, run, remoteId, metrics), sendFiles(desk, run, remoteId)]);
    await sendModels(desk, run, remoteId);
    if (isEnding) await call(() => remote.write(remoteId, { status, endTime: endTime ?? undefined }));
    if (conflicts.length > 0) {
      throw new UserError(`the server has another value of ${conflicts.join(", ")}`, { where: `run ${remoteId}` });
    }
    bodies.set(info.runId, want);
    settle(run);
  }

  /** What is written from here on may arrive though nobody learns of it: then all of it is looked at, also when it is as before here. */
  function noteBefore({ run }: LocalRun, change: Partial<Link>): void {
    const { runId } = run.info;
    Object.assign(desk.link(runId), change, { digest: "", settled: false });
    desk.save(runId, desk.link(runId));
  }

  function settle(run: LocalRun): void {
    const link = desk.link(run.run.info.runId);
    link.digest = digestOf(wantedBody(run.run, parentOf(desk, run)));
    link.settled = isOver(run);
  }

  return {
    async send(run) {
      const { runId } = run.run.info;
      const link = desk.link(runId);
      try {
        await sendAll(run);
        link.problem = null;
      } catch (error) {
        bodies.delete(runId);
        link.settled = false;
        if (concernsAll(error)) throw error;
        link.problem = messageOf(error);
      } finally {
        desk.save(runId, link);
      }
    },
  };
}
