/** What families share when they write themselves into an ONNX graph. */
import type { OnnxAttribute, OnnxBuilder, OnnxTensor, OnnxValue } from "../core/onnx.ts";

/** TensorProto.DataType */
export const FLOAT = 1;
export const DOUBLE = 11;

export function doubles(graph: OnnxBuilder, data: Float64Array, dims = [data.length]): OnnxValue {
  return graph.constant({ dims, data });
}

/** float [rows, classes] of the probabilities of class 1, float [rows, 1]. */
export function bothClassesOnnx(graph: OnnxBuilder, second: OnnxValue): OnnxValue {
  const one = graph.constant({ dims: [1], data: Float32Array.of(1) });
  return graph.apply("Concat", [graph.apply("Sub", [one, second]), second], { axis: 1 });
}

/** Float [rows, classes] of boosted margins, float [rows, outputs]: softmax, or with one output the logistic function. */
export function marginsToProba(graph: OnnxBuilder, margins: OnnxValue, classes: number): OnnxValue {
  if (classes > 2) return graph.apply("Softmax", [margins], { axis: 1 });
  return bothClassesOnnx(graph, graph.apply("Sigmoid", [margins]));
}

/** A tree by node number; node 0 is the root. */
export interface OnnxTree {
  /** [nodes] column of the split, -1 for a leaf */
  readonly feature: ArrayLike<number>;
  /** [nodes] */
  readonly threshold: ArrayLike<number>;
  /** [nodes] children */
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  /** Whether NaN goes left. */
  missingLeft(node: number): boolean;
  /** What a leaf adds to each output. */
  leaf(node: number): readonly { readonly output: number; readonly value: number }[];
}

export interface OnnxTrees {
  readonly trees: Iterable<OnnxTree>;
  readonly outputs: number;
  /** Left if value < threshold, or ≤. */
  readonly mode: "BRANCH_LT" | "BRANCH_LEQ";
  /** What thresholds, values and sums are kept in; `x` is of the same type. */
  readonly precision: "float" | "double";
  /** [outputs] what the sums begin with */
  readonly base?: readonly number[];
}

/** Sums of the leaves of trees: float [rows, outputs]. */
export function treeSums(graph: OnnxBuilder, x: OnnxValue, options: OnnxTrees): OnnxValue {
  const { trees, outputs, mode, precision, base } = options;
  const nodes = { tree: ints(), id: ints(), feature: ints(), left: ints(), right: ints(), missing: ints() };
  const leaves = { tree: ints(), id: ints(), output: ints() };
  const [modes, values, weights]: [string[], number[], number[]] = [[], [], []];
  let t = 0;
  for (const tree of trees) {
    // Only what can be reached, since XGBoost keeps pruned nodes.
    const ids = [0];
    for (let id = 0; id < ids.length; id++) {
      const node = ids[id]!;
      const split = tree.feature[node]! >= 0;
      nodes.tree.push(t);
      nodes.id.push(id);
      nodes.feature.push(split ? tree.feature[node]! : 0);
      modes.push(split ? mode : "LEAF");
      values.push(split ? tree.threshold[node]! : 0);
      nodes.missing.push(split && tree.missingLeft(node) ? 1 : 0);
      nodes.left.push(split ? ids.push(tree.left[node]!) - 1 : 0);
      nodes.right.push(split ? ids.push(tree.right[node]!) - 1 : 0);
      if (split) continue;
      for (const { output, value } of tree.leaf(node)) {
        leaves.tree.push(t);
        leaves.id.push(id);
        leaves.output.push(output);
        weights.push(value);
      }
    }
    t++;
  }
  return graph.apply(
    "TreeEnsembleRegressor",
    [x],
    {
      n_targets: outputs,
      aggregate_function: "SUM",
      post_transform: "NONE",
      nodes_treeids: Int32Array.from(nodes.tree),
      nodes_nodeids: Int32Array.from(nodes.id),
      nodes_featureids: Int32Array.from(nodes.feature),
      nodes_modes: modes,
      nodes_truenodeids: Int32Array.from(nodes.left),
      nodes_falsenodeids: Int32Array.from(nodes.right),
      nodes_missing_value_tracks_true: Int32Array.from(nodes.missing),
      target_treeids: Int32Array.from(leaves.tree),
      target_nodeids: Int32Array.from(leaves.id),
      target_ids: Int32Array.from(leaves.output),
      ...reals("nodes_values", values, precision),
      ...reals("target_weights", weights, precision),
      ...(base ? reals("base_values", base, precision) : {}),
    },
    { domain: "ai.onnx.ml" },
  );
}

const ints = (): number[] => [];

function reals(
  name: string,
  values: readonly number[],
  precision: OnnxTrees["precision"],
): Record<string, OnnxAttribute> {
  if (precision === "float") return { [name]: Float32Array.from(values) };
  const tensor: OnnxTensor = { dims: [values.length], data: Float64Array.from(values) };
  return { [`${name}_as_tensor`]: tensor };
}
