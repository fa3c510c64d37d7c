import { expect, test } from "vitest";
import { createOnnxBuilder } from "../../src/core/onnx.ts";
import { parseLightgbm } from "../../src/families/_lightgbm-text.ts";
import { treeSums } from "../../src/families/_onnx.ts";

const TEXT = `tree
version=v4

Tree=0
num_leaves=3
split_feature=4 1
threshold=0.5 inf
decision_type=2 8
left_child=-1 -2
right_child=1 -3
leaf_value=0.25 -1 1e-3

Tree=1
num_leaves=1
leaf_value=0.75


end of trees

feature_importances:
`;

test("LightGBM's text is read as trees: children, missing values, a tree that is one leaf", () => {
  const [first, second] = parseLightgbm(TEXT, 2);
  const leaf = (tree: typeof first, node: number): number[] => {
    const added: number[] = [];
    tree!.leaf(node, (output, value) => added.push(output, value));
    return added;
  };
  expect(first).toMatchObject({ feature: [4, 1, -1, -1, -1], left: [2, 3], right: [1, 4], threshold: [0.5, Infinity] });
  // Without NaN in training it counts as 0, and 0 ≤ 0.5; the second split sends it right.
  expect([first!.missingLeft(0), first!.missingLeft(1)]).toEqual([true, false]);
  expect([2, 3, 4].map((node) => leaf(first, node))).toEqual([
    [0, 0.25],
    [0, -1],
    [0, 1e-3],
  ]);
  expect(second!.feature).toEqual([-1]);
  expect(leaf(second, 0)).toEqual([1, 0.75]);
});

test("LightGBM's categorical splits, which our models do not have, are refused", () => {
  expect(() => parseLightgbm(TEXT.replace("decision_type=2 8", "decision_type=1 8"), 2)).toThrow("decision type 1");
});

test("nodes of a tree that cannot be reached are left out", () => {
  const { builder, nodes } = createOnnxBuilder(new Set(["x"]));
  const tree = {
    feature: [0, -1, 5, -1],
    threshold: [1.5, 0, 9, 0],
    left: [3, 0, 0, 0],
    right: [1, 0, 0, 0],
    missingLeft: () => true,
    leaf: (node: number, add: (output: number, value: number) => void) => add(0, node),
  };
  treeSums(builder, "x", { trees: [tree], outputs: 1, mode: "BRANCH_LT", precision: "float", base: [0.5] });
  expect(nodes[0]!.attributes).toMatchObject({
    nodes_nodeids: Int32Array.of(0, 1, 2),
    nodes_truenodeids: Int32Array.of(1, 0, 0),
    nodes_falsenodeids: Int32Array.of(2, 0, 0),
    nodes_modes: ["BRANCH_LT", "LEAF", "LEAF"],
    target_weights: Float32Array.of(3, 1),
    base_values: Float32Array.of(0.5),
  });
});
