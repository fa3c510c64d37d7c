import type { z } from "zod";
import type { Frame } from "./dataset.ts";
import type { Knowledge } from "./knowledge.ts";
import type { OnnxBuilder, OnnxFrame } from "./onnx.ts";

/** What a step may look at while it is fitted: training rows only. */
export interface StepFitContext<P> {
  /** The training rows, as the step before left them. */
  readonly frame: Frame;
  /** [frame.rows] class codes of the training rows */
  readonly y: Int32Array;
  readonly classes: number;
  /** [classes]; for the names of columns. Numbers stand for them where they are absent. */
  readonly classNames?: readonly string[];
  readonly params: P;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Absent where nobody gave any. */
  readonly knowledge?: Knowledge;
}

/** Where a column comes from. */
export interface Origin {
  readonly column: string;
  /** Of a column that says whether a list of labels has one of these. */
  readonly labels?: readonly string[];
}

/** A fitted step: pure data (`state`, of numbers, strings, arrays, objects and typed arrays) and a function of it. */
export interface FittedStep {
  /** Everything `load` needs; typed arrays are kept as such by the container format (core/formats/container.ts). */
  readonly state: unknown;
  /** Same rows in the same order; columns as the step makes them. */
  transform(frame: Frame): Frame;
  /**
   * What the training rows become, where that is not `transform` of them: columns made from the class must not tell a row its
   * own. Same columns as `transform` makes. Only `fit` gives it.
   */
  readonly train?: Frame;
  /** The one column that a column which `transform` makes comes from; absent or undefined where it mixes several. */
  origin?(name: string): Origin | undefined;
  /** Frees native memory; the step must not be used afterwards. Absent where there is none. */
  dispose?(): void;
  /** `transform` as nodes of a graph; absent where ONNX cannot express it. */
  toOnnx?(graph: OnnxBuilder, frame: OnnxFrame): OnnxFrame;
}

/**
 * One preparation step: impute, encode, scale, pca, … One file in src/preparation, whose name is the id.
 * Fitted on training rows only; `load(fit(…).state)` transforms alike to the last bit.
 */
export interface Step<P = unknown> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Every parameter has a default and a description. */
  readonly params: z.ZodType<P>;
  /** Files of knowledge that `fit` will ask for; their content decides the result. */
  files?(params: P): readonly string[];
  fit(context: StepFitContext<P>): FittedStep | Promise<FittedStep>;
  load(state: unknown): FittedStep | Promise<FittedStep>;
}

/** A step as an experiment names it. */
export interface StepSpec {
  readonly id: string;
  readonly params: Readonly<Record<string, unknown>>;
}
