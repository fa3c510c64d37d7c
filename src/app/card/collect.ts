/** Reads everything that a card says: the run's records and files, its sweep, the registry and the facts file. */
import type { SplitReport } from "../../core/dataset.ts";
import { hashModel, modelFiles } from "../../core/model-files.ts";
import { MONITORING_PROFILE, type TrainingProfile, trainingProfilePath } from "../../core/monitoring/profile.ts";
import type { ModelVersion } from "../../core/registry.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag, type Trial } from "../../core/trial.ts";
import { looksAtRun } from "../../experiments/gate/ledger.ts";
import { rankingFamilies } from "../../experiments/kinds/ranking-families.ts";
import { parseLocated } from "../../experiments/located.ts";
import { metricsOfRun } from "../../experiments/read/browse.ts";
import { leaderboard } from "../../experiments/read/leaderboard.ts";
import { readPredictions } from "../../experiments/read/predictions.ts";
import { type ExperimentConfig, isCaseConfig, schemaOf } from "../../experiments/schema.ts";
import { families } from "../../families/index.ts";
import type { Trail } from "../../registry/audit.ts";
import { history } from "../../registry/history.ts";
import { stageOf } from "../../registry/stages.ts";
import { type ModelState, VersionTag } from "../../registry/state.ts";
import type { Board, CardInput, JudgedByGate } from "../../reports/card/input.ts";
import type { Project } from "../project.ts";
import { importancesOf } from "../run-files.ts";
import { declaredPath, readDeclared } from "./declared.ts";
import { judgedOf } from "./judged.ts";
import { subgroupsOf } from "./subgroups.ts";

export interface CardSubject {
  readonly run: Run;
  /** Where the run is registered. */
  readonly registered?: { readonly state: ModelState; readonly version: ModelVersion };
}

/** @param factsFile in place of experiments/cards/NAME.yaml */
export async function collectCard(
  project: Project,
  store: TrackingStore,
  { run, registered }: CardSubject,
  factsFile?: string,
): Promise<CardInput> {
  const { info, tags } = run;
  const parent = tags[Tag.parent];
  const json = <T>(id: string | undefined, path: string): Promise<T | null> =>
    id === undefined ? Promise.resolve(null) : readJson<T>(store, id, path);
  const experiment = (await store.listExperiments("all")).find((e) => e.experimentId === info.experimentId);
  const name = registered?.version.name ?? experiment?.name ?? info.experimentId;
  const declared = readDeclared(project, name, factsFile);
  const [trial, facts, split, sweep, data, config] = await Promise.all([
    json<Trial>(info.runId, "config/trial.json"),
    json<NonNullable<CardInput["facts"]>>(info.runId, "facts.json"),
    json<SplitFile>(info.runId, "split.json"),
    parent === undefined ? null : store.getRun(parent).catch(() => null),
    json<NonNullable<CardInput["data"]>>(parent, "data.json"),
    configOf(store, info.runId, parent),
  ]);
  const [trail, files, scored, importances, looks, missing, board] = await Promise.all([
    registered ? history(store, registered.state) : null,
    filesOf(store, info.runId),
    readPredictions(store, info.runId).catch(() => null),
    optional(store, info.runId, "reports/feature_importance.csv"),
    looksAtRun(store, run),
    missingOf(store, run, split),
    boardOf(store, run, experiment?.name),
  ]);
  const bootstrap = config?.bootstrap ?? { resamples: 1000, level: 0.95 };
  const classes = await classNames(store, info.runId, data);
  const named = scored && {
    ...scored.scored,
    classes: classes?.length === scored.scored.classes.length ? classes : scored.scored.classes,
  };
  const where = declared?.file ?? declaredPath(name);
  return {
    registered: registered ? registeredOf(registered) : null,
    run: {
      id: info.runId,
      name: info.runName,
      experiment: experiment?.name ?? info.experimentId,
      user: info.userId,
      started: info.startTime,
      params: run.params,
      metrics: metricsOfRun(run).filter(({ key }) => !key.startsWith("curve_")),
      tags,
      notices: (tags["disease.notices"] ?? "").split("; ").filter(Boolean),
    },
    trial,
    family: await familyOf(run.params.family),
    experiment: config && experimentOf(config),
    facts,
    data,
    missing,
    split: split && splitOf(split, tags[Tag.splitHash] ?? ""),
    files,
    judged: named && scored ? judgedOf(named, scored.units, bootstrap) : null,
    importances: importances && importancesOf(importances, true),
    search: sweep && searchOf(sweep),
    board,
    looks,
    gates: gatesOf(trail, info.runId),
    trail: trail && { records: trail.records, problems: trail.problems },
    monitoring: monitoringOf(tags, registered?.version.tags ?? {}),
    declared,
    declaredAt: where,
    subgroups:
      config && split && named && scored
        ? await subgroupsOf(
            project,
            declared?.says.subgroups,
            { config, dataHash: tags[Tag.dataHash] ?? "", validation: Int32Array.from(split.rows.validation), where },
            { scored: named, units: scored.units },
          )
        : {
            problem: declared?.says.subgroups ? "the run keeps no predictions or no split" : null,
            metrics: [],
            groups: [],
          },
  };
}

interface SplitFile {
  readonly seed: number;
  readonly fold?: number;
  readonly hash?: string;
  readonly report: SplitReport;
  readonly rows: Readonly<Record<"train" | "validation" | "test", readonly number[]>>;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A file of a run; null where it has none. */
async function optional(store: TrackingStore, runId: string, path: string): Promise<Uint8Array | null> {
  try {
    return await store.readArtifact(runId, path);
  } catch {
    return null; // an older run, or another program's
  }
}

async function readJson<T>(store: TrackingStore, runId: string, path: string): Promise<T | null> {
  const bytes = await optional(store, runId, path);
  try {
    return bytes && (JSON.parse(textOf(bytes)) as T);
  } catch {
    return null;
  }
}

/** The experiment as it was run, overrides laid over it. */
async function configOf(store: TrackingStore, runId: string, parent?: string): Promise<ExperimentConfig | null> {
  const yaml = await optional(store, runId, "config/experiment.yaml");
  if (yaml === null) return null;
  const sweep = parent === undefined ? null : await readJson<{ overrides?: string[] }>(store, parent, "sweep.json");
  try {
    const { value } = parseLocated("experiment.yaml", textOf(yaml), sweep?.overrides ?? []);
    return schemaOf(value).parse(value);
  } catch {
    return null; // of a program that knew other keys
  }
}

function experimentOf(config: ExperimentConfig): NonNullable<CardInput["experiment"]> {
  const cases = isCaseConfig(config);
  const columns = cases ? [] : Object.entries(config.data.columns);
  const withRole = (role: string): string[] =>
    columns.filter(([, column]) => column.role === role).map(([name]) => name);
  return {
    description: config.description ?? "",
    input: cases ? "cases" : "table",
    group: cases ? "publication" : (config.data.group ?? null),
    extra: withRole("extra"),
    ignored: withRole("ignore"),
    rankMetric: config.rank.metric,
    bootstrap: config.bootstrap,
    folds: config.split.folds ?? null,
    seeds: config.seeds,
    predefinedSplit: config.split.file !== undefined,
  };
}

function splitOf({ seed, fold, hash, report, rows }: SplitFile, tag: string): NonNullable<CardInput["split"]> {
  const { train, validation, test } = rows;
  return {
    seed,
    fold: fold ?? null,
    hash: hash ?? tag,
    report,
    sizes: { train: train.length, validation: validation.length, test: test.length },
  };
}

async function filesOf(store: TrackingStore, runId: string): Promise<CardInput["files"]> {
  const files = await modelFiles(store, runId).catch(() => ({}) as Record<string, Uint8Array>);
  const names = Object.keys(files).sort();
  if (names.length === 0) return null;
  return { names, bytes: Object.values(files).reduce((sum, { length }) => sum + length, 0), hash: hashModel(files) };
}

async function classNames(
  store: TrackingStore,
  runId: string,
  data: CardInput["data"],
): Promise<readonly string[] | undefined> {
  const model = await readJson<{ classes?: readonly string[] }>(store, runId, "model/model.json");
  return model?.classes ?? data?.classes;
}

/** Share of missing values by column among the training rows, where the run or its sweep kept a profile. */
async function missingOf(store: TrackingStore, run: Run, split: SplitFile | null): Promise<CardInput["missing"]> {
  const own = await readJson<{ training?: TrainingProfile }>(store, run.info.runId, MONITORING_PROFILE);
  const parent = run.tags[Tag.parent];
  const profile =
    own?.training ??
    (parent === undefined || split === null
      ? null
      : await readJson<TrainingProfile>(store, parent, trainingProfilePath(split)));
  if (!Array.isArray(profile?.features)) return null;
  const columns = profile.features.filter((feature) => !("sizeOf" in feature && feature.sizeOf !== undefined));
  return Object.fromEntries(columns.map(({ name, missing, rows }) => [name, rows === 0 ? 0 : missing / rows]));
}

async function familyOf(id: string | undefined): Promise<CardInput["family"]> {
  const all = { ...families, ...rankingFamilies };
  if (id === undefined || !Object.hasOwn(all, id)) return null;
  const { title, description } = await all[id]!();
  return { title, description };
}

function searchOf({ tags }: Run): CardInput["search"] {
  const trials = Number(tags["disease.trials"]);
  const strategy = tags["disease.search.strategy"];
  return strategy === undefined || Number.isNaN(trials) ? null : { strategy, trials };
}

/** Where the run's configuration stands among those of its experiment. */
async function boardOf(store: TrackingStore, run: Run, experiment: string | undefined): Promise<Board | null> {
  if (experiment === undefined || run.tags[Tag.trialKey] === undefined) return null;
  const board = await leaderboard(store, { experiment }).catch(() => null);
  const row = board?.rows.find(({ runs }) => runs.includes(run.info.runId));
  if (!board || !row) return null; // trained on older data, or answered again by a newer program
  const ranked = board.rows.filter(({ rank }) => rank !== null);
  const cell = row.metrics[board.rankMetric];
  return {
    metric: board.rankMetric,
    rank: row.rank,
    configurations: ranked.length,
    tied: ranked.filter((other) => other.tied && other !== row).map(({ name }) => name),
    isTied: row.tied,
    repeats: row.repeats,
    mean: cell?.mean ?? null,
    sd: cell?.sd ?? null,
  };
}

function registeredOf({ state, version }: NonNullable<CardSubject["registered"]>): CardInput["registered"] {
  const { name, source, aliases, tags } = version;
  return {
    name,
    version: version.version,
    source,
    aliases,
    stage: stageOf(state.model, version),
    modelHash: tags[VersionTag.modelHash] ?? null,
  };
}

/** Verdicts on the run; one look that several acts rest on stands once. */
function gatesOf(trail: Trail | null, runId: string): readonly JudgedByGate[] {
  const gates = new Map<string, JudgedByGate>();
  for (const { gate, when } of trail?.records ?? []) {
    if (gate?.runId !== runId) continue;
    const key = `${gate.gateHash} ${gate.looks} ${gate.championRunId}`;
    if (!gates.has(key)) gates.set(key, { when, outcome: gate });
  }
  return [...gates.values()];
}

function monitoringOf(...tags: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const own = tags.flatMap((of) => Object.entries(of)).filter(([key]) => key.startsWith("disease.monitor"));
  return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}
