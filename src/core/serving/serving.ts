import type { PatientCase } from "../cases.ts";
import type { ColumnKind, Frame } from "../dataset.ts";
import type { KnowledgeRelease, Ontology } from "../knowledge.ts";

/** A model that answers, whatever it is: what HTTP, batch prediction, the prediction log and monitoring know of it. */

export interface ModelIdentity {
  /** As the user named it: "models:/skin@champion", "runs:/…/model", a folder. */
  readonly address: string;
  /** Registered name and version; null for a run's model or a folder. */
  readonly name: string | null;
  readonly version: string | null;
  readonly runId: string | null;
  /** SHA-256 of its files. */
  readonly hash: string;
  readonly family: string;
  readonly codeVersion: string;
  /** Of models that rest on a knowledge base. */
  readonly knowledge: KnowledgeRelease | null;
}

/** A raw column, as the data file had it. */
export interface InputColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Of categorical and multilabel columns: those of training. */
  readonly levels?: readonly string[];
}

/** A value of a raw column; null is missing, a list the levels of a multilabel column. */
export type RawValue = number | string | boolean | null | readonly string[];
export type RawRow = Readonly<Record<string, RawValue>>;

/** How much one thing that is known of a patient moved a disease's score. */
export interface Evidence {
  /** Raw column, or the id of an HPO term. */
  readonly feature: string;
  /** For people: the column's name, or the term's. */
  readonly label: string;
  readonly value: RawValue;
  /** In `unit`; above 0 it speaks for the disease. */
  readonly weight: number;
}

export interface Explained {
  /** How it was found, e.g. "tree-shap", "linear", "sampled-shapley". */
  readonly method: string;
  readonly unit: "log-odds" | "probability" | "score";
  /** Of a typical patient, in `unit`: base + the weights = this patient's. */
  readonly base: number;
  /** By |weight|, greatest first; without those of weight 0. */
  readonly evidence: readonly Evidence[];
}

/** Validation patients, counted by what they were given: what intervals and thresholds rest on (statistics/calibration/validation.ts). */
export interface ValidationSummary {
  /** By the probability of the answer, in equal bins of 0–1: patients, and those of them with the right one. */
  readonly answers: { readonly rows: Uint32Array; readonly right: Uint32Array };
  /** [classes × bins] by the log-odds of each class: patients, and those of them with it. Empty of a model that ranks. */
  readonly byClass: { readonly bins: number; readonly rows: Uint32Array; readonly positives: Uint32Array };
}

interface Served {
  readonly identity: ModelIdentity;
  /** Null or absent of models that were trained without it. */
  readonly validation?: ValidationSummary | null;
  /** Frees native memory; the model must not be used afterwards. */
  dispose(): void;
}

/** A model over tables of patients. */
export interface ServedTable extends Served {
  readonly kind: "table";
  readonly input: readonly InputColumn[];
  /** A made-up patient, typical of the training rows. */
  readonly example: RawRow;
  readonly target: string;
  readonly classes: readonly string[];
  /** @returns [frame.rows × classes] row-major; columns in any order, levels matched by name */
  predictProba(frame: Frame): Float32Array;
  /** Why one row has its probability of one class. */
  explain(frame: Frame, row: number, classCode: number): Explained;
  /**
   * Where the share of patients with the class lies, with 95 % confidence, among patients given this probability of it (on
   * validation); null where too few were seen.
   */
  interval(classCode: number, probability: number): readonly [low: number, high: number] | null;
}

/** A disease with its place, for one case. */
export interface CaseDisease {
  readonly id: string;
  readonly name: string;
  readonly probability: number;
  readonly score: number;
  /** Of the best ones only. */
  readonly explained?: Explained;
}

/** A model that ranks rare diseases for cases. */
export interface ServedCases extends Served {
  readonly kind: "cases";
  readonly ontology: Ontology;
  /** [terms of the ontology] how many statements about diseases name each: those of many are offered first. */
  readonly termCounts: Uint32Array;
  readonly diseases: number;
  /** Whether rankings come with `none`; not known when absent. */
  readonly saysNone?: boolean;
  /**
   * @param top diseases that are listed, best first
   * @param explained how many of them say why
   */
  rank(
    one: PatientCase,
    top: number,
    explained: number,
  ): {
    readonly ranking: readonly CaseDisease[];
    /** Probability that it is none of the diseases that were looked at closely; undefined where the method does not say. */
    readonly none?: number;
    /** Terms that are not understood and the like; without the patient's values. */
    readonly notices: readonly string[];
  };
}

export type ServedModel = ServedTable | ServedCases;

/** One answer as it is kept for monitoring. No patient's name or id: a key is hashed with the project's secret. */
export interface PredictionRecord {
  /** What the client was given as `prediction_id`; feedback names it. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly request: string;
  readonly model: { readonly name: string | null; readonly version: string | null; readonly hash: string };
  /** "shadow": scored for comparison, not answered. */
  readonly role: "answer" | "shadow";
  /** HMAC-SHA-256 of the patient's key, hex; null where the client gave none. */
  readonly patient: string | null;
  /** Raw columns of a table; of a case `present`, `excluded`, `sex` and `age`. */
  readonly features: RawRow;
  /** Probability by class; of a case the ten best diseases by id. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** The service gave no disease but "refer to clinician". */
  readonly abstained: boolean;
}

/** Takes records while the service answers: it never waits for a disk. */
export interface PredictionLog {
  /** Keeps it, or counts it as dropped where the disk cannot keep up or is full. */
  append(record: PredictionRecord): void;
  readonly written: number;
  readonly dropped: number;
  /** Why the last ones were dropped; null when all is well. */
  readonly problem: string | null;
  /** Writes what is waiting. */
  close(): Promise<void>;
}
