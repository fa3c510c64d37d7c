import type { Matrix } from "../../core/dataset.ts";
import type { OnnxTrees } from "../_onnx.ts";

/**
 * Sums of leaves in single precision, tree by tree: for a few rows quicker than a library that sets up its threads and buffers for each call.
 * @returns from a matrix [rows × columns] the sums [rows × outputs]
 */
export function treeWalker({
  trees,
  outputs,
  base,
}: Pick<OnnxTrees, "trees" | "outputs" | "base">): (x: Pick<Matrix, "rows" | "cols" | "data">) => Float32Array {
  const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const roots = new Int32Array(trees.length);
  /** -1 where a node is a leaf */
  const feature = new Int32Array(nodes);
  const threshold = new Float32Array(nodes);
  const left = new Int32Array(nodes);
  const right = new Int32Array(nodes);
  const missing = new Int32Array(nodes);
  const value = new Float32Array(nodes);
  const output = new Int32Array(nodes);
  let at = 0;
  trees.forEach((tree, t) => {
    roots[t] = at;
    for (let node = 0; node < tree.feature.length; node++) {
      const here = at + node;
      feature[here] = tree.feature[node]!;
      if (feature[here] < 0) {
        tree.leaf(node, (to, adds) => {
          output[here] = to;
          value[here] = adds;
        });
        continue;
      }
      threshold[here] = tree.threshold[node]!;
      left[here] = at + tree.left[node]!;
      right[here] = at + tree.right[node]!;
      missing[here] = tree.missingLeft(node) ? left[here] : right[here];
    }
    at += tree.feature.length;
  });
  return ({ rows, cols, data }) => {
    const sums = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      const from = row * cols;
      const to = row * outputs;
      for (let k = 0; k < outputs; k++) sums[to + k] = base?.[k] ?? 0;
      for (let t = 0; t < roots.length; t++) {
        let node = roots[t]!;
        for (let column = feature[node]!; column >= 0; column = feature[node]!) {
          const cell = data[from + column]!;
          node = cell < threshold[node]! ? left[node]! : Number.isNaN(cell) ? missing[node]! : right[node]!;
        }
        sums[to + output[node]!]! += value[node]!;
      }
    }
    return sums;
  };
}

/** Softmax of each row in place, in single precision as XGBoost has it. */
export function softmaxRows(sums: Float32Array, classes: number): Float32Array {
  for (let from = 0; from < sums.length; from += classes) {
    let most = sums[from]!;
    for (let k = 1; k < classes; k++) most = Math.max(most, sums[from + k]!);
    let total = 0;
    for (let k = 0; k < classes; k++) {
      sums[from + k] = Math.exp(Math.fround(sums[from + k]! - most));
      total += sums[from + k]!;
    }
    total = Math.fround(total);
    for (let k = 0; k < classes; k++) sums[from + k]! /= total;
  }
  return sums;
}
