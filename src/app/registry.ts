import { UserError } from "../core/errors.ts";
import type { ModelVersion, Stage } from "../core/registry.ts";
import type { Run, TrackingStore } from "../core/store.ts";
import type { Gate } from "../experiments/gate-file.ts";
import { findRun } from "../experiments/read/browse.ts";
import { leaderboard } from "../experiments/read/leaderboard.ts";
import { copyVersion } from "../registry/copy.ts";
import { type AliasMove, demote, rollback, setAlias } from "../registry/demote.ts";
import {
  type Act,
  approve,
  isPromotable,
  knownOutcome,
  promote,
  requireGate,
  review,
  reviewedOutcome,
} from "../registry/promote.ts";
import { type Registered, register } from "../registry/register.ts";
import { checkFiles, type ModelState, parseRef, readState, versionOf, type Workbench } from "../registry/state.ts";
import { tryLogCard } from "./card/card.ts";
import { evaluateGate, loadGate, writeGateReports } from "./gates/gates.ts";
import { promotionReport } from "./gates/reports.ts";
import { tryKeepProfile } from "./monitor/profile.ts";
import { tellFold, tryPackageRun } from "./package.ts";
import type { Project } from "./project.ts";

/** Which run is meant: one by itself, or the best of an experiment. */
export type RunChoice = ({ readonly run: string } | { readonly experiment: string }) & {
  /** Of the registered model; the experiment's when absent. */
  readonly name?: string;
};

/** @throws UserError when there is no such run, or the experiment has none that finished */
async function chosenRun(store: TrackingStore, choice: RunChoice): Promise<{ run: Run; name: string }> {
  if ("run" in choice) {
    const run = await findRun(store, choice.run);
    const { experimentId } = run.info;
    const experiments = await store.listExperiments("all");
    const experiment = experiments.find((e) => e.experimentId === experimentId);
    return { run, name: choice.name ?? experiment?.name ?? experimentId };
  }
  const board = await leaderboard(store, { experiment: choice.experiment });
  const runId = board.rows.find((row) => row.rank === 1)?.runs[0];
  if (runId === undefined) {
    throw new UserError("no trial of the experiment has finished", {
      where: `experiment ${board.experiment}`,
      fix: `\`disease exp leaderboard ${board.experiment}\` says why.`,
    });
  }
  return { run: await store.getRun(runId), name: choice.name ?? board.experiment };
}

/**
 * Registers a run, or the best one of an experiment: the first repeat of the leaderboard's first row. Of a cross-validation that is its first
 * fold, which it says. The model card of a new version is kept with the run.
 */
export async function registerModel(
  project: Project,
  bench: Workbench,
  choice: RunChoice,
  reason?: string,
): Promise<Registered> {
  const registered = await registerRun(bench, choice, reason);
  if (registered.isNew) await tryLogCard(project, bench, registered.name, registered.version);
  return registered;
}

async function registerRun(bench: Workbench, choice: RunChoice, reason?: string): Promise<Registered> {
  const { run, name } = await chosenRun(bench.store, choice);
  const { runId } = run.info;
  await tryPackageRun(bench, runId); // before: the files of a version stay as they are
  await tryKeepProfile(bench, runId);
  const registered = await register(bench, name, runId, reason);
  await tellFold(bench, run);
  return registered;
}

export interface PromoteOptions {
  /** NAME, NAME@alias or NAME/VERSION; or a run to register first. */
  readonly target: string | RunChoice;
  readonly to: "Staging" | "Production";
  /** A name in experiments/gates, or a file. */
  readonly gate?: string;
  /** Why there is no gate; kept in the audit. */
  readonly reason?: string;
  readonly requireApproval: boolean;
  /** The gate judges and its outcome is recorded, nothing is moved; a promotion within the hour rests on that look. */
  readonly reviewOnly?: boolean;
  /** Paths of the reports on the gate, from the current folder. */
  readonly junit?: string;
  readonly markdown?: string;
}

/**
 * Registers (where a run is meant), lets the gate judge, and promotes. The champion of the moment before the gate looked must
 * still be the champion afterwards. The model card is kept anew with the run.
 */
export async function promoteModel(project: Project, bench: Workbench, options: PromoteOptions): Promise<Act> {
  const { target, to, reason } = options;
  const gate = options.gate === undefined ? undefined : await loadGate(project, options.gate);
  requireGate(to, gate !== undefined, reason, typeof target === "string" ? target : "promote");
  const registered = typeof target === "string" ? undefined : await registerRun(bench, target);
  const ref = registered ?? parseRef(target as string);
  const state = await readState(bench.registry, ref.name);
  const version = versionOf(state, ref);
  const act = await promoteVersion(project, bench, { state, version, gate }, options);
  if (act.record !== null || registered?.isNew) await tryLogCard(project, bench, version.name, version.version);
  return act;
}

async function promoteVersion(
  project: Project,
  bench: Workbench,
  { state, version, gate }: { readonly state: ModelState; readonly version: ModelVersion; readonly gate?: Gate },
  { to, reason, requireApproval, reviewOnly = false, ...reports }: PromoteOptions,
): Promise<Act> {
  const shared = { to, reason, requireApproval };
  if (!gate) return promote(bench, state, version, { ...shared, gate: null });
  const moves = isPromotable(state, version, to);
  if (version.runId === null) {
    throw new UserError("a gate cannot judge a version that belongs to no run", {
      where: `version ${version.version} of model ${version.name}`,
      fix: "Register a run of this store instead.",
    });
  }
  await checkFiles(bench, version);
  const known = moves
    ? reviewedOutcome(state, version, gate.hash, bench.clock.now())
    : knownOutcome(state, version, gate.hash);
  const asked = { runId: version.runId, gate, modelName: version.name };
  const outcome = known ?? (await evaluateGate(project, bench.store, bench.registry, asked));
  const act =
    moves && !reviewOnly
      ? await promote(bench, state, version, { ...shared, gate: outcome })
      : await review(bench, state, version, { to, gate: outcome, isNew: known === undefined });
  const extra = reports.markdown === undefined ? {} : await promotionReport(bench.store, outcome, sentenceOf(act));
  writeGateReports(outcome, reports, extra);
  return act;
}

/** What an act did, one sentence. */
export function sentenceOf({ model, version, from, to, result, champion }: Act): string {
  const what = `version ${version} of ${model}`;
  const stays = from === to ? ` and stays in ${to} (to withdraw it: disease models demote)` : "";
  const instead =
    champion.before !== null && champion.before !== champion.after && champion.after !== null
      ? ` in place of version ${champion.before}`
      : "";
  switch (result) {
    case "done":
      return `${what} is in stage ${to} now${instead}`;
    case "unchanged":
      return `${what} is in ${to} already`;
    case "passed":
      return `${what} passes the gate; it is in ${from}, and nothing was moved`;
    case "awaiting":
      return `${what} awaits approval for ${to}`;
    case "refused":
      return stays ? `${what} fails the gate${stays}` : `${what} was refused: the gate failed`;
    case "inconclusive":
      return `${what} ${stays ? `is inconclusive at the gate${stays}` : "was not promoted: the gate is inconclusive"}`;
  }
}

/** The version of NAME, NAME@alias or NAME/VERSION, with the state of its model. */
async function find(bench: Workbench, text: string) {
  const ref = parseRef(text);
  const state = await readState(bench.registry, ref.name);
  return { state, version: versionOf(state, ref), isNamed: ref.version !== undefined || ref.alias !== undefined };
}

/** The model's name in NAME, NAME@alias or NAME/VERSION. */
export function modelNameOf(ref: string): string {
  return parseRef(ref).name;
}

/** Whether a reference means the champion, which is withdrawn with care only. */
export async function isChampion(bench: Workbench, ref: string): Promise<boolean> {
  const { state, version } = await find(bench, ref);
  return state.champion?.version === version.version;
}

/** Takes a version out of Staging or Production. */
export async function demoteModel(bench: Workbench, ref: string, to: Stage, reason?: string): Promise<Act> {
  const { state, version, isNamed } = await find(bench, ref);
  if (!isNamed) {
    throw new UserError("which version?", {
      where: ref,
      fix: "Name it: NAME/VERSION, NAME@champion or NAME@challenger.",
    });
  }
  return demote(bench, state, version, to, reason);
}

/** Puts the previous champion back, or another earlier one. */
export async function rollbackModel(bench: Workbench, name: string, to?: string, reason?: string): Promise<Act> {
  return rollback(bench, await readState(bench.registry, parseRef(name).name), to, reason);
}

/** Lets a version through that awaits approval. */
export async function approveModel(project: Project, bench: Workbench, ref: string, reason?: string): Promise<Act> {
  const { state, version, isNamed } = await find(bench, ref);
  const act = await approve(bench, state, isNamed ? version : undefined, reason);
  if (act.record !== null) await tryLogCard(project, bench, act.model, act.version);
  return act;
}

/** Gives a version an alias of the user's own. */
export async function aliasModel(bench: Workbench, ref: string, alias: string): Promise<AliasMove> {
  const { state, version, isNamed } = await find(bench, ref);
  if (!isNamed) throw new UserError("which version?", { where: ref, fix: "Name it: NAME/VERSION." });
  return setAlias(bench, state, alias, version);
}

/** Takes an alias of the user's own away. */
export async function unaliasModel(bench: Workbench, name: string, alias: string): Promise<AliasMove> {
  return setAlias(bench, await readState(bench.registry, parseRef(name).name), alias, null);
}

/** Registers a version again under another name. */
export async function copyModel(bench: Workbench, ref: string, name: string): Promise<Registered> {
  return copyVersion(bench, bench, (await find(bench, ref)).version, name);
}
