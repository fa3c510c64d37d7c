import type { Dataset, Split } from "../core/dataset.ts";
import { hashBytes } from "../core/hash.ts";
import { trainingProfilePath } from "../core/monitoring/profile.ts";
import type { DatasetInput, MetricPoint, RunBatch } from "../core/store.ts";
import { type CurvePoint, Tag, type Trial, type TrialResult, VALIDATION } from "../core/trial.ts";
import { profileTraining } from "../statistics/drift/profile.ts";
import type { Facts } from "./facts.ts";
import { repeatOf } from "./kinds/kind.ts";
import type { Plan } from "./plan.ts";
import { ownProcess } from "./process.ts";
import { prunedMetrics } from "./search/history.ts";
import type { Stop } from "./search/pruning.ts";
import { describeSearch } from "./search/settings.ts";

/** How a sweep and its trials are written down in MLflow's terms. Pure: values in, batches and files out. */

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** Files of the parent run: enough to run the sweep again. */
export function sweepArtifacts(plan: Plan, facts: { facts: Facts; diff: string }): Record<string, Uint8Array> {
  const { experiment } = plan;
  const files: Record<string, Uint8Array> = {
    "experiment.yaml": new TextEncoder().encode(experiment.text),
    "sweep.json": json({
      file: experiment.file,
      overrides: experiment.overrides,
      data: plan.dataset.hash,
      trials: plan.trials.map((t) => t.key),
    }),
    "facts.json": json(facts.facts),
    "data.json": json(describe(plan.dataset)),
  };
  if (facts.diff !== "") files["uncommitted.patch"] = new TextEncoder().encode(`${facts.diff}\n`);
  for (const split of plan.splits) {
    files[splitPath(split)] = splitManifest(split);
    files[trainingProfilePath(split)] = json(profileTraining(plan.dataset, split, plan.kind.input));
  }
  return files;
}

const splitPath = ({ seed, fold }: Split): string =>
  `splits/seed-${seed}${fold === undefined ? "" : `-fold-${fold + 1}`}.json`;

/** Row numbers of each part, how it was made and what was noticed. */
export function splitManifest(split: Split): Uint8Array {
  const rows = Object.fromEntries((["train", "validation", "test"] as const).map((part) => [part, [...split[part]]]));
  const { seed, fold, hash, report } = split;
  return new TextEncoder().encode(`${JSON.stringify({ seed, fold, hash, report, rows })}\n`);
}

function describe(dataset: Dataset): object {
  return {
    source: dataset.source,
    hash: dataset.hash,
    rows: dataset.frame.rows,
    target: dataset.target.name,
    classes: dataset.target.classes,
    columns: dataset.frame.columns.map((c) => ({ name: c.name, kind: c.kind })),
    notices: dataset.notices,
  };
}

export function sweepTags(plan: Plan, facts: Facts): Record<string, string> {
  return { [Tag.kind]: "sweep", ...searchTags(plan), ...sharedTags(plan, facts) };
}

/** The strategy with its seed, its limits and its pruner: "disease.search.strategy" and so on. */
export function searchTags({ experiment }: Plan): Record<string, string> {
  const texts = Object.entries(describeSearch(experiment.search));
  return Object.fromEntries(texts.map(([key, text]) => [`disease.search.${key}`, text]));
}

function sharedTags(plan: Plan, facts: Facts): Record<string, string> {
  return {
    [Tag.dataHash]: plan.dataset.hash,
    [Tag.rankMetric]: plan.experiment.config.rank.metric,
    [Tag.codeVersion]: facts.disease.codeVersion,
    "mlflow.source.name": plan.experiment.file,
    "mlflow.source.type": "LOCAL",
    ...(facts.git
      ? { "mlflow.source.git.commit": facts.git.commit, "mlflow.source.git.branch": facts.git.branch }
      : {}),
  };
}

/** What marks the parent as running here, so that another process can tell a live sweep from a dead one. */
export function ownerTags(facts: Facts): Record<string, string> {
  return { [Tag.host]: facts.machine.host, [Tag.pid]: ownProcess() };
}

export function trialTags(plan: Plan, trial: Trial, sweepId: string, facts: Facts): Record<string, string> {
  return {
    [Tag.kind]: "trial",
    [Tag.parent]: sweepId,
    [Tag.trialKey]: trial.key,
    [Tag.configKey]: trial.configKey,
    [Tag.pointKey]: trial.pointKey,
    [Tag.seed]: String(trial.seed),
    ...(trial.fold === undefined ? {} : { [Tag.fold]: String(trial.fold) }),
    ...(trial.backend === undefined ? {} : { [Tag.backend]: trial.backend }),
    [Tag.splitHash]: splitOf(plan, trial).hash,
    [Tag.orphans]: JSON.stringify(plan.orphans),
    ...(plan.kind.input === "table" ? {} : { [Tag.input]: plan.kind.input }),
    ...sharedTags(plan, facts),
  };
}

/** The split of a trial. */
export function splitOf(plan: Plan, trial: Trial): Split {
  return plan.splits[repeatOf(plan.splits, trial)]!;
}

/** Files that each trial keeps beside its results. */
export function trialArtifacts(plan: Plan, trial: Trial, facts: Facts): Record<string, Uint8Array> {
  // What others of the sweep used is not what this one was trained with.
  const without = facts.knowledge !== undefined && plan.kind.usesKnowledge?.(trial) === false;
  return {
    "config/trial.json": json(trial),
    "config/experiment.yaml": new TextEncoder().encode(plan.experiment.text),
    "split.json": splitManifest(splitOf(plan, trial)),
    "facts.json": json(without ? { ...facts, knowledge: {} } : facts),
  };
}

/** The dataset as MLflow's dataset input; with a trial, the training part of its split. */
export function trialInputs(plan: Plan, trial?: Trial): DatasetInput[] {
  const { dataset } = plan;
  const base = {
    name: dataset.name,
    sourceType: "local",
    source: JSON.stringify({ uri: dataset.source }),
    schema: JSON.stringify({
      mlflow_colspec: [
        ...dataset.frame.columns.map((c) => ({
          type: c.kind === "numeric" ? "double" : "string",
          name: c.name,
          required: false,
        })),
        { type: "string", name: dataset.target.name, required: true },
      ],
    }),
  };
  const digest = (text: string): string => hashBytes(text).slice(0, 8);
  if (!trial) {
    const profile = JSON.stringify({
      num_rows: dataset.frame.rows,
      num_elements: dataset.frame.rows * (dataset.frame.columns.length + 1),
    });
    return [{ ...base, digest: dataset.hash.slice(0, 8), profile, tags: { "mlflow.data.context": "all" } }];
  }
  const split = splitOf(plan, trial);
  return (["train", "validation"] as const).map((part) => ({
    ...base,
    digest: digest(`${dataset.hash}${split.hash}${part}`),
    profile: JSON.stringify({ num_rows: split[part].length }),
    tags: { "mlflow.data.context": part === "train" ? "training" : "validation" },
  }));
}

export function trialParams({ kind }: Pick<Plan, "kind">, trial: Trial): Record<string, string> {
  const params: Record<string, string> = {
    family: trial.family,
    ...kind.params(trial),
    seed: String(trial.seed),
    ...(trial.fold === undefined ? {} : { fold: String(trial.fold + 1) }),
  };
  for (const [key, value] of Object.entries(trial.params))
    params[key] = typeof value === "string" ? value : JSON.stringify(value);
  return params;
}

/** Metrics of a finished trial: validation metrics with their intervals, the curve by round, and times in seconds. */
export function trialMetrics(result: TrialResult, timestamp: number): MetricPoint[] {
  const points = curveMetrics(result.curve, timestamp);
  const add = (key: string, value: number, step = 0): number => points.push({ key, value, timestamp, step });
  for (const [id, { value, low, high }] of Object.entries(result.metrics)) {
    add(`${VALIDATION}${id}`, value);
    // An interval that could not be made is absent, not NaN.
    if (low !== undefined && !Number.isNaN(low)) add(`${VALIDATION}${id}_low`, low);
    if (high !== undefined && !Number.isNaN(high)) add(`${VALIDATION}${id}_high`, high);
  }
  for (const [part, seconds] of Object.entries(result.timing)) add(`${part}_seconds`, seconds);
  if (result.features !== undefined) add("features", result.features);
  if (result.rounds !== undefined) add("rounds", result.rounds);
  return points;
}

/** A learning curve by round. */
export function curveMetrics(curve: readonly CurvePoint[], timestamp: number): MetricPoint[] {
  return curve.flatMap(({ round: step, train, validation }) => [
    { key: "curve_train_log_loss", value: train, timestamp, step },
    { key: "curve_val_log_loss", value: validation, timestamp, step },
  ]);
}

/** What is kept of a trial that was stopped early: its curve, its rounds, where it was stopped, and the seconds it trained. */
export function prunedBatch(curve: readonly CurvePoint[], stop: Stop, seconds: number, timestamp: number): RunBatch {
  const values = { ...prunedMetrics(stop), rounds: curve.at(-1)?.round ?? 0, fit_seconds: seconds };
  const points = Object.entries(values).map(([key, value]) => ({ key, value, timestamp, step: 0 }));
  return { metrics: [...curveMetrics(curve, timestamp), ...points], tags: { [Tag.pruned]: stop.reason } };
}

export function noticeTags(result: TrialResult): RunBatch["tags"] {
  return result.notices.length === 0 ? {} : { "disease.notices": result.notices.join("; ").slice(0, 5000) };
}
