/** Why a forest of our own trees gives a row its class shares. */
import type { Contributions } from "../../core/family.ts";
import type { Tree } from "../_tree.ts";

/**
 * Shapley values of the mean class shares over trees, against one reference row, exactly (interventional TreeSHAP, Lundberg et al. 2020):
 * only splits that send row and reference to different sides count, and each leaf behind them belongs to the columns that were
 * taken from one or the other on the way.
 * @param x [cols] and reference [cols]
 */
export function forestContributions(
  trees: readonly Tree[],
  classes: number,
  x: Float32Array,
  reference: Float32Array,
): Contributions {
  const cols = x.length;
  const base = new Float64Array(classes);
  const values = new Float64Array(classes * cols);
  /** [cols] 1: taken from x, 2: from the reference. */
  const taken = new Uint8Array(cols);
  const [mine, theirs]: [number[], number[]] = [[], []];

  const addLeaf = (tree: Tree, leaf: number): void => {
    const [u, v] = [mine.length, theirs.length];
    const [gained, lost] = [orderShare(u - 1, v), orderShare(u, v - 1)];
    for (let e = tree.leafStart[leaf]!; e < tree.leafStart[leaf + 1]!; e++) {
      const share = tree.leafShare[e]! / trees.length;
      const k = tree.leafClass[e]!;
      if (u === 0) base[k]! += share;
      for (const j of mine) values[k * cols + j]! += share * gained;
      for (const j of theirs) values[k * cols + j]! -= share * lost;
    }
  };
  const visit = (tree: Tree, node: number): void => {
    const column = tree.feature[node]!;
    const right = tree.right[node]!;
    if (column < 0) {
      addLeaf(tree, right);
      return;
    }
    const own = x[column]! <= tree.threshold[node]! ? node + 1 : right;
    const other = reference[column]! <= tree.threshold[node]! ? node + 1 : right;
    if (own === other || taken[column] !== 0) {
      visit(tree, taken[column] === 2 ? other : own);
      return;
    }
    taken[column] = 1;
    mine.push(column);
    visit(tree, own);
    mine.pop();
    taken[column] = 2;
    theirs.push(column);
    visit(tree, other);
    theirs.pop();
    taken[column] = 0;
  };
  for (const tree of trees) visit(tree, 0);
  return { method: "tree-shap", unit: "probability", base, values };
}

/** a! b! / (a + b + 1)!: share of the orders of a + b + 1 columns in which one comes after these a and before those b. */
function orderShare(a: number, b: number): number {
  let share = 1 / (b + 1);
  for (let i = 1; i <= a; i++) share *= i / (b + 1 + i);
  return share;
}
