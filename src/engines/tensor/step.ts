import type { Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Adam } from "./adam.ts";
import { crossEntropy } from "./loss.ts";
import { valueAndGradients } from "./tape.ts";
import type { Tensors } from "./types.ts";

export interface StepOptions {
  readonly adam: Adam;
  /** [all rows] class codes */
  readonly y: Int32Array;
  /** [all rows] of the loss, with mean 1 */
  readonly weights: Float32Array | undefined;
  /** Focal loss; 0: cross entropy */
  readonly gamma: number;
  /** Whether the logits are made by `dense` alone, which needs no tape of tfjs's where it is fused. */
  readonly plain?: boolean;
}

/**
 * One step of Adam down the mean loss of the named rows.
 * @param prepare what the rows go in as; the function that it returns makes their logits of the parameters, with the given tensors
 * @returns the loss that was minimised, and the sum of the rows' plain log losses
 */
export function trainStep(
  tensors: Tensors,
  { adam, y, weights, gamma, plain = false }: StepOptions,
  rows: Int32Array,
  learningRate: number,
  prepare: () => (params: readonly Tensor[], tensors: Tensors) => Tensor2D,
): { loss: number; logLoss: number } {
  const { tf } = tensors;
  let logLoss = 0;
  const loss = tf.tidy(() => {
    const logitsOf = prepare();
    const labels = Int32Array.from(rows, (row) => y[row]!);
    const rowWeights = weights && Float32Array.from(rows, (row) => weights[row]!);
    const run = (params: readonly Tensor[], recording: Tensors): Scalar => {
      const result = crossEntropy(recording, logitsOf(params, recording), { labels, weights: rowWeights, gamma });
      logLoss = result.logLoss;
      return result.loss;
    };
    const params = [...adam.params];
    const { value, grads } =
      plain && tensors.backend
        ? valueAndGradients(tensors, params, (recording) => run(params, recording))
        : tf.valueAndGrads((...all: Tensor[]) => run(all, tensors))(params);
    adam.step(grads, learningRate);
    return value.dataSync()[0]!;
  });
  return { loss, logLoss };
}
