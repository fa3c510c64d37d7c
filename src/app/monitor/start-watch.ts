import { systemClock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import { parseDuration } from "../../experiments/search/limits.ts";
import { parseRef } from "../../registry/state.ts";
import { loadGate } from "../gates/gates.ts";
import type { Project } from "../project.ts";
import { webhookOf } from "./alarms.ts";
import { loadMonitor } from "./file.ts";
import { monitorReport } from "./report.ts";
import { type Look, type WatchPorts, watchModel } from "./watch.ts";

/** A watch as it is asked for; times as texts ("1h"). */
export interface WatchRequest {
  /** NAME (its champion), NAME@alias or NAME/VERSION. */
  readonly model: string;
  /** A file, or its name in experiments/monitors/. */
  readonly monitor: string;
  readonly window?: string;
  /** Absent: one look. */
  readonly every?: string;
  readonly raiseAfter: number;
  readonly clearAfter: number;
  readonly webhook?: string;
  readonly tag: boolean;
  readonly onDrift?: string;
  readonly gate?: string;
  readonly requireApproval: boolean;
  readonly rollback: boolean;
  readonly coolDown: string;
  readonly keep?: string;
}

/**
 * Watches a registered model. What can be wrong with the settings is found before the first look.
 * @throws UserError as `watchModel` does, and for settings that are not sensible
 */
export async function startWatch(
  project: Project,
  request: WatchRequest,
  ports: Pick<WatchPorts, "signal" | "onLook" | "notify">,
): Promise<Look | undefined> {
  const { model, monitor, window, every, webhook, tag, raiseAfter, clearAfter, keep } = request;
  const { rollback } = await loadMonitor(project, monitor);
  const milliseconds = (text: string | undefined, flag: string): number | undefined =>
    text === undefined ? undefined : parseDuration(text, flag);
  return watchModel(
    project,
    {
      model: parseRef(model).name,
      every: milliseconds(every, "--every"),
      ...{ tag, raiseAfter, clearAfter },
      webhook: webhook === undefined ? undefined : webhookOf(webhook),
      onDrift: await onDriftOf(project, request),
      rollback: request.rollback || rollback ? { coolDown: parseDuration(request.coolDown, "--cool-down") } : undefined,
      keep: milliseconds(keep, "--keep"),
    },
    {
      ...ports,
      clock: systemClock,
      report: () => monitorReport(project, { address: model, monitor, window }, ports.notify),
    },
  );
}

async function onDriftOf(project: Project, { onDrift: file, gate, requireApproval }: WatchRequest) {
  if (file === undefined) return undefined;
  if (gate === undefined) {
    throw new UserError("the winner of a sweep goes to Production through a gate", {
      where: "--on-drift",
      fix: "Name one: --gate clinical.",
    });
  }
  await loadGate(project, gate);
  return { file, gate, requireApproval };
}
