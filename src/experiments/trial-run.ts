import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import { type Job, JobCrashed } from "../core/executor.ts";
import type { RunBatch, TrackingStore } from "../core/store.ts";
import { type CurvePoint, type RoundEvent, Tag, type Trial, type TrialResult } from "../core/trial.ts";
import type { SweepPorts } from "./events.ts";
import type { Plan } from "./plan.ts";
import {
  noticeTags,
  prunedBatch,
  trialArtifacts,
  trialInputs,
  trialMetrics,
  trialParams,
  trialTags,
} from "./record.ts";
import type { Pruning, Stop } from "./search/pruning.ts";

/** What the row of a killed run says of it. */
const STOPPED_BY_HAND = "stopped by hand";

/** What came of a trial that was run. */
export type TrialEnd =
  | { readonly state: "finished"; readonly result: TrialResult }
  | { readonly state: "pruned"; readonly stop: Stop; readonly rounds: number; readonly seconds: number }
  | { readonly state: "failed" }
  /** By hand. */
  | { readonly state: "stopped" };

export interface TrialRun {
  readonly plan: Plan;
  readonly ports: SweepPorts;
  readonly experimentId: string;
  readonly sweepId: string;
  /** Stops it: the run is then killed. */
  readonly signal: AbortSignal;
  readonly trial: Trial;
  /** Why it cannot run; the run then fails. */
  readonly unprepared?: unknown;
  readonly pruning?: Pruning;
  /** The job that fits it. @param outDir folder of the run's artifacts */
  job(outDir: string): Job | Promise<Job>;
  /** Told once the end is in the store, before others hear of it. Returns how many other trials are spared by it. */
  onEnd(end: TrialEnd, runId: string): number;
}

/**
 * Runs a trial as one nested run under the sweep's parent run. One that fails is a failed run and nothing more.
 * @throws UserError when the store or the disk refuses a write
 */
export async function runTrialAsRun(options: TrialRun): Promise<void> {
  const { plan, ports, experimentId, sweepId, signal, trial, pruning, onEnd } = options;
  const { store, executor, clock } = ports;
  if (signal.aborted) return;
  const { facts } = ports.facts;
  const { runId } = await store.createRun({
    experimentId,
    runName: trial.name,
    startTime: clock.now(),
    tags: trialTags(plan, trial, sweepId, facts),
  });
  await store.write(runId, { params: trialParams(plan, trial), inputs: trialInputs(plan, trial) });
  const cut = new AbortController();
  let byHand = false;
  const stop = (): void => {
    byHand = true;
    cut.abort(new UserError(STOPPED_BY_HAND));
  };
  ports.onEvent({ type: "started", trial, runId, stop });
  const began = clock.now();
  const seconds = (): number => (clock.now() - began) / 1000;
  const curve: CurvePoint[] = [];
  let pruned: Stop | undefined;
  const onRound = ({ earlier, ...point }: RoundEvent): void => {
    ports.onEvent({ type: "round", trial, point });
    if (!pruning || pruned) return;
    curve.push(...earlier, point);
    pruned = pruning.look(trial, [...earlier, point]);
    if (pruned) cut.abort(new UserError("pruned"));
  };
  const end = (batch: RunBatch): Promise<void> => store.write(runId, { ...batch, endTime: clock.now() });
  let result: TrialResult;
  try {
    if (options.unprepared) throw options.unprepared;
    const outDir = await artifactsOf(store, runId);
    const files = trialArtifacts(plan, trial, facts);
    for (const [path, bytes] of Object.entries(files)) await store.writeArtifact(runId, path, bytes);
    result = (await executor.run(await options.job(outDir), {
      signal: AbortSignal.any([signal, cut.signal]),
      onEvent: (event) => onRound(event as RoundEvent),
    })) as TrialResult;
  } catch (error) {
    if (signal.aborted) {
      await end({ status: "KILLED" });
      return ports.onEvent({ type: "stopped", trial, runId, byHand: false });
    }
    if (byHand) {
      await end({ status: "KILLED", tags: { [Tag.error]: STOPPED_BY_HAND } });
      onEnd({ state: "stopped" }, runId);
      return ports.onEvent({ type: "stopped", trial, runId, byHand });
    }
    if (pruned) {
      const ended = { state: "pruned", stop: pruned, rounds: curve.at(-1)!.round, seconds: seconds() } as const;
      await end({ ...prunedBatch(curve, pruned, ended.seconds, clock.now()), status: "KILLED" });
      const spared = onEnd(ended, runId);
      return ports.onEvent({ type: "pruned", trial, runId, reason: pruned.reason, spared });
    }
    const reason = reasonOf(error);
    onEnd({ state: "failed" }, runId);
    await end({ status: "FAILED", tags: { [Tag.error]: reason.slice(0, 5000) } });
    ports.onEvent({ type: "failed", trial, runId, reason });
    if (error instanceof UserError && error.exitCode === ExitCode.unreachable) throw error;
    return;
  }
  try {
    await end({ status: "FINISHED", metrics: trialMetrics(result, clock.now()), tags: noticeTags(result) });
  } catch (error) {
    // A full disk may still take a short write.
    await end({ status: "FAILED", tags: { [Tag.error]: reasonOf(error).slice(0, 5000) } });
    throw error;
  }
  ports.onEvent({ type: "finished", trial, runId, result });
  onEnd({ state: "finished", result }, runId);
}

/** Folder of a run's artifacts. @throws Error where the store keeps none on this machine */
export async function artifactsOf(store: TrackingStore, runId: string): Promise<string> {
  const folder = await store.localArtifacts(runId);
  if (folder === undefined) throw new Error("this store keeps no local artifacts");
  return folder;
}

function reasonOf(error: unknown): string {
  if (error instanceof UserError)
    return [`${error.message}${error.where === undefined ? "" : ` (${error.where})`}`, ...error.fix]
      .map((sentence) => sentence.replace(/\.$/, ""))
      .join(". ");
  if (error instanceof JobCrashed) return error.message;
  return `internal error: ${messageOf(error)}`;
}
