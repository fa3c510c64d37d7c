import { expect, test } from "vitest";
import type { Matrix } from "../../src/core/dataset.ts";
import { createRng } from "../../src/core/rng.ts";
import { loadOpenblas } from "../../src/engines/openblas.ts";
import { type DistanceMetric, eachDistances, METRICS, preparePoints } from "../../src/families/_distances.ts";
import { family } from "../../src/families/knn.ts";
import { contextFor } from "../contracts/family.contract.ts";

const matrix = (rows: number[][]): Matrix => ({
  rows: rows.length,
  cols: rows[0]!.length,
  names: rows[0]!.map((_, j) => `c${j}`),
  data: Float32Array.from(rows.flat()),
});

/** Probabilities of the asked rows, for patients of two classes. */
async function ask(train: { rows: number[][]; y: number[] }, asked: number[][], params: Record<string, unknown>) {
  const labelled = { x: matrix(train.rows), y: Int32Array.from(train.y) };
  const model = await family.fit(
    contextFor(family, { train: labelled, validation: labelled, classes: 2, params: family.params.parse(params) }),
  );
  return [...model.predictProba(matrix(asked))];
}

const between = (metric: DistanceMetric, a: number[], b: number[]): number => {
  const sum = (f: (x: number, y: number) => number): number => a.reduce((s, x, j) => s + f(x, b[j]!), 0);
  if (metric === "euclidean") return sum((x, y) => (x - y) ** 2);
  if (metric === "manhattan") return sum((x, y) => Math.abs(x - y));
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  return lengths === 0 ? 1 : 1 - sum((x, y) => x * y) / lengths;
};

test.each(METRICS)(
  "%s distances are those of the definition, for numbers, yes/no columns and whole rows of zeros",
  async (metric) => {
    const rng = createRng(3);
    const rowOf = () => [rng.next() * 40, rng.int(2), rng.int(2), rng.next() - 0.5, rng.int(3)];
    const points = [...Array.from({ length: 50 }, rowOf), [0, 0, 0, 0, 0]];
    // A yes/no column may hold anything later.
    const asked = [...Array.from({ length: 20 }, rowOf), [0, 0, 0, 0, 0], [30, 0.3, -2, 5, 1]].map((row) =>
      row.map(Math.fround),
    );
    const prepared = preparePoints(matrix(points), metric);
    let seen = 0;
    eachDistances(await loadOpenblas(), prepared, matrix(asked), (row, distances) => {
      expect(row).toBe(seen++);
      distances.forEach((distance, p) => {
        expect(distance).toBeCloseTo(between(metric, asked[row]!, points[p]!.map(Math.fround)), 9);
      });
    });
    expect(seen).toBe(asked.length);
  },
);

test("the same patient is at distance 0, however far the columns are from it", async () => {
  const rng = createRng(4);
  const rows = Array.from({ length: 30 }, () => [1e6 + rng.next(), rng.next(), rng.int(2)].map(Math.fround));
  for (const metric of METRICS) {
    const own: number[] = [];
    eachDistances(await loadOpenblas(), preparePoints(matrix(rows), metric), matrix(rows), (row, distances) => {
      own.push(distances[row]!);
    });
    expect(own).toEqual(rows.map(() => 0));
  }
});

test("rows as far as the k-th share the places that are left, in whatever order they stand", async () => {
  // One at distance 1 (class 0); four at distance 2, of which three are of class 1.
  const rows = [[1], [2], [-2], [-2], [2], [9]];
  const y = [0, 1, 0, 1, 1, 0];
  const forwards = await ask({ rows, y }, [[0]], { k: 3 });
  expect(forwards[0]).toBeCloseTo((1 + 2 / 4) / 3, 6);
  expect(await ask({ rows: rows.toReversed(), y: y.toReversed() }, [[0]], { k: 3 })).toEqual(forwards);
});

test("votes weigh 1 / distance; the same patient outvotes all others", async () => {
  const train = { rows: [[1], [2], [4], [50]], y: [0, 1, 1, 0] };
  const [near] = await ask(train, [[0]], { k: 3, weights: "distance" });
  expect(near).toBeCloseTo(1 / (1 + 1 / 2 + 1 / 4), 6);
  expect(await ask(train, [[2]], { k: 3, weights: "distance" })).toEqual([0, 1]);
});

test("a k above the number of training rows is refused by name", async () => {
  const train = { rows: [[1], [2], [3]], y: [0, 1, 1] };
  await expect(ask(train, [[0]], { k: 4 })).rejects.toThrow("k is 4, but there are only 3 training rows");
  expect(await ask(train, [[0]], { k: 3 })).toEqual([Math.fround(1 / 3), Math.fround(2 / 3)]);
});
