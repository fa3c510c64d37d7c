/** A multilayer perceptron in training, on TensorFlow.js. */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { LabelledMatrix } from "../../core/family.ts";
import type { Rng } from "../../core/rng.ts";
import { type Adam, createAdam } from "../../engines/tensor/adam.ts";
import { gatherRows } from "../../engines/tensor/batch.ts";
import { createDropout, dense } from "../../engines/tensor/dense.ts";
import type { Tensors } from "../../engines/tensor/load.ts";
import { trainStep } from "../../engines/tensor/step.ts";
import { classShares } from "../_shared.ts";
import { EPSILON, type RawLayer } from "./normalise.ts";

export interface NetworkOptions {
  readonly train: LabelledMatrix;
  /** [rows] of the loss, with mean 1 */
  readonly weights: Float32Array | undefined;
  readonly classes: number;
  /** Outputs of the hidden layers. */
  readonly hidden: readonly number[];
  readonly dropout: number;
  readonly batchNorm: boolean;
  readonly weightDecay: number;
  /** Focal loss; 0: cross entropy */
  readonly gamma: number;
  readonly rng: Rng;
}

export interface Network {
  /** One step down on the named rows. */
  step(rows: Int32Array, learningRate: number): { loss: number; logLoss: number };
  /** The layers as they stand. */
  layers(): RawLayer[];
  /** Tensors; the network must not be used afterwards. */
  dispose(): void;
}

export function createNetwork(tensors: Tensors, options: NetworkOptions): Network {
  const { train, weights, classes, hidden, dropout, batchNorm, gamma, rng } = options;
  const widths = [train.x.cols, ...hidden, classes];
  const last = hidden.length;
  const masks = hidden.map((width) => (dropout > 0 ? createDropout(dropout, width, rng) : undefined));
  const adam = createOptimizer(tensors, options, widths);

  const paramsOf = (params: readonly Tensor[], l: number) => {
    const size = batchNorm ? 3 : 2;
    const [w, shift, scale] = params.slice(l * size, l * size + (l < last ? size : 2)) as [Tensor2D, Tensor, Tensor?];
    return { weights: w, shift, ...(scale ? { scale } : {}) };
  };

  const forward = (recording: Tensors, x: Tensor2D, params: readonly Tensor[]): Tensor2D => {
    let value = x;
    for (let l = 0; l <= last; l++) {
      value = dense(recording, value, paramsOf(params, l), {
        relu: l < last,
        dropout: masks[l]?.(x.shape[0]),
        epsilon: EPSILON,
        inputGradient: l > 0,
      });
    }
    return value;
  };

  return {
    step: (rows, learningRate) =>
      trainStep(tensors, { adam, y: train.y, weights, gamma, plain: true }, rows, learningRate, () => {
        const x = gatherRows(tensors, train.x.data, train.x.cols, rows);
        return (params, recording) => forward(recording, x, params);
      }),
    layers: () =>
      Array.from({ length: last + 1 }, (_, l) => {
        const { weights: w, shift, scale } = paramsOf(adam.params, l);
        const layer = {
          outputs: widths[l + 1]!,
          weights: w.dataSync() as Float32Array,
          bias: shift.dataSync() as Float32Array,
        };
        return scale ? { ...layer, scale: scale.dataSync() as Float32Array } : layer;
      }),
    dispose: () => adam.dispose(),
  };
}

/** Weights by He (2015), those of the last layer by Glorot (2010); the last bias begins at the log shares of the classes. */
function createOptimizer(tensors: Tensors, options: NetworkOptions, widths: readonly number[]): Adam {
  const { tf } = tensors;
  const { train, weights, classes, batchNorm, weightDecay, rng } = options;
  const shares = classShares({ ...train, weights }, classes);
  const params: Tensor[] = [];
  const decay: number[] = [];
  for (let l = 0; l + 1 < widths.length; l++) {
    const [inputs, outputs] = [widths[l]!, widths[l + 1]!];
    const isLast = l + 2 === widths.length;
    const bound = Math.sqrt(6 / (isLast ? inputs + outputs : inputs));
    const start = Float32Array.from({ length: inputs * outputs }, () => (2 * rng.next() - 1) * bound);
    params.push(tf.tensor2d(start, [inputs, outputs]));
    params.push(tf.tensor1d(isLast ? Float32Array.from(shares, Math.log) : new Float32Array(outputs)));
    decay.push(weightDecay, 0);
    if (isLast || !batchNorm) continue;
    params.push(tf.tensor1d(new Float32Array(outputs).fill(1)));
    decay.push(0);
  }
  return createAdam(tensors, params, { decay });
}
