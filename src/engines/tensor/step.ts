import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Adam } from "./adam.ts";
import { crossEntropy } from "./loss.ts";
import type { Tensors } from "./types.ts";

export interface StepOptions {
  readonly adam: Adam;
  /** [all rows] class codes */
  readonly y: Int32Array;
  /** [all rows] of the loss, with mean 1 */
  readonly weights: Float32Array | undefined;
  /** Focal loss; 0: cross entropy */
  readonly gamma: number;
}

/**
 * One step of Adam down the mean loss of the named rows.
 * @param prepare what the rows go in as; the function that it returns makes their logits of the parameters
 * @returns the loss that was minimised, and the sum of the rows' plain log losses
 */
export function trainStep(
  tensors: Tensors,
  { adam, y, weights, gamma }: StepOptions,
  rows: Int32Array,
  learningRate: number,
  prepare: () => (params: readonly Tensor[]) => Tensor2D,
): { loss: number; logLoss: number } {
  const { tf } = tensors;
  let logLoss = 0;
  const loss = tf.tidy(() => {
    const logitsOf = prepare();
    const labels = Int32Array.from(rows, (row) => y[row]!);
    const rowWeights = weights && Float32Array.from(rows, (row) => weights[row]!);
    const { value, grads } = tf.valueAndGrads((...params: Tensor[]) => {
      const result = crossEntropy(tensors, logitsOf(params), { labels, weights: rowWeights, gamma });
      logLoss = result.logLoss;
      return result.loss;
    })([...adam.params]);
    adam.step(grads, learningRate);
    return value.dataSync()[0]!;
  });
  return { loss, logLoss };
}
