import { z } from "zod";
import type { ColumnKind, Frame } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { OnnxBuilder, OnnxFrame, OnnxValue } from "../core/onnx.ts";
import type { FittedStep, Origin, Step, StepFitContext, StepSpec } from "../core/step.ts";
import { countMissing } from "./_columns.ts";
import { matrixOf } from "./_onnx.ts";
import { conform, emptyFrame, Schema, schemaOf } from "./_schema.ts";

/** Finds a step by id; throws when there is none. */
export type LoadStep = (id: string) => Promise<Step>;

const State = z.object({
  input: Schema,
  steps: z.array(z.object({ id: z.string(), state: z.unknown() })),
});

/** Steps fitted one after the other; transforms any frame with the columns of the training data. */
export interface FittedPipeline {
  /** Plain data with typed arrays, for core/formats/container.ts; `loadPipeline` takes it back. */
  readonly state: unknown;
  /** The columns that go in, as in training. */
  readonly input: Schema;
  /** The columns that come out. */
  readonly output: readonly { readonly name: string; readonly kind: ColumnKind }[];
  /** [output] the column of `input` that each comes from; undefined where it mixes several. */
  readonly origins: readonly (Origin | undefined)[];
  /**
   * Same rows in the same order. Columns may come in any order and with others besides; levels are matched by name.
   * @throws UserError naming columns that are missing or of another kind than in training
   */
  transform(frame: Frame): Frame;
  /**
   * `transform` and the matrix of its columns as nodes of a graph: float [rows, output].
   * @param frame the columns of `input`, see `onnxInputs`
   * @throws UserError naming a step that ONNX cannot express
   */
  toOnnx(graph: OnnxBuilder, frame: OnnxFrame): OnnxValue;
  /** Frees native memory; the pipeline must not be used afterwards. */
  dispose(): void;
}

/** A pipeline as it comes out of training. */
export interface TrainedPipeline extends FittedPipeline {
  /** What the training rows became; what a model is trained on. Not always `transform` of them (see FittedStep.train). */
  readonly train: Frame;
}

/**
 * Fits the steps in order, each on what the one before made of the training rows.
 * @param context.frame training rows only
 * @param context.y [rows] their class codes
 * @throws UserError on unknown parameters, or when no column is left
 * @throws context.signal.reason when aborted
 */
export async function fitPipeline(
  specs: readonly StepSpec[],
  context: Omit<StepFitContext<unknown>, "params">,
  load: LoadStep,
): Promise<TrainedPipeline> {
  const { signal } = context;
  signal.throwIfAborted();
  const fitted: { id: string; step: FittedStep }[] = [];
  let { frame } = context;
  for (const spec of specs) {
    const step = await load(spec.id);
    const { train, ...done } = await step.fit({ ...context, frame, params: parseParams(step, spec) });
    signal.throwIfAborted();
    fitted.push({ id: spec.id, step: done });
    frame = train ?? done.transform(frame);
  }
  return { ...pipeline(schemaOf(context.frame), fitted), train: frame };
}

/** The pipeline of a saved `state`; transforms to the same bits. */
export async function loadPipeline(state: unknown, load: LoadStep): Promise<FittedPipeline> {
  const { input, steps } = State.parse(state);
  const fitted = steps.map(async ({ id, state }) => ({ id, step: await (await load(id)).load(state) }));
  return pipeline(input, await Promise.all(fitted));
}

/**
 * Parameters of a step with its defaults filled in.
 * @throws UserError naming the step and each wrong parameter
 */
export function parseParams<P>(step: Step<P>, spec: StepSpec): P {
  const result = step.params.safeParse(spec.params);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue) => [...issue.path, issue.message].join(": "));
  throw new UserError(wrong.join("; "), { where: `preparation step "${spec.id}"` });
}

function pipeline(input: Schema, steps: readonly { id: string; step: FittedStep }[]): FittedPipeline {
  const run = (frame: Frame): Frame => steps.reduce((made, { step }) => step.transform(made), frame);
  const output = run(emptyFrame(input)).columns.map(({ name, kind }) => ({ name, kind }));
  if (output.length === 0) {
    throw new UserError(`no column is left after ${steps.map(({ id }) => id).join(", ") || "reading the data"}`, {
      fix: "Check that the data have feature columns with values in the training rows.",
    });
  }
  return {
    state: { input, steps: steps.map(({ id, step }) => ({ id, state: step.state })) },
    input,
    output,
    origins: output.map(({ name }) => originOf(name, steps)),
    transform: (frame) => run(conform(frame, input)),
    toOnnx(graph, frame) {
      const made = steps.reduce((columns, { id, step }) => {
        if (step.toOnnx) return step.toOnnx(graph, columns);
        throw new UserError(`the preparation step "${id}" cannot be written as ONNX`);
      }, frame);
      return matrixOf(graph, made, output);
    },
    dispose() {
      for (const { step } of steps) step.dispose?.();
    },
  };
}

/** Back through the steps, from the last one. */
function originOf(name: string, steps: readonly { readonly step: FittedStep }[]): Origin | undefined {
  return steps.reduceRight<Origin | undefined>(
    (found, { step }) => {
      const before = found && step.origin?.(found.column);
      return before && { labels: found.labels, ...before };
    },
    { column: name },
  );
}

/**
 * Checks that a prepared frame can go to a model family.
 * @throws UserError naming the first column that cannot, and the step that would mend it
 */
export function requireModelReady(frame: Frame, acceptsMissing: boolean): void {
  for (const column of frame.columns) {
    const name = JSON.stringify(column.name);
    if (column.kind === "categorical" || column.kind === "multilabel") {
      throw new UserError(`column ${name} is ${column.kind}, and models take numbers only`, {
        fix: 'Add the step "encode" to the preparation.',
      });
    }
    if (!acceptsMissing && countMissing(column) > 0) {
      throw new UserError(`column ${name} has missing values, which this model family does not take`, {
        fix: 'Add the step "impute" before "encode" to the preparation, or choose a family that takes missing values.',
      });
    }
  }
}
