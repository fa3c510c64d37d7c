/** A classification tree on binned columns: CART with Gini impurity (Breiman et al. 1984), or with random thresholds. */
import type { Rng } from "../core/rng.ts";
import type { BinnedColumns } from "./_bins.ts";

export interface TreeOptions {
  readonly classes: number;
  /** Columns looked at for each split. */
  readonly maxFeatures: number;
  /** Infinity: no limit. */
  readonly maxDepth: number;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  /**
   * "random": one threshold a column, uniform between the lowest and the highest value of the node (Geurts et al. 2006), as
   * scikit-learn's ExtraTreesClassifier. It is drawn in the range of the values, not of the bins; where bins hold several
   * values (columns of more than 256), the range is that of the node's bins, and a bin that it falls into goes left as a
   * whole (the last one right).
   */
  readonly threshold: "best" | "random";
}

/** Nodes in preorder: the left child of node i is i + 1. */
export interface Tree {
  /** [nodes] column of the split, -1 for a leaf */
  readonly feature: Int32Array;
  /** [nodes] left if value ≤ threshold */
  readonly threshold: Float32Array;
  /** [nodes] right child; of a leaf: its place in `leafStart` */
  readonly right: Int32Array;
  /** [leaves + 1] where each leaf's classes begin */
  readonly leafStart: Int32Array;
  /** [leafStart[leaves]] classes that occur in the leaf, and their shares */
  readonly leafClass: Uint16Array;
  readonly leafShare: Float32Array;
}

export interface TreeGrower {
  /**
   * Grows a tree on the given rows.
   * @param rows ascending row numbers
   * @param weights [rows] positive weight of each
   * @param gains [cols] decrease of impurity by each column is added here
   */
  grow(rows: Int32Array, weights: Float64Array, rng: Rng, gains: Float64Array): Tree;
}

interface Split {
  feature: number;
  /** Last bin that goes left, and first one that goes right, among the bins of the node (of all, where it was drawn). */
  leftBin: number;
  rightBin: number;
  score: number;
  /** Where the threshold was drawn. */
  drawn: number;
}

/** Up to so many rows, insertion sort beats counting by bin. */
const FEW = 24;

/** Holds the buffers that all trees of a forest share. */
export function createTreeGrower(x: BinnedColumns, y: Int32Array, options: TreeOptions): TreeGrower {
  const { classes, maxFeatures, maxDepth, minSamplesSplit, minSamplesLeaf } = options;
  const atRandom = options.threshold === "random";
  const { codes, counts, cols } = x;
  const mostBins = counts.reduce((a, b) => Math.max(a, b), 1);
  /** Class weights of the node, and of what lies left of a split; zero between uses. */
  const totals = new Float64Array(classes);
  const left = new Float64Array(classes);
  const histogram = new Float64Array(mostBins * classes);
  const binRows = new Int32Array(mostBins + 1);
  const columns = new Int32Array(cols);
  const best: Split = { feature: -1, leftBin: 0, rightBin: 0, score: 0, drawn: 0 };
  let [node, label, weight] = [new Int32Array(0), new Int32Array(0), new Float64Array(0)];
  let [spareNode, spareLabel, spareWeight] = [node, label, weight];
  let [sortedCode, sortedLabel, sortedWeight] = [new Int32Array(0), new Int32Array(0), new Float64Array(0)];

  const consider = (feature: number, leftBin: number, rightBin: number, score: number): void => {
    if (score <= best.score) return;
    best.feature = feature;
    best.leftBin = leftBin;
    best.rightBin = rightBin;
    best.score = score;
  };

  /** After bin `last`: only the rows to its right are counted. False when all rows are on one side. */
  const splitAfter = (
    last: number,
    feature: number,
    from: number,
    to: number,
    total: number,
    squares: number,
  ): boolean => {
    const base = feature * x.rows;
    let [n, w, ones, dot] = [0, 0, 0, 0];
    for (let i = from; i < to; i++) {
      if (codes[base + node[i]!]! <= last) continue;
      const k = label[i]!;
      const h = weight[i]!;
      ones += h * (2 * left[k]! + h);
      dot += h * totals[k]!;
      left[k]! += h;
      w += h;
      sortedLabel[n++] = k;
    }
    for (let i = 0; i < n; i++) left[sortedLabel[i]!] = 0;
    const rest = to - from - n;
    if (n === 0 || rest === 0) return false;
    if (n < minSamplesLeaf || rest < minSamplesLeaf) return true;
    // Σ (total − one)² = Σ total² − 2 Σ total · one + Σ one²
    consider(feature, last, last + 1, ones / w + (squares - 2 * dot + ones) / (total - w));
    return true;
  };

  /** At a threshold that is drawn between the lowest and the highest value of the node. */
  const splitAtRandom = (
    feature: number,
    from: number,
    to: number,
    total: number,
    squares: number,
    rng: Rng,
  ): boolean => {
    const base = feature * x.rows;
    // Of two bins it is known; splitAfter sees whether both are there.
    const two = counts[feature] === 2;
    let [first, end] = two ? [0, 1] : [codes[base + node[from]!]!, 0];
    for (let i = from; i < to && !two; i++) {
      const code = codes[base + node[i]!]!;
      if (code < first) first = code;
      if (code > end) end = code;
    }
    if (first === end) return false;
    const lows = x.lows[feature]!;
    const highs = x.highs[feature]!;
    const at = Math.fround(lows[first]! + rng.next() * (highs[end]! - lows[first]!));
    let [last, beyond] = [first, end];
    while (beyond - last > 1) {
      const middle = (last + beyond) >> 1;
      if (lows[middle]! <= at) last = middle;
      else beyond = middle;
    }
    const before = best.score;
    const varies = splitAfter(last, feature, from, to, total, squares);
    if (best.score > before) best.drawn = at < lows[last + 1]! ? Math.max(at, highs[last]!) : highs[last]!;
    return varies;
  };

  /** Many rows: classes are counted by bin. */
  const splitByHistogram = (feature: number, from: number, to: number, total: number, squares: number): boolean => {
    const base = feature * x.rows;
    const bins = counts[feature]!;
    histogram.fill(0, 0, bins * classes);
    binRows.fill(0, 0, bins);
    for (let i = from; i < to; i++) {
      const code = codes[base + node[i]!]!;
      histogram[code * classes + label[i]!]! += weight[i]!;
      binRows[code]!++;
    }
    let bin = 0;
    while (binRows[bin] === 0) bin++;
    if (binRows[bin] === to - from) return false;
    let [n, w, leftSquares, rightSquares] = [0, 0, 0, squares];
    for (;;) {
      for (let k = 0, at = bin * classes; k < classes; k++, at++) {
        const h = histogram[at]!;
        if (h === 0) continue;
        leftSquares += h * (2 * left[k]! + h);
        rightSquares -= h * (2 * (totals[k]! - left[k]!) - h);
        left[k]! += h;
        w += h;
      }
      n += binRows[bin]!;
      if (n === to - from) {
        left.fill(0);
        return true;
      }
      let next = bin + 1;
      while (binRows[next] === 0) next++;
      if (n >= minSamplesLeaf && to - from - n >= minSamplesLeaf) {
        consider(feature, bin, next, leftSquares / w + rightSquares / (total - w));
      }
      bin = next;
    }
  };

  /** Few rows: they are sorted by bin and moved from right to left one by one. */
  const splitBySorting = (feature: number, from: number, to: number, total: number, squares: number): boolean => {
    const size = to - from;
    if (size <= FEW) sortFew(feature, from, to);
    else sortByCounting(feature, from, to);
    if (sortedCode[0] === sortedCode[size - 1]) return false;
    let [w, leftSquares, rightSquares] = [0, 0, squares];
    for (let i = 0; i < size - 1; i++) {
      const k = sortedLabel[i]!;
      const h = sortedWeight[i]!;
      leftSquares += h * (2 * left[k]! + h);
      rightSquares -= h * (2 * (totals[k]! - left[k]!) - h);
      left[k]! += h;
      w += h;
      const [code, next] = [sortedCode[i]!, sortedCode[i + 1]!];
      if (code === next || i + 1 < minSamplesLeaf || size - i - 1 < minSamplesLeaf) continue;
      consider(feature, code, next, leftSquares / w + rightSquares / (total - w));
    }
    for (let i = 0; i < size; i++) left[sortedLabel[i]!] = 0;
    return true;
  };

  const sortFew = (feature: number, from: number, to: number): void => {
    const base = feature * x.rows;
    for (let i = from; i < to; i++) {
      const code = codes[base + node[i]!]!;
      let j = i - from - 1;
      for (; j >= 0 && sortedCode[j]! > code; j--) {
        sortedCode[j + 1] = sortedCode[j]!;
        sortedLabel[j + 1] = sortedLabel[j]!;
        sortedWeight[j + 1] = sortedWeight[j]!;
      }
      sortedCode[j + 1] = code;
      sortedLabel[j + 1] = label[i]!;
      sortedWeight[j + 1] = weight[i]!;
    }
  };

  const sortByCounting = (feature: number, from: number, to: number): void => {
    const base = feature * x.rows;
    const bins = counts[feature]!;
    binRows.fill(0, 0, bins + 1);
    for (let i = from; i < to; i++) binRows[codes[base + node[i]!]! + 1]!++;
    for (let b = 1; b < bins; b++) binRows[b]! += binRows[b - 1]!;
    for (let i = from; i < to; i++) {
      const code = codes[base + node[i]!]!;
      const at = binRows[code]!;
      binRows[code] = at + 1;
      sortedCode[at] = code;
      sortedLabel[at] = label[i]!;
      sortedWeight[at] = weight[i]!;
    }
  };

  /** Finds the best split of rows from … to - 1; columns that are constant there are passed over, as in scikit-learn. */
  const findSplit = (from: number, to: number, total: number, squares: number, rng: Rng): void => {
    best.feature = -1;
    best.score = Number.NEGATIVE_INFINITY;
    let found = false;
    for (let drawn = 0; drawn < cols && (drawn < maxFeatures || !found); drawn++) {
      const pick = drawn + rng.int(cols - drawn);
      const feature = columns[pick]!;
      columns[pick] = columns[drawn]!;
      columns[drawn] = feature;
      const bins = counts[feature]!;
      if (bins === 1) continue;
      const varies = atRandom
        ? splitAtRandom(feature, from, to, total, squares, rng)
        : bins === 2
          ? splitAfter(0, feature, from, to, total, squares)
          : (to - from) * 2 >= bins * classes
            ? splitByHistogram(feature, from, to, total, squares)
            : splitBySorting(feature, from, to, total, squares);
      found ||= varies;
    }
  };

  /** Moves the rows of the left child to the front, keeping the order; returns where the right child begins. */
  const partition = (from: number, to: number): number => {
    const base = best.feature * x.rows;
    let [at, spare] = [from, 0];
    for (let i = from; i < to; i++) {
      const row = node[i]!;
      if (codes[base + row]! <= best.leftBin) {
        node[at] = row;
        label[at] = label[i]!;
        weight[at] = weight[i]!;
        at++;
      } else {
        spareNode[spare] = row;
        spareLabel[spare] = label[i]!;
        spareWeight[spare] = weight[i]!;
        spare++;
      }
    }
    node.set(spareNode.subarray(0, spare), at);
    label.set(spareLabel.subarray(0, spare), at);
    weight.set(spareWeight.subarray(0, spare), at);
    return at;
  };

  const threshold = (): number => {
    if (atRandom) return best.drawn;
    const high = x.highs[best.feature]![best.leftBin]!;
    const low = x.lows[best.feature]![best.rightBin]!;
    const middle = Math.fround((high + low) / 2);
    return middle < low ? middle : high;
  };

  const reserve = (size: number): void => {
    if (size <= spareNode.length) return;
    [spareNode, spareLabel, spareWeight] = [new Int32Array(size), new Int32Array(size), new Float64Array(size)];
    [sortedCode, sortedLabel, sortedWeight] = [new Int32Array(size), new Int32Array(size), new Float64Array(size)];
  };

  return {
    grow(rows, weights, rng, gains) {
      reserve(rows.length);
      for (let j = 0; j < cols; j++) columns[j] = j;
      node = rows.slice();
      label = rows.map((row) => y[row]!);
      weight = weights.slice();
      const most = 2 * rows.length;
      const nodes = { feature: new Int32Array(most), threshold: new Float32Array(most), right: new Int32Array(most) };
      const leafStart = new Int32Array(rows.length + 1);
      const leafClass = new Uint16Array(rows.length);
      const leafShare = new Float32Array(rows.length);
      const stack = [{ from: 0, to: rows.length, depth: 0, parent: -1 }];
      let [count, leaves, entries] = [0, 0, 0];
      for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
        const { from, to, depth, parent } = task;
        const self = count++;
        if (parent >= 0) nodes.right[parent] = self;
        let [total, squares] = [0, 0];
        for (let i = from; i < to; i++) {
          const k = label[i]!;
          const h = weight[i]!;
          total += h;
          squares += h * (2 * totals[k]! + h);
          totals[k]! += h;
        }
        best.feature = -1;
        const size = to - from;
        const pure = totals[label[from]!] === total;
        if (!pure && depth < maxDepth && size >= minSamplesSplit && size >= 2 * minSamplesLeaf) {
          findSplit(from, to, total, squares, rng);
        }
        if (best.feature < 0) {
          nodes.feature[self] = -1;
          nodes.right[self] = leaves;
          for (let i = from; i < to; i++) {
            const k = label[i]!;
            if (totals[k] === 0) continue; // counted already
            leafClass[entries] = k;
            leafShare[entries++] = totals[k]! / total;
            totals[k] = 0;
          }
          leafStart[++leaves] = entries;
          continue;
        }
        for (let i = from; i < to; i++) totals[label[i]!] = 0;
        nodes.feature[self] = best.feature;
        nodes.threshold[self] = threshold();
        gains[best.feature]! += best.score - squares / total;
        const middle = partition(from, to);
        stack.push({ from: middle, to, depth: depth + 1, parent: self });
        stack.push({ from, to: middle, depth: depth + 1, parent: -1 });
      }
      return {
        feature: nodes.feature.slice(0, count),
        threshold: nodes.threshold.slice(0, count),
        right: nodes.right.slice(0, count),
        leafStart: leafStart.slice(0, leaves + 1),
        leafClass: leafClass.slice(0, entries),
        leafShare: leafShare.slice(0, entries),
      };
    },
  };
}

/** Adds the class shares of a tree to [rows × classes] sums. */
export function addTree(tree: Tree, x: { rows: number; cols: number; data: Float32Array }, sums: Float64Array): void {
  const { feature, threshold, right, leafStart, leafClass, leafShare } = tree;
  const classes = sums.length / x.rows;
  for (let i = 0; i < x.rows; i++) {
    let at = 0;
    for (let f = feature[0]!; f >= 0; f = feature[at]!) {
      at = x.data[i * x.cols + f]! <= threshold[at]! ? at + 1 : right[at]!;
    }
    const leaf = right[at]!;
    for (let e = leafStart[leaf]!; e < leafStart[leaf + 1]!; e++) sums[i * classes + leafClass[e]!]! += leafShare[e]!;
  }
}
