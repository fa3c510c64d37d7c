/** Cross entropy of class scores, as one differentiable kernel. */
import type { Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { differentiable } from "./tape.ts";
import type { TensorBackend, Tensors } from "./types.ts";

export interface CrossEntropyOptions {
  /** [rows] class codes */
  readonly labels: Int32Array;
  /** [rows] factors of each row's loss; absent: all 1 */
  readonly weights?: Float32Array;
  /** Share of the target that is spread over all classes; excludes `gamma`. Default 0. */
  readonly smoothing?: number;
  /** Focal loss (Lin 2017): each row's loss times (1 − p)^gamma, p being its class's probability. Default 0. */
  readonly gamma?: number;
}

export interface CrossEntropy {
  /** Mean over the rows of weight · loss. */
  readonly loss: Scalar;
  /** Sum over the rows of plain −log p. */
  readonly logLoss: number;
}

/** Of logits [rows, classes]. */
export function crossEntropy(tensors: Tensors, logits: Tensor2D, options: CrossEntropyOptions): CrossEntropy {
  if (options.smoothing && options.gamma) throw new Error("label smoothing and focal loss exclude each other");
  const { backend } = tensors;
  return backend === undefined ? composed(tensors, logits, options) : fused(tensors, backend, logits, options);
}

/** The same from tf's own operations. */
function composed({ tf }: Tensors, logits: Tensor2D, options: CrossEntropyOptions): CrossEntropy {
  const { labels, weights, smoothing = 0, gamma = 0 } = options;
  const [rows, classes] = logits.shape;
  const logProba = tf.logSoftmax(logits);
  const hot = new Float32Array(rows * classes);
  labels.forEach((k, i) => {
    hot[i * classes + k] = 1;
  });
  const target = tf.tensor2d(hot, [rows, classes]);
  const logP = tf.sum(tf.mul(logProba, target), 1);
  let losses = tf.neg(logP);
  if (smoothing > 0) {
    const spread = tf.neg(tf.mean(logProba, 1));
    losses = tf.add(tf.mul(losses, 1 - smoothing), tf.mul(spread, smoothing));
  }
  // (1 − p)^gamma as exp(gamma · log(1 − p)); 1 − p of a certain row rounds to 0.
  if (gamma > 0) losses = tf.mul(losses, tf.exp(tf.mul(gamma, tf.log(tf.add(tf.sub(1, tf.exp(logP)), 1e-7)))));
  if (weights) losses = tf.mul(losses, tf.tensor1d(weights));
  return { loss: tf.mean(losses) as Scalar, logLoss: -tf.sum(logP).dataSync()[0]! };
}

function fused(tensors: Tensors, backend: TensorBackend, logits: Tensor2D, options: CrossEntropyOptions): CrossEntropy {
  const { tf } = tensors;
  let logLoss = 0;
  const loss = differentiable(tensors, [logits], (save) => {
    const gradient = backend.allocate(logits.shape);
    const sums = lossAndGradient(backend.floats(logits), backend.floats(gradient), options);
    logLoss = sums.logLoss;
    const value = tf.scalar(sums.loss);
    save([tf.engine().makeTensorFromTensorInfo(gradient, backend)]);
    return { value, gradFunc: (dy: Tensor, [kept]: Tensor[]) => [tf.mul(kept!, dy)] };
  }) as Scalar;
  return { loss, logLoss };
}

/** Mean weighted loss, sum of plain log losses; writes the gradient of the former. */
function lossAndGradient(logits: Float32Array, gradient: Float32Array, options: CrossEntropyOptions) {
  const { labels, weights, smoothing = 0, gamma = 0 } = options;
  const rows = labels.length;
  const classes = logits.length / rows;
  let [loss, logLoss] = [0, 0];
  for (let i = 0, at = 0; i < rows; i++, at += classes) {
    const end = at + classes;
    let highest = logits[at]!;
    let total = 0;
    for (let j = at + 1; j < end; j++) highest = logits[j]! > highest ? logits[j]! : highest;
    let spread = 0;
    for (let j = at; j < end; j++) {
      const gap = logits[j]! - highest;
      const e = Math.exp(gap);
      gradient[j] = e;
      total += e;
      spread += gap;
    }
    const target = at + labels[i]!;
    const logP = logits[target]! - highest - Math.log(total);
    const weight = (weights === undefined ? 1 : weights[i]!) / rows;
    logLoss -= logP;
    let factor = weight;
    if (gamma > 0) {
      const p = Math.exp(logP);
      const rest = Math.max(1 - p, 1e-7);
      loss -= weight * rest ** gamma * logP;
      factor *= rest ** gamma - gamma * p * rest ** (gamma - 1) * logP;
    } else {
      const mean = spread / classes - Math.log(total);
      loss -= weight * ((1 - smoothing) * logP + smoothing * mean);
    }
    const scale = factor / total;
    const even = (factor * smoothing) / classes;
    for (let j = at; j < end; j++) gradient[j] = gradient[j]! * scale - even;
    gradient[target]! -= factor * (1 - smoothing);
  }
  return { loss, logLoss };
}
