import type { Clock } from "../core/clock.ts";
import { pack } from "../core/container.ts";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import { type Executor, JobCrashed } from "../core/executor.ts";
import type { SpacePoint } from "../core/search.ts";
import type { RunBatch, RunStatus, TrackingStore } from "../core/store.ts";
import { type CurvePoint, type RoundEvent, Tag, type Trial, type TrialResult } from "../core/trial.ts";
import type { Facts } from "./facts.ts";
import type { PreparePayload } from "./jobs/prepare.ts";
import type { TrialPayload } from "./jobs/trial.ts";
import { countTrials, type Plan } from "./plan.ts";
import {
  noticeTags,
  ownerTags,
  prunedBatch,
  searchTags,
  splitOf,
  sweepArtifacts,
  sweepTags,
  trialArtifacts,
  trialInputs,
  trialMetrics,
  trialParams,
  trialTags,
} from "./record.ts";
import { schedule } from "./schedule.ts";
import { curveOf, type Known, knownTrials } from "./search/history.ts";
import { pointSaver, readPoints } from "./search/points.ts";
import { createPruning, type Pruning, type Stop, savings, type Trained } from "./search/pruning.ts";
import { createSupply, type SweepSupply } from "./search/supply.ts";
import type { WorkDir } from "./workdir.ts";

export type SweepEvent =
  | {
      readonly type: "planned";
      /** Null where only time ends the search. */
      readonly total: number | null;
      readonly reused: number;
      readonly sweepId: string | null;
    }
  /** A search came to a trial that was finished before. */
  | { readonly type: "kept"; readonly trial: Trial }
  | {
      readonly type: "prepared";
      readonly name: string;
      readonly seed: number;
      readonly fold?: number;
      readonly features: number;
      readonly seconds: number;
    }
  | { readonly type: "started"; readonly trial: Trial; readonly runId: string }
  | { readonly type: "round"; readonly trial: Trial; readonly point: CurvePoint }
  | { readonly type: "finished"; readonly trial: Trial; readonly runId: string; readonly result: TrialResult }
  | { readonly type: "failed"; readonly trial: Trial; readonly runId: string; readonly reason: string }
  | {
      readonly type: "pruned";
      readonly trial: Trial;
      readonly runId: string;
      readonly reason: string;
      /** Other repeats that need not run now. */
      readonly spared: number;
    }
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
  /** Stopped early for doing badly; they count neither as finished nor as failed. */
  readonly pruned: number;
  /** What pruning saved, roughly. */
  readonly saved: { readonly rounds: number; readonly seconds: number };
  /** Why it ended before all its trials had run: time, a target, an exhausted space; null otherwise. */
  readonly end: string | null;
  readonly interrupted: boolean;
  /** All trials, in the order in which they were planned or suggested. */
  readonly trialKeys: readonly string[];
}

interface Counts {
  reused: number;
  finished: number;
  failed: number;
  readonly pruned: Trained[];
  readonly whole: Trained[];
}

/** What the lanes of a sweep share. */
interface Sweep {
  readonly plan: Plan;
  readonly ports: SweepPorts;
  readonly options: SweepOptions;
  readonly experimentId: string;
  readonly supply: SweepSupply;
  readonly pruning?: Pruning;
  readonly counts: Counts;
}

/**
 * Runs the trials of a plan that are not finished yet, or those that its search suggests, each as one nested run under the sweep's parent run. A
 * trial that fails is a failed row and nothing more; what is finished is in the store before the next trial starts.
 * @throws UserError when the store or the disk refuses a write (exit code of the cause)
 */
export async function runSweep(plan: Plan, ports: SweepPorts, options: SweepOptions): Promise<SweepResult> {
  const { store, clock } = ports;
  const { search } = plan.experiment;
  const { experimentId } = await store.ensureExperiment(plan.experiment.name);
  const history = await recall(plan, ports, options, experimentId);
  const counts: Counts = { reused: 0, finished: 0, failed: 0, pruned: [], whole: [] };
  const supply = createSupply({
    plan,
    known: new Map([...history.known].map(([key, { outcome }]) => [key, outcome])),
    saved: history.saved,
    now: clock.now,
    onKnown(trial) {
      counts.reused++;
      history.compare(trial);
      ports.onEvent({ type: "kept", trial });
    },
  });
  const before = supply.trials.filter((t) => history.known.has(t.key));
  for (const trial of before) await history.compare(trial);
  counts.reused = before.length;
  const sweep: Sweep = { plan, ports, options, experimentId, supply, pruning: history.pruning, counts };
  const summary = (sweepId: string | null): SweepResult => ({
    ...{ experimentId, sweepId, reused: counts.reused, finished: counts.finished, failed: counts.failed },
    total: supply.trials.length,
    pruned: counts.pruned.length,
    saved: savings(counts.pruned, counts.whole),
    end: supply.end,
    interrupted: options.signal.aborted,
    trialKeys: supply.trials.map((t) => t.key),
  });
  const planned = (sweepId: string | null): void => {
    const most = search.strategy.kind === "list" ? supply.trials.length : countTrials(plan.experiment);
    const total = Number.isFinite(most) ? most : null;
    ports.onEvent({ type: "planned", total, reused: counts.reused, sweepId });
  };
  if (supply.spent) {
    planned(null);
    if (options.resume) await store.write(options.resume, { status: "FINISHED", endTime: clock.now() });
    return summary(options.resume ?? null);
  }

  ports.executor.warm?.(countTrials(plan.experiment) - counts.reused);
  const sweepId = options.resume ?? (await createParent(plan, ports, experimentId));
  if (options.resume) await takeUp(plan, ports, sweepId);
  planned(sweepId);
  const workDir = ports.workDir(sweepId);
  let status: RunStatus = "FAILED";
  try {
    await runTrials(sweep, sweepId, workDir);
    status = options.signal.aborted ? "KILLED" : "FINISHED";
  } finally {
    workDir.remove();
    const { end, trials } = supply;
    await store.write(sweepId, {
      status,
      endTime: clock.now(),
      tags: {
        "disease.trials": String(trials.length),
        "disease.failed": String(counts.failed),
        ...(search.pruning ? { "disease.search.pruned": String(counts.pruned.length) } : {}),
        ...(end === null ? {} : { "disease.search.end": end }),
      },
    });
  }
  return summary(sweepId);
}

interface History {
  readonly known: ReadonlyMap<string, Known>;
  /** Points that a resumed search has suggested, in order. */
  readonly saved: readonly SpacePoint[];
  readonly pruning?: Pruning;
  /** Holds the curve of a known trial against those to come. */
  compare(trial: Trial): Promise<void>;
}

/** What the store knows of the trials of a plan. */
async function recall(plan: Plan, ports: SweepPorts, options: SweepOptions, experimentId: string): Promise<History> {
  const { search, config } = plan.experiment;
  const metrics = [config.rank.metric, ...(search.until ? [search.until.metric] : [])];
  const all = options.force
    ? new Map<string, Known>()
    : await knownTrials(ports.store, experimentId, metrics, options.resume);
  // What failed in a grid runs again; a search has gone on from it.
  const known = new Map(
    [...all].filter(([, k]) => search.strategy.kind === "sequence" || k.outcome.state !== "failed"),
  );
  const pruning = search.pruning && createPruning(search.pruning.pruner, search.pruning.options);
  return {
    known,
    saved: options.resume === undefined ? [] : await readPoints(ports.store, options.resume),
    pruning,
    async compare(trial) {
      const { runId, outcome } = known.get(trial.key)!;
      if (pruning) pruning.recall(trial, await curveOf(ports.store, runId), outcome.state === "finished");
    },
  };
}

/** Marks a resumed sweep as running here, with the limits that it has now. */
async function takeUp(plan: Plan, ports: SweepPorts, sweepId: string): Promise<void> {
  await ports.store.writeArtifact(sweepId, "sweep.json", sweepArtifacts(plan, ports.facts)["sweep.json"]!);
  await ports.store.write(sweepId, {
    status: "RUNNING",
    tags: { ...ownerTags(ports.facts.facts), ...searchTags(plan) },
  });
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

async function runTrials(sweep: Sweep, sweepId: string, workDir: WorkDir): Promise<void> {
  const { plan, ports, options, experimentId, supply, pruning, counts } = sweep;
  const { store, executor, clock } = ports;
  const { bootstrap, charts } = plan.experiment.config;
  const datasetFile = workDir.write("dataset.bin", pack(plan.dataset));
  const splitFiles = plan.splits.map((split, i) => workDir.write(`split-${i}.bin`, pack(split)));
  const repeatOf = (trial: Trial): number => plan.splits.indexOf(splitOf(plan, trial));
  // A failing store or disk stops the whole sweep; so do Ctrl-C and a target that is reached.
  const stop = new AbortController();
  const enough = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal, enough.signal]);
  const savePoints = pointSaver(store, sweepId, () => supply.points);

  const keyOf = (trial: Trial): string => `${trial.preparation.name}-${repeatOf(trial)}`;
  const preparedFile = (trial: Trial): string =>
    workDir.file(`prepared-${indexOfPreparation(plan, trial)}-${repeatOf(trial)}.bin`);

  async function prepare(trial: Trial): Promise<void> {
    if (signal.aborted) return;
    const payload: PreparePayload = {
      datasetFile,
      splitFile: splitFiles[repeatOf(trial)]!,
      preparation: trial.preparation,
      seed: trial.seed,
      files: plan.files,
      outFile: preparedFile(trial),
    };
    const made = (await executor.run({ kind: "prepare", payload }, { signal })) as {
      features: number;
      seconds: number;
    };
    ports.onEvent({ type: "prepared", name: trial.preparation.name, seed: trial.seed, fold: trial.fold, ...made });
  }

  async function run(trial: Trial, unprepared?: unknown): Promise<void> {
    if (signal.aborted) return;
    await savePoints();
    const { facts } = ports.facts;
    const { runId } = await store.createRun({
      experimentId,
      runName: trial.name,
      startTime: clock.now(),
      tags: trialTags(plan, trial, sweepId, facts),
    });
    await store.write(runId, { params: trialParams(trial), inputs: trialInputs(plan, trial) });
    ports.onEvent({ type: "started", trial, runId });
    const began = clock.now();
    const seconds = (): number => (clock.now() - began) / 1000;
    const curve: CurvePoint[] = [];
    const cut = new AbortController();
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
        signal: AbortSignal.any([signal, cut.signal]),
        onEvent: (event) => onRound(event as RoundEvent),
      })) as TrialResult;
    } catch (error) {
      if (signal.aborted) {
        await end({ status: "KILLED" });
        return ports.onEvent({ type: "stopped", trial, runId });
      }
      if (pruned) {
        counts.pruned.push({ family: trial.family, rounds: curve.at(-1)!.round, seconds: seconds() });
        await end({ ...prunedBatch(curve, pruned, seconds(), clock.now()), status: "KILLED" });
        const spared = supply.ended(trial, { state: "pruned", loss: pruned.loss, rounds: pruned.rounds });
        return ports.onEvent({ type: "pruned", trial, runId, reason: pruned.reason, spared });
      }
      const reason = reasonOf(error);
      counts.failed++;
      supply.ended(trial, { state: "failed" });
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
    counts.whole.push({ family: trial.family, rounds: result.curve.at(-1)?.round ?? 0, seconds: result.timing.fit });
    pruning?.finish(trial, result.curve);
    ports.onEvent({ type: "finished", trial, runId, result });
    const values = Object.entries(result.metrics).map(([id, { value }]) => [id, value]);
    supply.ended(trial, { state: "finished", metrics: Object.fromEntries(values) });
    if (supply.reached !== null) enough.abort(new UserError(supply.reached));
  }

  await schedule(supply, executor.capacity, keyOf, prepare, async (trial, unprepared) => {
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
