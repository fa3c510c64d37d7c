/** Trees of LightGBM's text format (https://github.com/microsoft/LightGBM, src/io/tree.cpp). */
import type { OnnxTree } from "./_onnx.ts";

/** Bits of decision_type. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const MISSING_ZERO = 1;
const MISSING_NAN = 2;

/**
 * @param classes trees come in turn for each output
 * @throws Error for trees that our models do not have: categorical splits, zero as missing
 */
export function parseLightgbm(text: string, outputs: number): OnnxTree[] {
  const blocks = text.split(/^Tree=\d+$/m).slice(1);
  return blocks.map((block, t) => parseTree(block.split("\nend of trees")[0]!, t % outputs));
}

/** As C++ prints it: a split between missing and present has the threshold inf. */
const numberOf = (text: string): number => Number(text.replace("inf", "Infinity"));

function parseTree(block: string, output: number): OnnxTree {
  const fields = new Map(block.split("\n").map((line) => line.split("=", 2) as [string, string]));
  const numbers = (name: string): number[] => (fields.get(name) || "").split(" ").filter(Boolean).map(numberOf);
  const values = numbers("leaf_value");
  const [features, thresholds, lefts, rights, decisions] = [
    "split_feature",
    "threshold",
    "left_child",
    "right_child",
    "decision_type",
  ].map(numbers) as [number[], number[], number[], number[], number[]];
  const splits = features.length;
  // A child below 0 is leaf ~child; leaves are numbered after the splits.
  const child = (c: number): number => (c < 0 ? splits + ~c : c);
  for (const decision of decisions) {
    if ((decision & CATEGORICAL) !== 0 || ((decision >> 2) & 3) === MISSING_ZERO) {
      throw new Error(`LightGBM decision type ${decision} is not understood`);
    }
  }
  return {
    feature: [...features, ...values.map(() => -1)],
    threshold: thresholds,
    left: lefts.map(child),
    right: rights.map(child),
    // Without NaN in training, NaN counts as 0.
    missingLeft(node) {
      const decision = decisions[node]!;
      return ((decision >> 2) & 3) === MISSING_NAN ? (decision & DEFAULT_LEFT) !== 0 : 0 <= thresholds[node]!;
    },
    leaf: (node, add) => add(output, values[node - splits]!),
  };
}
