/** What families share when they write themselves into an ONNX graph. */
import type { OnnxAttribute, OnnxBuilder, OnnxTensor, OnnxValue } from "../core/onnx.ts";

/** Float [rows, classes] of boosted margins, float [rows, outputs]: softmax, or with one output the logistic function. */
export function marginsToProba(graph: OnnxBuilder, margins: OnnxValue, classes: number): OnnxValue {
  if (classes > 2) return graph.apply("Softmax", [margins], { axis: 1 });
  const second = graph.apply("Sigmoid", [margins]);
  const one = graph.constant({ dims: [1], data: Float32Array.of(1) });
  return graph.apply("Concat", [graph.apply("Sub", [one, second]), second], { axis: 1 });
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
  /** Gives what a leaf adds to each output. */
  leaf(node: number, add: (output: number, value: number) => void): void;
}

export interface OnnxTrees {
  readonly trees: readonly OnnxTree[];
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
  const most = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const ints = (): Int32Array => new Int32Array(most);
  const [treeOf, idOf, features, lefts, rights, missing] = [ints(), ints(), ints(), ints(), ints(), ints()];
  const values = new Float64Array(most);
  const modes: string[] = [];
  const leaves = { tree: [] as number[], id: [] as number[], output: [] as number[], weight: [] as number[] };
  let n = 0;
  trees.forEach((tree, t) => {
    // Only what can be reached, since XGBoost keeps pruned nodes.
    const reached = [0];
    for (let id = 0; id < reached.length; id++, n++) {
      const node = reached[id]!;
      const feature = tree.feature[node]!;
      treeOf[n] = t;
      idOf[n] = id;
      if (feature >= 0) {
        features[n] = feature;
        values[n] = tree.threshold[node]!;
        missing[n] = tree.missingLeft(node) ? 1 : 0;
        lefts[n] = reached.push(tree.left[node]!) - 1;
        rights[n] = reached.push(tree.right[node]!) - 1;
        modes.push(mode);
        continue;
      }
      modes.push("LEAF");
      tree.leaf(node, (output, value) => {
        leaves.tree.push(t);
        leaves.id.push(id);
        leaves.output.push(output);
        leaves.weight.push(value);
      });
    }
  });
  return graph.apply(
    "TreeEnsembleRegressor",
    [x],
    {
      n_targets: outputs,
      aggregate_function: "SUM",
      post_transform: "NONE",
      nodes_treeids: treeOf.subarray(0, n),
      nodes_nodeids: idOf.subarray(0, n),
      nodes_featureids: features.subarray(0, n),
      nodes_modes: modes,
      nodes_truenodeids: lefts.subarray(0, n),
      nodes_falsenodeids: rights.subarray(0, n),
      nodes_missing_value_tracks_true: missing.subarray(0, n),
      target_treeids: Int32Array.from(leaves.tree),
      target_nodeids: Int32Array.from(leaves.id),
      target_ids: Int32Array.from(leaves.output),
      ...reals("nodes_values", values.subarray(0, n), precision),
      ...reals("target_weights", leaves.weight, precision),
      ...(base ? reals("base_values", base, precision) : {}),
    },
    { domain: "ai.onnx.ml" },
  );
}

function reals(
  name: string,
  values: ArrayLike<number>,
  precision: OnnxTrees["precision"],
): Record<string, OnnxAttribute> {
  if (precision === "float") return { [name]: Float32Array.from(values) };
  const tensor: OnnxTensor = { dims: [values.length], data: Float64Array.from(values) };
  return { [`${name}_as_tensor`]: tensor };
}
