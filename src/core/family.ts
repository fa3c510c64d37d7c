import type { z } from "zod";
import type { Matrix } from "./dataset.ts";
import type { Knowledge } from "./knowledge.ts";
import type { OnnxBuilder, OnnxValue } from "./onnx.ts";

export type EngineId = "xgboost" | "lightgbm" | "openblas";

/** Rows with their classes. */
export interface LabelledMatrix {
  readonly x: Matrix;
  /** [x.rows] class codes */
  readonly y: Int32Array;
  /** [x.rows] positive row weights (class weights); absent: all 1 */
  readonly weights?: Float32Array;
}

export interface FitContext<P> {
  readonly train: LabelledMatrix;
  /** For early stopping and learning curves; never weighted. */
  readonly validation: LabelledMatrix;
  readonly classes: number;
  readonly params: P;
  readonly seed: number;
  /** Threads that the family may use. */
  readonly threads: number;
  /** Honoured between rounds: fit rejects with signal.reason. */
  readonly signal: AbortSignal;
  /** Called once a round, where the method has rounds; values are mean log losses. */
  onRound?(round: number, losses: { readonly train: number; readonly validation: number }): void;
  /** For families that know more than the table: absent where nobody gave any. */
  readonly world?: World;
}

/** What a table is about: what its classes and groups are called, and what the world knows of them. */
export interface World {
  readonly knowledge: Knowledge;
  /** [classes] */
  readonly classNames: readonly string[];
  /** Patients or publications ("PMID:123") of the whole table, also of rows that are not in train. */
  readonly groupNames: readonly string[];
  /** [train.x.rows] place in `groupNames`, -1 for a row of none */
  readonly groups: Int32Array;
}

/** One value a matrix column, ≥ 0; `kind` says what it is ("gain", "absolute coefficient", …). */
export interface Importances {
  readonly kind: string;
  readonly values: Float64Array;
}

/** Prepared columns of what a patient is held against. */
export interface Background {
  /** [columns] of a typical patient */
  readonly typical: Float32Array;
  /** [columns] means of the training rows, where they are known */
  readonly means?: Float32Array;
}

/** What each column adds to a model's outputs for one row, held against a background. */
export interface Contributions {
  /** How it was found: "tree-shap", "linear", … */
  readonly method: string;
  /** What the outputs are: probabilities, or margins, whose softmax are the probabilities (a single one: the log-odds of class 1). */
  readonly unit: "margin" | "probability";
  /** [outputs] of the background */
  readonly base: Float64Array;
  /** [outputs × columns] row-major; base + the sum over the columns are the row's outputs */
  readonly values: Float64Array;
}

export interface FittedModel {
  /** [x.rows × classes] row-major, each row sums to 1. Refuses a matrix with other columns than in training. */
  predictProba(x: Matrix): Float32Array;
  /** Files of the saved model by name, e.g. {"model.ubj": bytes}; `load` takes the same. */
  save(): Readonly<Record<string, Uint8Array>>;
  readonly importances?: Importances;
  /** Rounds of the model that predicts (after early stopping), where the method has rounds. */
  readonly rounds?: number;
  /** Class codes that it can never predict: of families with `knowsClasses`, where nothing is known of a class. */
  readonly unpredictable?: readonly number[];
  /** Things the data scientist should know, e.g. "did not converge in 200 iterations". */
  readonly notices?: readonly string[];
  /**
   * Why a row has its probabilities, exactly; absent or undefined where they do not add up over columns.
   * @param x one row
   */
  contributions?(x: Matrix, background: Background): Contributions | undefined;
  /** `predictProba` as nodes of a graph, float [rows, columns (or `uses`)] → float [rows, classes]; absent where ONNX cannot express it. */
  toOnnx?(graph: OnnxBuilder, x: OnnxValue): OnnxValue;
  /** Names of the columns that it reads, where it does not need all of them: `predictProba` takes a matrix that has these. */
  readonly uses?: readonly string[];
  /** Frees native memory; the model must not be used afterwards. */
  dispose(): void;
}

/**
 * A kind of model. One file in src/families, whose name is the id. The same seed, threads and data give the same model.
 * Every class 0 … classes - 1 must occur in train; otherwise fit throws UserError naming it, but for a family that `knowsClasses`
 * where it is given knowledge.
 */
export interface Family<P = unknown> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Hyper-parameters: each has a default and a description, unknown keys are refused (z.strictObject). */
  readonly params: z.ZodType<P>;
  /** Native engines it cannot work without. */
  readonly engines: readonly EngineId[];
  /** What trains here in place of what comes with this program, which gives another model: part of a trial's identity. */
  backend?(): string | undefined;
  /**
   * What the matrix holds: prepared columns of patients (when absent), or probabilities by other trials, a column
   * MEMBER=CODE for each class code of each member. Such a family learns from patients that are new to its members.
   */
  readonly input?: "members";
  /** Predicts classes that knowledge tells of without any row in train. Others are fitted on the classes that have rows. */
  readonly knowsClasses?: true;
  /** Folders of knowledge bases that `fit` will ask for; their content decides the result. */
  bases?(params: P): readonly string[];
  /** Whether NaN in the matrix is understood; otherwise fit throws UserError naming the column. */
  readonly acceptsMissing: boolean;
  fit(context: FitContext<P>): Promise<FittedModel>;
  load(files: Readonly<Record<string, Uint8Array>>): Promise<FittedModel>;
}
