/** Gradients of a step that is made of fused kernels alone: tfjs's own tape takes as long as small layers do. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tape, Tensors } from "./types.ts";

/** What `tf.customGrad` asks for. */
export type Kernel = (save: (kept: Tensor[]) => void) => {
  readonly value: Tensor;
  /** Of the inputs, in their order. */
  gradFunc(dy: Tensor, saved: Tensor[]): Tensor | Tensor[];
};

/** The value of a fused kernel, differentiable on the step's own tape where it has one, else on tfjs's. */
export function differentiable({ tf, tape }: Tensors, inputs: readonly Tensor[], kernel: Kernel): Tensor {
  if (tape === undefined) {
    const run = tf.customGrad((...args) => kernel(args.at(-1) as unknown as (kept: Tensor[]) => void));
    return run(...inputs);
  }
  let saved: Tensor[] = [];
  const { value, gradFunc } = kernel((kept) => {
    saved = kept;
  });
  tape.record(inputs, value, (dy) => [gradFunc(dy, saved)].flat());
  return value;
}

interface Entry {
  readonly inputs: readonly Tensor[];
  readonly value: Tensor;
  gradients(dy: Tensor): Tensor[];
}

/**
 * The value of `run`, a scalar, and its gradients for the params; as `tf.valueAndGrads`, for what only `differentiable` has made.
 * To be called in a `tf.tidy`.
 * @throws Error when a tensor is used twice, or a param not at all
 */
export function valueAndGradients(
  tensors: Tensors,
  params: readonly Tensor[],
  run: (recording: Tensors) => Tensor,
): { value: Tensor; grads: Tensor[] } {
  const entries: Entry[] = [];
  const tape: Tape = { record: (inputs, value, gradients) => entries.push({ inputs, value, gradients }) };
  const value = run({ ...tensors, tape });
  const grads = new Map<Tensor, Tensor>([[value, tensors.tf.scalar(1)]]);
  for (const entry of entries.reverse()) {
    const dy = grads.get(entry.value);
    if (dy === undefined) continue;
    const own = entry.gradients(dy);
    for (const [i, input] of entry.inputs.entries()) {
      if (grads.has(input)) throw new Error("a tensor is used twice");
      grads.set(input, own[i]!);
    }
  }
  const found = params.map((param) => {
    const grad = grads.get(param);
    if (grad === undefined) throw new Error("the value does not depend on a param");
    return grad;
  });
  return { value, grads: found };
}
