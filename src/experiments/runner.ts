import type { Clock } from "../core/clock.ts";
import { pack } from "../core/container.ts";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import { type Executor, JobCrashed } from "../core/executor.ts";
import type { RunBatch, RunStatus, TrackingStore } from "../core/store.ts";
import { type CurvePoint, Tag, type Trial, type TrialResult } from "../core/trial.ts";
import type { Facts } from "./facts.ts";
import type { PreparePayload } from "./jobs/prepare.ts";
import type { TrialPayload } from "./jobs/trial.ts";
import type { Plan } from "./plan.ts";
import {
  noticeTags,
  ownerTags,
  sweepArtifacts,
  sweepTags,
  trialArtifacts,
  trialInputs,
  trialMetrics,
  trialParams,
  trialTags,
} from "./record.ts";
import { schedule } from "./schedule.ts";
import type { WorkDir } from "./workdir.ts";

export type SweepEvent =
  | { readonly type: "planned"; readonly total: number; readonly reused: number; readonly sweepId: string | null }
  | {
      readonly type: "prepared";
      readonly name: string;
      readonly seed: number;
      readonly features: number;
      readonly seconds: number;
    }
  | { readonly type: "started"; readonly trial: Trial; readonly runId: string }
  | { readonly type: "round"; readonly trial: Trial; readonly point: CurvePoint }
  | { readonly type: "finished"; readonly trial: Trial; readonly runId: string; readonly result: TrialResult }
  | { readonly type: "failed"; readonly trial: Trial; readonly runId: string; readonly reason: string }
  | { readonly type: "stopped"; readonly trial: Trial; readonly runId: string };

export interface SweepPorts {
  readonly store: TrackingStore;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly workDir: (sweepId: string) => WorkDir;
  readonly facts: { readonly facts: Facts; readonly diff: string };
  onEvent(event: SweepEvent): void;
}

export interface SweepOptions {
  /** Run trials again that are finished already. */
  readonly force: boolean;
  /** Go on under this parent run instead of a new one. */
  readonly resume?: string;
  readonly threads: number;
  readonly signal: AbortSignal;
}

export interface SweepResult {
  readonly experimentId: string;
  /** The parent run; null when every trial was finished before. */
  readonly sweepId: string | null;
  readonly total: number;
  readonly reused: number;
  readonly finished: number;
  readonly failed: number;
  readonly interrupted: boolean;
}

/** Finished runs of an experiment by trial key; the newest where a trial was run again. */
export async function finishedTrials(store: TrackingStore, experimentId: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let pageToken: string | undefined;
  do {
    const page = await store.searchRuns({
      experimentIds: [experimentId],
      filter: "attributes.status = 'FINISHED' and tags.`disease.kind` = 'trial'",
      orderBy: ["attributes.start_time ASC"],
      columns: { metrics: [], params: [], tags: [Tag.trialKey] },
      maxResults: 10_000,
      pageToken,
    });
    for (const run of page.items) {
      const key = run.tags[Tag.trialKey];
      if (key) found.set(key, run.info.runId);
    }
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}

/**
 * Runs the trials of a plan that are not finished yet, each as one nested run under the sweep's parent run. A trial that
 * fails is a failed row and nothing more; what is finished is in the store before the next trial starts.
 * @throws UserError when the store or the disk refuses a write (exit code of the cause)
 */
export async function runSweep(plan: Plan, ports: SweepPorts, options: SweepOptions): Promise<SweepResult> {
  const { store, clock } = ports;
  const experiment = await store.ensureExperiment(plan.experiment.name);
  const done = options.force ? new Map<string, string>() : await finishedTrials(store, experiment.experimentId);
  const todo = plan.trials.filter((t) => !done.has(t.key));
  const counts = { finished: 0, failed: 0 };
  const summary = (sweepId: string | null): SweepResult => ({
    experimentId: experiment.experimentId,
    sweepId,
    total: plan.trials.length,
    reused: plan.trials.length - todo.length,
    ...counts,
    interrupted: options.signal.aborted,
  });
  const planned = (sweepId: string | null): void =>
    ports.onEvent({ type: "planned", total: plan.trials.length, reused: plan.trials.length - todo.length, sweepId });
  if (todo.length === 0) {
    planned(null);
    if (options.resume) await store.write(options.resume, { status: "FINISHED", endTime: clock.now() });
    return summary(options.resume ?? null);
  }

  const sweepId = options.resume ?? (await createParent(plan, ports, experiment.experimentId));
  if (options.resume) await store.write(sweepId, { status: "RUNNING", tags: ownerTags(ports.facts.facts) });
  planned(sweepId);
  const workDir = ports.workDir(sweepId);
  let status: RunStatus = "FAILED";
  try {
    await runTrials(plan, todo, sweepId, experiment.experimentId, workDir, ports, options, counts);
    status = options.signal.aborted ? "KILLED" : "FINISHED";
  } finally {
    workDir.remove();
    await store.write(sweepId, {
      status,
      endTime: clock.now(),
      tags: { "disease.trials": String(plan.trials.length), "disease.failed": String(counts.failed) },
    });
  }
  return summary(sweepId);
}

async function createParent(plan: Plan, ports: SweepPorts, experimentId: string): Promise<string> {
  const { store, clock } = ports;
  const run = await store.createRun({
    experimentId,
    runName: `sweep ${new Date(clock.now()).toISOString().slice(0, 16).replace("T", " ")}`,
    startTime: clock.now(),
    tags: { ...sweepTags(plan, ports.facts.facts), ...ownerTags(ports.facts.facts) },
  });
  try {
    for (const [path, bytes] of Object.entries(sweepArtifacts(plan, ports.facts)))
      await store.writeArtifact(run.runId, path, bytes);
    await store.write(run.runId, { inputs: trialInputs(plan) });
  } catch (error) {
    await store.write(run.runId, { status: "FAILED", endTime: clock.now() });
    throw error;
  }
  return run.runId;
}

async function runTrials(
  plan: Plan,
  todo: readonly Trial[],
  sweepId: string,
  experimentId: string,
  workDir: WorkDir,
  ports: SweepPorts,
  options: SweepOptions,
  counts: { finished: number; failed: number },
): Promise<void> {
  const { store, executor, clock } = ports;
  const { seeds, bootstrap, charts } = plan.experiment.config;
  const datasetFile = workDir.write("dataset.bin", pack(plan.dataset));
  const splitFiles = new Map(seeds.map((seed, i) => [seed, workDir.write(`split-${seed}.bin`, pack(plan.splits[i]))]));
  // A failing store or disk stops the whole sweep; so does Ctrl-C.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);

  const keyOf = (trial: Trial): string => `${trial.preparation.name}-${trial.seed}`;
  const preparedFile = (trial: Trial): string =>
    workDir.file(`prepared-${indexOfPreparation(plan, trial)}-${trial.seed}.bin`);

  async function prepare(trial: Trial): Promise<void> {
    if (signal.aborted) return;
    const payload: PreparePayload = {
      datasetFile,
      splitFile: splitFiles.get(trial.seed)!,
      preparation: trial.preparation,
      seed: trial.seed,
      files: plan.files,
      outFile: preparedFile(trial),
    };
    const made = (await executor.run({ kind: "prepare", payload }, { signal })) as {
      features: number;
      seconds: number;
    };
    ports.onEvent({ type: "prepared", name: trial.preparation.name, seed: trial.seed, ...made });
  }

  async function run(trial: Trial, unprepared?: unknown): Promise<void> {
    if (signal.aborted) return;
    const { facts } = ports.facts;
    const { runId } = await store.createRun({
      experimentId,
      runName: trial.name,
      startTime: clock.now(),
      tags: trialTags(plan, trial, sweepId, facts),
    });
    await store.write(runId, { params: trialParams(trial), inputs: trialInputs(plan, trial) });
    ports.onEvent({ type: "started", trial, runId });
    const end = (batch: RunBatch): Promise<void> => store.write(runId, { ...batch, endTime: clock.now() });
    let result: TrialResult;
    try {
      if (unprepared) throw unprepared;
      const outDir = await store.localArtifacts(runId);
      if (!outDir) throw new Error("this store keeps no local artifacts");
      const files = trialArtifacts(plan, trial, facts);
      for (const [path, bytes] of Object.entries(files)) await store.writeArtifact(runId, path, bytes);
      const payload: TrialPayload = {
        trial,
        preparedFile: preparedFile(trial),
        orphans: plan.orphans,
        bootstrap,
        charts: charts === "all",
        threads: options.threads,
        outDir,
      };
      const job = { kind: "trial", payload, affinity: payload.preparedFile };
      result = (await executor.run(job, {
        signal,
        onEvent: (point) => ports.onEvent({ type: "round", trial, point: point as CurvePoint }),
      })) as TrialResult;
    } catch (error) {
      if (signal.aborted) {
        await end({ status: "KILLED" });
        return ports.onEvent({ type: "stopped", trial, runId });
      }
      const reason = reasonOf(error);
      counts.failed++;
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
    counts.finished++;
    ports.onEvent({ type: "finished", trial, runId, result });
  }

  await schedule(todo, executor.capacity, keyOf, prepare, async (trial, unprepared) => {
    try {
      await run(trial, unprepared);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
}

function indexOfPreparation(plan: Plan, trial: Trial): number {
  return plan.experiment.preparations.findIndex((p) => p.name === trial.preparation.name);
}

function reasonOf(error: unknown): string {
  if (error instanceof UserError)
    return [`${error.message}${error.where === undefined ? "" : ` (${error.where})`}`, ...error.fix]
      .map((sentence) => sentence.replace(/\.$/, ""))
      .join(". ");
  if (error instanceof JobCrashed) return error.message;
  return `internal error: ${messageOf(error)}`;
}
