import type { StepSpec } from "./step.ts";

export interface Preparation {
  readonly name: string;
  readonly steps: readonly StepSpec[];
}

export type ClassWeight = "none" | "balanced";

/** What is done to the training rows of rare classes. */
export type Resample = "none" | "oversample" | "smote";

/** How probabilities are calibrated on validation rows. */
export type Calibrate = "none" | "temperature" | "isotonic";

/**
 * How common the classes are among the patients that a model is for: as it learned (none), equally, as among the training
 * rows before they were weighed or drawn, or by class; classes that are not named share the rest.
 */
export type Prior = "none" | "balanced" | "natural" | Readonly<Record<string, number>>;

/** One point of the grid and one MLflow run. */
export interface Trial {
  /** SHA-256 of everything that decides the result: the identity of a trial everywhere. */
  readonly key: string;
  /** The same without seed and split: trials that differ in nothing but the repeat share it. */
  readonly configKey: string;
  /** The same without the code version as well: what is asked, whichever program answers it. */
  readonly pointKey: string;
  /** For people: the family and what varies, e.g. "xgboost max_depth=4 · trees · seed 1". */
  readonly name: string;
  readonly family: string;
  /** All hyper-parameters, defaults included. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly preparation: Preparation;
  readonly classWeight: ClassWeight;
  readonly resample: Resample;
  readonly calibrate: Calibrate;
  readonly prior: Prior;
  readonly seed: number;
  /** Fold of the cross-validation that is validation, from 0; absent in a hold-out. */
  readonly fold?: number;
  /** What trains it (Family.backend); absent for what comes with this program. */
  readonly backend?: string;
}

export interface CurvePoint {
  readonly round: number;
  /** Mean log loss. */
  readonly train: number;
  readonly validation: number;
}

/** What a running trial tells of its last round. */
export interface RoundEvent extends CurvePoint {
  /** Rounds since the one told before. */
  readonly earlier: readonly CurvePoint[];
}

export interface MetricValue {
  readonly value: number;
  /** Bootstrap interval; absent where the metric has none. */
  readonly low?: number;
  readonly high?: number;
}

/** What running a trial gives back. */
export interface TrialResult {
  /** On validation, by metric id. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly curve: readonly CurvePoint[];
  readonly rounds?: number;
  /** Seconds. */
  readonly timing: Readonly<Record<"fit" | "score" | "report", number>>;
  /** Seconds of CPU, native threads included. */
  readonly cpu: Readonly<Record<"fit" | "score" | "report", number>>;
  /** Columns that the model sees; absent where they are not counted. */
  readonly features?: number;
  readonly notices: readonly string[];
}

/** Tags that our runs carry beside MLflow's own. */
export const Tag = {
  kind: "disease.kind",
  trialKey: "disease.trial_key",
  configKey: "disease.config_key",
  pointKey: "disease.point_key",
  seed: "disease.seed",
  fold: "disease.fold",
  error: "disease.error",
  /** Why a trial was stopped before its time, e.g. "rung 2, 27 rounds: worse than 5 of the 6 others there". */
  pruned: "disease.pruned",
  host: "disease.host",
  pid: "disease.pid",
  dataHash: "disease.data_hash",
  splitHash: "disease.split_hash",
  codeVersion: "disease.code_version",
  backend: "disease.backend",
  rankMetric: "disease.rank_metric",
  orphans: "disease.orphans",
  /** What the trial is of: "cases"; absent for a table. */
  input: "disease.input",
  /** On a server: id of the run in the embedded store that it mirrors. */
  mirrorOf: "disease.run_id",
  parent: "mlflow.parentRunId",
  note: "mlflow.note.content",
} as const;

/** What a run was made of, by tag, as people call it. */
export const FACTS: Readonly<Record<string, string>> = {
  [Tag.dataHash]: "data",
  [Tag.splitHash]: "split",
  [Tag.codeVersion]: "code version",
  [Tag.backend]: "backend",
  "mlflow.source.name": "experiment file",
};

/** A trial's name without its repeat: that of its configuration. */
export function configName(trialName: string): string {
  return trialName.replace(/( · seed -?\d+)?( · fold \d+)?$/, "");
}

/** Metrics of the validation split carry this prefix in the store. */
export const VALIDATION = "val_";
