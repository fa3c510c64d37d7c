import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { binColumns } from "../../src/families/_bins.ts";
import { addTree, createTreeGrower, type TreeOptions } from "../../src/families/_tree.ts";

const matrix = (columns: number[][]) => {
  const [rows, cols] = [columns[0]!.length, columns.length];
  const data = Float32Array.from({ length: rows * cols }, (_, at) => columns[at % cols]![Math.floor(at / cols)]!);
  return { rows, cols, names: columns.map((_, j) => `c${j}`), data };
};

test("gives each distinct value a bin, and at most 256 quantiles where there are more", () => {
  const many = Array.from({ length: 5000 }, (_, i) => Math.sin(i) ** 3);
  const bins = binColumns(matrix([many.map((_, i) => [7, -1, 3.5][i % 3]!), many, many.map(() => 1)]));
  expect([...bins.lows[0]!]).toEqual([-1, 3.5, 7]);
  expect([...bins.highs[0]!]).toEqual([-1, 3.5, 7]);
  expect([...bins.codes.subarray(0, 4)]).toEqual([2, 0, 1, 2]);
  expect(bins.counts[1]).toBe(256);
  expect(bins.counts[2]).toBe(1);
  const sizes = new Map<number, number>();
  for (const code of bins.codes.subarray(5000, 10_000)) sizes.set(code, (sizes.get(code) ?? 0) + 1);
  expect(Math.max(...sizes.values())).toBeLessThanOrEqual(21);
  for (let b = 1; b < 256; b++) expect(bins.lows[1]![b]).toBeGreaterThan(bins.highs[1]![b - 1]!);
});

/** The best first split by trying every column and every threshold: [column, threshold]. */
function bestSplit(columns: number[][], y: number[], weights: number[], leaf: number): [number, number] {
  let best: [number, number, number] = [-1, 0, Number.NEGATIVE_INFINITY];
  const score = (side: number[]): number => {
    const counts = new Map<number, number>();
    for (const i of side) counts.set(y[i]!, (counts.get(y[i]!) ?? 0) + weights[i]!);
    const total = [...counts.values()].reduce((a, b) => a + b, 0);
    return [...counts.values()].reduce((a, b) => a + b * b, 0) / total;
  };
  columns.forEach((column, j) => {
    const values = [...new Set(column)].sort((a, b) => a - b);
    for (let v = 0; v + 1 < values.length; v++) {
      const left = y.map((_, i) => i).filter((i) => column[i]! <= values[v]!);
      const right = y.map((_, i) => i).filter((i) => column[i]! > values[v]!);
      if (left.length < leaf || right.length < leaf) continue;
      const s = score(left) + score(right);
      if (s > best[2] + 1e-9) best = [j, Math.fround((values[v]! + values[v + 1]!) / 2), s];
    }
  });
  return [best[0], best[1]];
}

const options: TreeOptions = {
  classes: 3,
  maxFeatures: 9,
  maxDepth: 1,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  threshold: "best",
};

test.each([
  { name: "two values: counting the ones", rows: 40, values: 2 },
  { name: "few values, many rows: a histogram", rows: 300, values: 5 },
  { name: "few rows: insertion sort", rows: 20, values: 50 },
  { name: "many values: counting sort", rows: 200, values: 200 },
])("splits first where trying everything says so ($name)", ({ rows, values }) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const rng = createRng(seed);
    const y = Array.from({ length: rows }, () => rng.int(3));
    const columns = [0, 1, 2].map((j) => y.map((k) => rng.int(values) + (j === 1 && k === 2 ? 1 : 0)));
    const weights = y.map(() => 1 + rng.int(4));
    const x = matrix(columns);
    for (const minSamplesLeaf of [1, 7]) {
      const grower = createTreeGrower(binColumns(x), Int32Array.from(y), { ...options, minSamplesLeaf });
      const all = Int32Array.from({ length: rows }, (_, i) => i);
      const tree = grower.grow(all, Float64Array.from(weights), createRng(1), new Float64Array(3));
      expect([tree.feature[0], tree.threshold[0]]).toEqual(bestSplit(columns, y, weights, minSamplesLeaf));
    }
  }
});

test("a full tree tells its training rows apart, and depth and leaf size limit it", () => {
  const rng = createRng(3);
  const rows = 500;
  const y = Int32Array.from({ length: rows }, () => rng.int(3));
  const x = matrix([0, 1, 2].map((j) => Array.from({ length: rows }, () => (j === 0 ? rng.int(2) : rng.next()))));
  const grow = (change: Partial<TreeOptions>) => {
    const grower = createTreeGrower(binColumns(x), y, { ...options, maxDepth: Number.POSITIVE_INFINITY, ...change });
    const all = Int32Array.from({ length: rows }, (_, i) => i);
    return grower.grow(all, new Float64Array(rows).fill(1), createRng(1), new Float64Array(3));
  };
  const sums = new Float64Array(rows * 3);
  addTree(grow({ maxFeatures: 1 }), x, sums);
  const right = y.filter((k, i) => sums[i * 3 + k] === 1).length;
  expect(right).toBeGreaterThan(rows * 0.95); // 256 bins of 500 values leave a few rows together
  expect(grow({ maxDepth: 3 }).feature.length).toBeLessThanOrEqual(15);
  const leaves = grow({ minSamplesLeaf: 50 }).feature.filter((f) => f < 0).length;
  expect(leaves).toBeLessThanOrEqual(10);
});

test.each([
  { name: "distinct values", rows: 40 },
  { name: "more values than bins", rows: 2000 },
])("a random threshold is uniform in the range of the values, not of their ranks ($name)", ({ rows }) => {
  // Nearly all rows lie below 1; one is 10.
  const values = Array.from({ length: rows }, (_, i) => (i === 0 ? 10 : i / rows));
  const x = matrix([values]);
  const y = Int32Array.from({ length: rows }, (_, i) => i % 3);
  const grower = createTreeGrower(binColumns(x), y, { ...options, threshold: "random" });
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  const drawn = Array.from({ length: 400 }, (_, seed) => {
    const tree = grower.grow(all, new Float64Array(rows).fill(1), createRng(seed), new Float64Array(1));
    return tree.threshold[0]!;
  });
  expect(Math.max(...drawn)).toBeLessThan(10);
  // 9.1 of 10 lie above 0.9; a standard error is 0.014.
  expect(Math.abs(drawn.filter((at) => at > 0.9).length / drawn.length - 0.91)).toBeLessThan(0.05);
});

test("a row falls into the leaf that it was put into, also where thresholds are drawn within bins", () => {
  const rng = createRng(5);
  const rows = 3000;
  const y = Int32Array.from({ length: rows }, () => rng.int(3));
  const x = matrix([0, 1, 2].map((j) => Array.from({ length: rows }, () => (j === 0 ? rng.int(2) : rng.next() ** 4))));
  const bins = binColumns(x);
  const grower = createTreeGrower(bins, y, { ...options, maxDepth: Number.POSITIVE_INFINITY, threshold: "random" });
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  const tree = grower.grow(all, new Float64Array(rows).fill(1), createRng(1), new Float64Array(3));
  // Leaves that were cut by bins hold the class shares of the rows that reach them by value.
  const counts = new Map<number, number[]>();
  for (let i = 0; i < rows; i++) {
    let at = 0;
    for (let f = tree.feature[0]!; f >= 0; f = tree.feature[at]!) {
      at = x.data[i * 3 + f]! <= tree.threshold[at]! ? at + 1 : tree.right[at]!;
    }
    const own = counts.get(at) ?? [0, 0, 0];
    own[y[i]!]!++;
    counts.set(at, own);
  }
  expect(counts.size).toBe(tree.feature.filter((f) => f < 0).length);
  for (const [leaf, own] of counts) {
    const total = own[0]! + own[1]! + own[2]!;
    const [from, to] = [tree.leafStart[tree.right[leaf]!]!, tree.leafStart[tree.right[leaf]! + 1]!];
    for (let e = from; e < to; e++) {
      expect(own[tree.leafClass[e]!]! / total).toBeCloseTo(tree.leafShare[e]!, 6);
    }
  }
});
