/** The composition root: the one place that joins stores, executors and readers to the services. */
import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { askedJobs, type Lanes, threadsOf } from "./app/lanes.ts";
import { readPlanData } from "./app/plan-data.ts";
import { openStore, type Project, programRoot, readText, showPath } from "./app/project.ts";
import { workerModule } from "./app/worker-module.ts";
import { CODE_VERSION, VERSION } from "./core/build.ts";
import { systemClock } from "./core/clock.ts";
import { messageOf, UserError } from "./core/errors.ts";
import type { Executor } from "./core/executor.ts";
import type { TrackingStore } from "./core/store.ts";
import { fetchEngines } from "./engines/fetch.ts";
import { engineStatus } from "./engines/status.ts";
import { createLocalExecutor } from "./executors/local.ts";
import { type Experiment, parseExperiment } from "./experiments/config.ts";
import type { SweepEvent } from "./experiments/events.ts";
import { collectFacts } from "./experiments/facts.ts";
import { between, moment } from "./experiments/jobs/moment.ts";
import { createProfiler, type Profile, profileMetrics } from "./experiments/lanes/profile.ts";
import { checkTrialCount, countTrials, type Plan, planTrials } from "./experiments/plan.ts";
import { runSweep, type SweepResult } from "./experiments/runner.ts";
import { scaffold } from "./experiments/scaffold.ts";
import { findSweep, reapDeadSweeps, type SavedSweep } from "./experiments/sweeps.ts";
import { makeWorkDir } from "./experiments/workdir.ts";

export interface PlanOptions {
  /** Texts "path.to.key=value". */
  readonly overrides?: readonly string[];
  readonly maxTrials?: number;
  /** Bytes that may be used; those of the machine when absent. */
  readonly memory?: number;
}

/** Reads an experiment file. The path is taken from the current folder, else from the project, else as a name in experiments/. */
export async function loadExperiment(
  project: Project,
  file: string,
  overrides: readonly string[] = [],
): Promise<Experiment> {
  const candidates = [resolve(file), join(project.root, file), join(project.root, "experiments", `${file}.yaml`)];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (!found) {
    throw new UserError("no such experiment file", {
      where: file,
      fix: ["Experiments are YAML files in experiments/;", "`disease init` writes a first one."],
    });
  }
  return parseExperiment(showPath(project, found), readText(found), overrides);
}

/** Reads the data, draws the splits and lists the trials. */
export async function plan(
  project: Project,
  experiment: Experiment,
  options: Pick<PlanOptions, "maxTrials" | "memory"> = {},
): Promise<Plan> {
  const before = moment();
  checkTrialCount(experiment, options.maxTrials);
  const { dataset, splits, kind } = await readPlanData(project, experiment, options);
  return { ...planTrials(experiment, dataset, splits, kind), spent: between(before, moment()) };
}

/**
 * Starts the processes of a sweep while its plan is still being made: they load what its trials need. To be given to `run`, and to be
 * closed. Undefined where the plan decides on their memory.
 */
export function startWorkers(
  experiment: Experiment,
  options: { readonly jobs?: number; readonly memory?: number },
): Executor | undefined {
  if (options.memory !== undefined) return undefined;
  const jobs = askedJobs(experiment, options.jobs);
  const executor = createLocalExecutor({
    module: workerModule(),
    jobs,
    threads: jobs * threadsOf(jobs),
    args: (index) => warmArgs(experiment, index),
  });
  executor.warm?.(Math.min(countTrials(experiment), availableParallelism()));
  return executor;
}

/** Families and steps; the first process alone loads what neural networks need, since the scheduler gives it the first of them. */
function warmArgs({ grids, ensembles, preparations }: Experiment, index: number): string[] {
  const families = [...grids, ...ensembles].map(({ family }) => family.id);
  const steps = preparations.flatMap((p) => p.steps.map((step) => step.id));
  return [...new Set([...steps, ...families])].filter((id) => index === 0 || !NEURAL.includes(id));
}

const NEURAL: readonly string[] = ["mlp", "transformer"];

export interface RunOptions {
  readonly lanes: Lanes;
  /** Of `startWorkers`: used where they are as many as the lanes. */
  readonly workers?: Executor;
  /** Whether to find out where the time goes. */
  readonly profile?: boolean;
  readonly force?: boolean;
  /** Run id of the sweep to go on with. */
  readonly resume?: string;
  readonly signal: AbortSignal;
  onEvent(event: SweepEvent): void;
}

/** Runs a plan in child processes and records it in the store. */
export async function run(
  project: Project,
  store: TrackingStore,
  plan: Plan,
  options: RunOptions,
): Promise<SweepResult & { readonly profile?: Profile }> {
  const { jobs, threads, heapMb } = options.lanes;
  const profiler = options.profile ? createProfiler(plan.spent ?? { wall: 0, cpu: 0 }) : undefined;
  const experiment = await store.ensureExperiment(plan.experiment.name);
  await reapDeadSweeps(store, experiment.experimentId, systemClock.now());
  const { workers } = options;
  const engines = await enginesOf(workers, options.signal);
  const facts = await collectFacts(project.root, engines, plan.kind.knowledge);
  const executor =
    workers?.capacity === jobs && heapMb === undefined
      ? workers
      : createLocalExecutor({ module: workerModule(), jobs, threads: jobs * threads, heapMb });
  if (executor !== workers) await workers?.close(); // more than the memory holds
  try {
    const result = await runSweep(
      plan,
      {
        store: profiler?.timed(store) ?? store,
        executor,
        clock: systemClock,
        workDir: (id) => makeWorkDir(project.mlruns, id),
        facts,
        onEvent(event) {
          profiler?.event(event);
          options.onEvent(event);
        },
      },
      {
        force: options.force ?? false,
        resume: options.resume,
        threads,
        signal: options.signal,
      },
    );
    if (!profiler) return result;
    const profile = profiler.profile(jobs);
    const metrics = profileMetrics(profile, systemClock.now());
    if (result.sweepId !== null) await store.write(result.sweepId, { metrics });
    return { ...result, profile };
  } finally {
    const closed = executor.close();
    if (executor !== workers) await closed; // else the caller does
  }
}

/** Versions of the engines, null where one is missing; as a process that has loaded them says, where there is one. */
async function enginesOf(workers: Executor | undefined, signal: AbortSignal): Promise<Record<string, string | null>> {
  const asked = workers?.run({ kind: "engines", payload: null }, { signal }) as ReturnType<typeof engineStatus>;
  const status = (await asked?.catch(() => undefined)) ?? (await engineStatus());
  return Object.fromEntries(status.map((e) => [e.id, e.available ? e.version : null]));
}

/** The plan of an interrupted sweep, which must be over the same data. */
export async function planResume(
  project: Project,
  store: TrackingStore,
  sweepId?: string,
  options: { readonly takeOver?: boolean; readonly overrides?: readonly string[]; readonly memory?: number } = {},
): Promise<{ readonly sweep: SavedSweep; readonly plan: Plan }> {
  const sweep = await findSweep(store, sweepId, options.takeOver);
  const overrides = [...sweep.overrides, ...(options.overrides ?? [])];
  const experiment = await parseExperiment(sweep.file, sweep.text, overrides);
  const resumed = await plan(project, experiment, { maxTrials: Number.POSITIVE_INFINITY, memory: options.memory });
  if (resumed.dataset.hash !== sweep.dataHash) {
    throw new UserError("the data have changed since the sweep began", {
      where: resumed.dataset.source,
      fix: `Put the old data back, or start anew: disease exp run ${sweep.file}`,
    });
  }
  return { sweep, plan: resumed };
}

export interface Diagnosis {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do when it is not ok. */
  readonly fix: string;
}

/** What this machine has and lacks. */
export async function diagnose(project: Project, fix: boolean): Promise<readonly Diagnosis[]> {
  if (fix) await fetchEngines();
  const engines = (await engineStatus()).map((e) => ({
    what: `engine ${e.id} ${e.version}`,
    ok: e.available,
    detail: e.available ? (e.path ?? "") : (e.problem ?? "missing"),
    fix: e.fix?.[0] ?? "",
  }));
  const store = { what: "tracking store", ok: true, detail: project.mlruns, fix: "" };
  try {
    // A folder without a database may be a fresh clone's; a file in its place is a fault.
    const folder = statSync(project.mlruns, { throwIfNoEntry: false });
    if (folder && (!folder.isDirectory() || existsSync(join(project.mlruns, "mlflow.db"))))
      openStore(project, () => {}).close();
    else Object.assign(store, { detail: `${project.mlruns} (made by the first run)` });
  } catch (error) {
    Object.assign(store, {
      ok: false,
      detail: messageOf(error),
      fix: error instanceof UserError ? error.fix.join(" ") : "",
    });
  }
  return [
    { what: "node", ok: true, detail: `${process.version} (${process.execPath})`, fix: "" },
    { what: "disease", ok: true, detail: `${VERSION}, code ${CODE_VERSION}`, fix: "" },
    ...engines,
    store,
  ];
}

/** Lays out a project in a folder (made when it is not there). */
export function initProject(folder: string): ReturnType<typeof scaffold> {
  return scaffold(resolve(folder), programRoot());
}

export type { ActOutcome } from "./app/board/acts.ts";
export {
  type Asked,
  type ExtraColumn,
  type GroupRow,
  isMetric,
  saveView,
  type ViewedLeaderboard,
  viewLeaderboard,
} from "./app/board/viewed-leaderboard.ts";
export { type Board, metricDirections, openBoard } from "./app/board.ts";
export { type ModelCard, modelCard } from "./app/card/card.ts";
export { recordEvaluation } from "./app/cases/record.ts";
export { type TrainedCases, trainCases } from "./app/cases/train.ts";
export {
  type CaseAnswer,
  type EvaluationResult,
  evaluateCases,
  explainCase,
  type RankedDisease,
  type RankResult,
  rankCases,
} from "./app/cases.ts";
export { type Deployed, type DeployTarget, deploy } from "./app/deploy/deploy.ts";
export { listGates, loadGate } from "./app/gates/gates.ts";
export { judgeRun } from "./app/gates/judge.ts";
export { type KnowledgeListing, listKnowledge } from "./app/knowledge/ls.ts";
export { type Pulled, type PullResult, pullKnowledge } from "./app/knowledge/pull.ts";
export { type KnowledgeFound, searchKnowledge } from "./app/knowledge/search.ts";
export { type Shown, showKnowledge } from "./app/knowledge/show.ts";
export { lakeAnonymity } from "./app/lake/anonymity.ts";
export { buildLearningTable } from "./app/lake/build.ts";
export { openDeidentifier } from "./app/lake/deidentify.ts";
export { type ForgetResult, forgetPatient } from "./app/lake/forget.ts";
export { initLake, type LakeInit } from "./app/lake/init.ts";
export { type GoldNotes, judgeNotes, type ReadNotes, readNotes } from "./app/lake/notes.ts";
export { openLake } from "./app/lake/open.ts";
export { openToAll } from "./app/lake/permissions.ts";
export { profileTable } from "./app/lake/profile.ts";
export {
  type IngestRow,
  lakeIngests,
  lakeShow,
  lakeTables,
  type ShownIngest,
  type ShownTable,
  type TableRow,
} from "./app/lake/show.ts";
export { type LakeAnswer, lakeSql } from "./app/lake/sql.ts";
export { lanesOf } from "./app/lanes.ts";
export type { LiveEvent, LiveTrial, ProgressEvent } from "./app/live/events.ts";
export { openHost } from "./app/live/host.ts";
export { removeHost, startHost } from "./app/live/start.ts";
export { findRunning, type Stopped, stopRunning } from "./app/live/stop.ts";
export type { LiveSweep } from "./app/live/watch.ts";
export {
  installMlflow,
  installPlan,
  type LocalServer,
  mlflowPython,
  openBrowser,
  startServer,
} from "./app/mlflow-server.ts";
export {
  listModels,
  type ModelDetail,
  type ModelRow,
  modelHistory,
  showModel,
  type VersionRow,
} from "./app/models-view.ts";
export { type FeedbackResult, giveFeedback } from "./app/monitor/feedback.ts";
export { monitorReport } from "./app/monitor/report.ts";
export { startWatch } from "./app/monitor/start-watch.ts";
export type { Look } from "./app/monitor/watch.ts";
export { type Packaged, packageBoard, packageRun } from "./app/package.ts";
export { INPUT_FORMATS } from "./app/predict/input.ts";
export { OUTPUT_FORMATS } from "./app/predict/output.ts";
export { type PredictResult, predict } from "./app/predict/predict.ts";
export { findProject, openStore, type Project, pythonLoad, storeUri } from "./app/project.ts";
export {
  aliasModel,
  approveModel,
  copyModel,
  demoteModel,
  isChampion,
  modelNameOf,
  promoteModel,
  type RunChoice,
  registerModel,
  rollbackModel,
  sentenceOf,
  unaliasModel,
} from "./app/registry.ts";
export { runUntilGate } from "./app/rounds.ts";
export { deleteRuns, noteRuns, type RunAct, restoreRuns, tagRuns } from "./app/run-acts.ts";
export type { FileHead, Judged, RunFiles, RunReader } from "./app/run-detail.ts";
export type { FactSection, Importances, PerClass } from "./app/run-files.ts";
export type { ServeOptions, Serving } from "./app/serve/options.ts";
export { serve } from "./app/serve/serve.ts";
export {
  copyStore,
  type Mirror,
  mirrorOf,
  type Pending,
  shownAddress,
  syncServer,
  trackStatus,
} from "./app/tracking.ts";
export { withLocalRegistry, withRegistry } from "./app/workbench.ts";
export { shellWord } from "./core/formats/shell.ts";
export type { GateEvaluation } from "./experiments/gate.ts";
export { listRules, type RuleHelp } from "./experiments/gate-file.ts";
export { parseBytes } from "./experiments/lanes/memory.ts";
export type { Profile } from "./experiments/lanes/profile.ts";
export { suggestion } from "./experiments/located.ts";
export type { Plan } from "./experiments/plan.ts";
export {
  listExperiments,
  listRuns,
  newestExperiment,
  type RunDetail,
  type RunDiff,
  type RunList,
  runDetail,
  runDiff,
} from "./experiments/read/browse.ts";
export { type Comparison, compareTrials, MAX_COMPARED, type PairTest } from "./experiments/read/compare.ts";
export { type Leaderboard, type LeaderboardRow, leaderboard } from "./experiments/read/leaderboard.ts";
export type { Standing } from "./experiments/read/versus-best.ts";
export type { SweepResult } from "./experiments/runner.ts";
export type { Round } from "./experiments/until-gate.ts";
export { type PlanView, planView } from "./experiments/view.ts";
export type { Collected } from "./lake/gc.ts";
export type { AddResult } from "./lake/ingest/commit.ts";
export type { Lake } from "./lake/lake.ts";
export type { BuildResult } from "./lake/learning/build.ts";
export type { Anonymity } from "./lake/privacy/anonymity.ts";
export type { Verified } from "./lake/verify.ts";
export { methodIds } from "./ranking/methods.ts";
export type { RankingQuality, ScoreId, Scores } from "./ranking/quality.ts";
export type { AuditRecord, Trail } from "./registry/audit.ts";
export type { AliasMove } from "./registry/demote.ts";
export { type Act, exitCodeOf } from "./registry/promote.ts";
export type { Registered } from "./registry/register.ts";
export type { Workbench } from "./registry/state.ts";
export { monitorMarkdown } from "./reports/monitor/page.ts";
export { valuesOf } from "./reports/profile/page.ts";
export type { TableProfile } from "./reports/profile/table-profile.ts";
