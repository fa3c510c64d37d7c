/** A trained multilayer perceptron: batch normalisation is folded into its layers, so TensorFlow.js is not needed. */
import type { Matrix } from "../../core/dataset.ts";
import type { OnnxBuilder, OnnxValue } from "../../core/onnx.ts";
import type { Openblas } from "../../engines/openblas.ts";

export interface Layer {
  readonly outputs: number;
  /** [inputs × outputs] */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
}

/** So many rows at a time, which bounds the memory. */
const CHUNK = 2048;

/** [x.rows × classes] probabilities: ReLU between the layers, softmax after the last. */
export function predict(blas: Openblas, layers: readonly Layer[], x: Matrix): Float32Array {
  const classes = layers.at(-1)!.outputs;
  const proba = new Float32Array(x.rows * classes);
  const rows = Math.min(CHUNK, x.rows);
  const buffers = layers.map(({ outputs }) => new Float32Array(rows * outputs));
  for (let start = 0; start < x.rows; start += CHUNK) {
    const m = Math.min(CHUNK, x.rows - start);
    let [input, k] = [x.data.subarray(start * x.cols, (start + m) * x.cols), x.cols];
    layers.forEach(({ outputs, weights, bias }, l) => {
      const c = buffers[l]!.subarray(0, m * outputs);
      blas.sgemm({ m, n: outputs, k, a: input, b: weights, c });
      if (l < layers.length - 1) addAndCut(c, bias);
      else addAndNormalise(c, bias, proba, start * outputs);
      [input, k] = [c, outputs];
    });
  }
  return proba;
}

/** Adds the bias to each row and cuts at 0, in place; (v + |v|) / 2 is max(v, 0) without a branch. */
export function addAndCut(c: Float32Array, bias: Float32Array): void {
  const cols = bias.length;
  for (let at = 0; at < c.length; at += cols) {
    for (let j = 0; j < cols; j++) {
      const v = c[at + j]! + bias[j]!;
      c[at + j] = (v + Math.abs(v)) * 0.5;
    }
  }
}

function addAndNormalise(c: Float32Array, bias: Float32Array, proba: Float32Array, offset: number): void {
  const cols = bias.length;
  const row = new Float64Array(cols);
  for (let at = 0; at < c.length; at += cols) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < cols; j++) {
      row[j] = c[at + j]! + bias[j]!;
      if (row[j]! > highest) highest = row[j]!;
    }
    let total = 0;
    for (let j = 0; j < cols; j++) {
      row[j] = Math.exp(row[j]! - highest);
      total += row[j]!;
    }
    for (let j = 0; j < cols; j++) proba[offset + at + j] = row[j]! / total;
  }
}

/** The same as nodes of a graph. */
export function networkToOnnx(graph: OnnxBuilder, layers: readonly Layer[], x: OnnxValue): OnnxValue {
  let value = x;
  layers.forEach(({ outputs, weights, bias }, l) => {
    const w = graph.constant({ dims: [weights.length / outputs, outputs], data: weights });
    value = graph.apply("Gemm", [value, w, graph.constant({ dims: [outputs], data: bias })]);
    if (l < layers.length - 1) value = graph.apply("Relu", [value]);
  });
  return graph.apply("Softmax", [value], { axis: 1 });
}
