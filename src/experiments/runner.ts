import { UserError } from "../core/errors.ts";
import type { SpacePoint } from "../core/search.ts";
import type { RunStatus } from "../core/store.ts";
import type { Trial, TrialResult } from "../core/trial.ts";
import { type Candidate, countEnsembles, type EnsembleTrial, ensembleTrials } from "./ensemble/plan.ts";
import type { Kept, SweepPorts } from "./events.ts";
import type { EnsemblePayload } from "./jobs/ensemble.ts";
import { finishOf } from "./kinds/table.ts";
import { type Costs, createCosts } from "./lanes/cost.ts";
import { countTrials, type Plan } from "./plan.ts";
import { ownerTags, searchTags, sweepArtifacts, sweepTags, trialInputs } from "./record.ts";
import { listSupply, schedule } from "./schedule.ts";
import { curveOf, type Known, knownTrials } from "./search/history.ts";
import { pointSaver, readPoints } from "./search/points.ts";
import { createPruning, type Pruning, savings, type Trained } from "./search/pruning.ts";
import { createSupply, type SweepSupply } from "./search/supply.ts";
import { artifactsOf, runTrialAsRun, type TrialEnd } from "./trial-run.ts";
import type { WorkDir } from "./workdir.ts";

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
  /** Stopped by hand, each by itself; they count neither as finished nor as failed. */
  readonly stopped: number;
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
  stopped: number;
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
  readonly costs: Costs;
  readonly pruning?: Pruning;
  readonly counts: Counts;
  /** Trials that finished, now or before, by key. */
  readonly finished: Map<string, Candidate>;
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
  const counts: Counts = { reused: 0, finished: 0, failed: 0, stopped: 0, pruned: [], whole: [] };
  const costs = createCosts({
    rows: plan.splits[0]!.train.length,
    columns: plan.dataset.frame.columns.length,
    classes: plan.dataset.target.classes.length,
  });
  const finished = new Map<string, Candidate>();
  const keep = (trial: Trial): void => {
    const { runId, outcome } = history.known.get(trial.key)!;
    if (outcome.state === "finished") finished.set(trial.key, { trial, runId });
  };
  let comparing: Promise<void> = Promise.resolve();
  const supply = createSupply({
    plan,
    costOf: costs.of,
    known: new Map([...history.known].map(([key, { outcome }]) => [key, outcome])),
    saved: history.saved,
    now: clock.now,
    onKnown(trial) {
      counts.reused++;
      keep(trial);
      comparing = comparing.then(() => history.compare(trial));
      comparing.catch(() => {}); // thrown below
      ports.onEvent({ type: "kept", ...history.kept(trial) });
    },
  });
  const before = supply.trials.filter((t) => history.known.has(t.key));
  counts.reused = before.length;
  for (const trial of before) {
    keep(trial);
    await history.compare(trial);
  }
  /** Trials of the ensembles, once what they combine is there; those that are known are kept. */
  const late: EnsembleTrial[] = [];
  const addEnsembles = (): readonly EnsembleTrial[] => {
    const all = ensembleTrials(plan, [...finished.values()]);
    late.push(...all);
    const known = all.filter(({ trial }) => history.known.get(trial.key)?.outcome.state === "finished");
    counts.reused += known.length;
    return all.filter((item) => !known.includes(item));
  };
  const sweep: Sweep = {
    ...{ plan, ports, options, experimentId, supply, costs, counts, finished },
    pruning: history.pruning,
  };
  const trials = (): Trial[] => [...supply.trials, ...late.map(({ trial }) => trial)];
  const summary = (sweepId: string | null): SweepResult => ({
    ...{ experimentId, sweepId, reused: counts.reused, finished: counts.finished, failed: counts.failed },
    total: trials().length,
    pruned: counts.pruned.length,
    stopped: counts.stopped,
    saved: savings(counts.pruned, counts.whole),
    end: supply.end,
    interrupted: options.signal.aborted,
    trialKeys: trials().map(({ key }) => key),
  });
  const planned = (sweepId: string | null): void => {
    const most = search.strategy.kind === "list" ? supply.trials.length : countTrials(plan.experiment);
    const total = Number.isFinite(most) ? most + countEnsembles(plan) : null;
    ports.onEvent({ type: "planned", total, reused: counts.reused, sweepId, kept: before.map(history.kept) });
  };
  const ensembles = supply.spent ? addEnsembles() : undefined;
  if (ensembles?.length === 0) {
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
    if (!ensembles) await runTrials(sweep, sweepId, workDir);
    await comparing;
    if (!options.signal.aborted && supply.reached === null)
      await runEnsembles(sweep, ensembles ?? addEnsembles(), sweepId);
    status = options.signal.aborted ? "KILLED" : "FINISHED";
  } finally {
    workDir.remove();
    const { end } = supply;
    await store.write(sweepId, {
      status,
      endTime: clock.now(),
      tags: {
        "disease.trials": String(trials().length),
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
  kept(trial: Trial): Kept;
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
    kept(trial) {
      const { outcome } = known.get(trial.key)!;
      return { trial, metrics: outcome.state === "finished" ? outcome.metrics : {} };
    },
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

/** Stops what runs: a failing store or disk does, so do Ctrl-C and a target that is reached. */
function createStop(signal: AbortSignal) {
  const stop = new AbortController();
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    abort: (reason: unknown): void => stop.abort(reason),
    /** Runs something whose failure stops all else. */
    async guard(run: () => Promise<void>): Promise<void> {
      try {
        await run();
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    },
  };
}

async function runTrials(sweep: Sweep, sweepId: string, workDir: WorkDir): Promise<void> {
  const { plan, ports, options, experimentId, supply, costs, pruning, counts, finished } = sweep;
  const { store, executor } = ports;
  const jobs = plan.kind.open(plan, workDir, options.threads);
  const stop = createStop(options.signal);
  const { signal } = stop;
  const savePoints = pointSaver(store, sweepId, () => supply.points);

  async function prepare(trial: Trial, lane: number): Promise<void> {
    if (signal.aborted) return;
    const made = (await executor.run({ ...jobs.prepare(trial), affinity: laneName(lane) }, { signal })) as {
      features: number;
      seconds: number;
      cpu: number;
    };
    ports.onEvent({ type: "prepared", name: trial.preparation.name, seed: trial.seed, fold: trial.fold, ...made });
  }

  function onEnd(trial: Trial, end: TrialEnd, runId: string): number {
    const { family } = trial;
    if (end.state === "failed" || end.state === "stopped") {
      counts[end.state]++;
      return supply.ended(trial, { state: "failed" });
    }
    if (end.state === "pruned") {
      counts.pruned.push({ family, rounds: end.rounds, seconds: end.seconds });
      return supply.ended(trial, { state: "pruned", loss: end.stop.loss, rounds: end.stop.rounds });
    }
    const { curve, timing, cpu, metrics } = end.result;
    counts.finished++;
    counts.whole.push({ family, rounds: curve.at(-1)?.round ?? 0, seconds: timing.fit });
    finished.set(trial.key, { trial, runId });
    // On a busy machine the clock says more than the trial takes; with several threads the CPU does.
    costs.measured(trial, Math.min(sum(timing), sum(cpu)));
    pruning?.finish(trial, curve);
    const values = Object.entries(metrics).map(([id, { value }]) => [id, value]);
    const spared = supply.ended(trial, { state: "finished", metrics: Object.fromEntries(values) });
    if (supply.reached !== null) stop.abort(new UserError(supply.reached));
    return spared;
  }

  const run = (trial: Trial, unprepared: unknown, lane: number): Promise<void> =>
    stop.guard(async () => {
      if (signal.aborted) return;
      await savePoints();
      await runTrialAsRun({
        ...{ plan, ports, experimentId, sweepId, signal, trial, unprepared, pruning },
        onEnd: (end, runId) => onEnd(trial, end, runId),
        job: (outDir) => ({ ...jobs.fit(trial, outDir), affinity: laneName(lane) }),
      });
    });
  await schedule(supply, executor.capacity, jobs.keyOf, prepare, run, ({ family }) => family);
}

const sum = ({ fit, score, report }: TrialResult["timing"]): number => fit + score + report;

/** A lane keeps to its worker, which has loaded and compiled what the lane's trials need. */
const laneName = (lane: number): string => `lane ${lane}`;

/** Runs the trials of ensembles, each over what its candidates predicted. */
async function runEnsembles(sweep: Sweep, trials: readonly EnsembleTrial[], sweepId: string): Promise<void> {
  const { plan, ports, options, experimentId, counts } = sweep;
  const stop = createStop(options.signal);
  const memberOf = async ({ trial: { key, name }, runId }: Candidate): Promise<EnsemblePayload["members"][number]> => ({
    name: `${name} [${key.slice(0, 8)}]`,
    runId,
    dir: await artifactsOf(ports.store, runId),
  });
  const run = ({ trial, candidates }: EnsembleTrial): Promise<void> =>
    runTrialAsRun({
      ...{ plan, ports, experimentId, sweepId, signal: stop.signal, trial },
      onEnd(end) {
        if (end.state !== "pruned") counts[end.state]++;
        return 0;
      },
      async job(outDir) {
        const members = await Promise.all(candidates.map(memberOf));
        const payload: EnsemblePayload = { ...finishOf(plan, trial, outDir), members };
        return { kind: "ensemble", payload };
      },
    });
  await schedule(
    listSupply(trials),
    ports.executor.capacity,
    () => undefined,
    async () => {},
    (trial) => stop.guard(() => run(trial)),
  );
}
