/** Folds batch normalisation into the layers. */
import type { Openblas } from "../../engines/openblas.ts";
import { addAndCut, type Layer } from "./network.ts";

/** A layer as it is trained; with `scale` the bias is what is added after batch normalisation. */
export interface RawLayer extends Layer {
  /** [outputs] factor after batch normalisation */
  readonly scale?: Float32Array;
}

/** Added to variances. */
export const EPSILON = 1e-5;

/**
 * The layers that predict. Mean and variance of each output are those over `rows` of the training with the weights as
 * they are now and without dropout (Wu 2021): a running mean over batches lags behind the weights, which small data feel.
 */
export function foldNormalisation(
  blas: Openblas,
  layers: readonly RawLayer[],
  rows: number,
  data: Float32Array,
): Layer[] {
  let [input, k] = [data, data.length / rows];
  return layers.map(({ scale, ...layer }, l) => {
    if (!scale) return layer; // without batch normalisation in one layer there is none in any
    const { outputs, weights } = layer;
    const z = new Float32Array(rows * outputs);
    blas.sgemm({ m: rows, n: outputs, k, a: input, b: weights, c: z });
    const folded = foldLayer(layer, scale, z);
    if (layers[l + 1]?.scale) {
      blas.sgemm({ m: rows, n: outputs, k, a: input, b: folded.weights, c: z });
      addAndCut(z, folded.bias);
      [input, k] = [z, outputs];
    }
    return folded;
  });
}

/** (x W − mean) / deviation · scale + shift as one product and one bias; z is x W. */
function foldLayer({ outputs, weights, bias }: Layer, scale: Float32Array, z: Float32Array): Layer {
  const rows = z.length / outputs;
  const [mean, squares] = [new Float64Array(outputs), new Float64Array(outputs)];
  for (let at = 0; at < z.length; at += outputs) {
    for (let j = 0; j < outputs; j++) {
      const value = z[at + j]!;
      mean[j]! += value;
      squares[j]! += value * value;
    }
  }
  for (let j = 0; j < outputs; j++) mean[j]! /= rows;
  const slope = mean.map((m, j) => scale[j]! / Math.sqrt(Math.max(0, squares[j]! / rows - m * m) + EPSILON));
  const scaled = new Float32Array(weights.length);
  for (let at = 0; at < weights.length; at += outputs) {
    for (let j = 0; j < outputs; j++) scaled[at + j] = weights[at + j]! * slope[j]!;
  }
  return { outputs, weights: scaled, bias: bias.map((shift, j) => shift - mean[j]! * slope[j]!) };
}
