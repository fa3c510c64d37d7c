/**
 * What training and validation patients looked like, as sums over many: what monitoring holds new patients against. Nothing in it is
 * one patient's: a level, bin or class of fewer than `FEWEST` is pooled with others, and the ends of a number's range have as
 * many patients beyond them.
 */

/** Patients that anything that is kept stands for, at least. */
export const FEWEST = 5;

interface Base {
  readonly name: string;
  /** Patients. */
  readonly rows: number;
  readonly missing: number;
}

/** A number: how many patients lie in (edges[i − 1], edges[i]], open at both ends. */
export interface NumericProfile extends Base {
  readonly kind: "numeric";
  /** Ascending: deciles and tails of the training patients, as far as they differ. */
  readonly edges: readonly number[];
  /** [edges + 1] */
  readonly counts: readonly number[];
  /** Of the values that are there; null without any. */
  readonly mean: number | null;
  readonly sd: number | null;
  /** Quantiles 0.005 and 0.995, further inside where fewer than `FEWEST` patients would lie beyond. */
  readonly low: number | null;
  readonly high: number | null;
  /** The multilabel column whose levels it counts, where it is no column itself. */
  readonly sizeOf?: string;
}

/** One of some levels a patient; of a boolean "true" and "false". */
export interface LevelsProfile extends Base {
  readonly kind: "categorical" | "boolean";
  /** The most frequent ones, by name. */
  readonly levels: readonly string[];
  readonly counts: readonly number[];
  /** Patients with any other level. */
  readonly other: number;
}

/** Any number of levels a patient. */
export interface MultilabelProfile extends Base {
  readonly kind: "multilabel";
  /** The most frequent ones, by name. */
  readonly levels: readonly string[];
  /** [levels] patients with the level */
  readonly counts: readonly number[];
  /** Patients with at least one other level. */
  readonly other: number;
}

export type FeatureProfile = NumericProfile | LevelsProfile | MultilabelProfile;

/** Of the training patients of one split. */
export interface TrainingProfile {
  readonly format: 1;
  readonly input: "table" | "cases";
  readonly rows: number;
  readonly features: readonly FeatureProfile[];
  readonly target: LevelsProfile;
}

/** Of a model's predictions for validation patients. */
export interface ValidationProfile {
  readonly rows: number;
  /** The most probable class; null of rankings. */
  readonly predicted: LevelsProfile | null;
  /** Probability of the most probable class, or of the first disease. */
  readonly confidence: NumericProfile;
  /** Mean probability by class; null of rankings. */
  readonly meanProbability: Readonly<Record<string, number>> | null;
  /** By metric id, with its bootstrap interval where it has one. */
  readonly metrics: Readonly<Record<string, { readonly value: number; readonly low?: number; readonly high?: number }>>;
  /** Precision and recall of the classes with `FEWEST` patients at least. */
  readonly classes: readonly ClassFigures[];
}

export interface ClassFigures {
  readonly name: string;
  readonly rows: number;
  readonly recall: number;
  /** Null where none was predicted. */
  readonly precision: number | null;
}

/** What is kept beside a registered model: run artifact `monitoring/profile.json`. */
export interface MonitoringProfile {
  readonly format: 1;
  readonly runId: string;
  readonly input: "table" | "cases";
  /** In the order of the class codes; empty of rankings. */
  readonly classes: readonly string[];
  /** Names of the orphan classes. */
  readonly orphans: readonly string[];
  readonly training: TrainingProfile;
  readonly validation: ValidationProfile;
}

/** Artifact of the sweep's run, by split. */
export const trainingProfilePath = ({ seed, fold }: { readonly seed: number; readonly fold?: number }): string =>
  `monitoring/training-seed-${seed}${fold === undefined ? "" : `-fold-${fold + 1}`}.json`;

/** Artifact of a trial's run, once it is registered. */
export const MONITORING_PROFILE = "monitoring/profile.json";
