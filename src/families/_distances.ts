/** Distances between patients, block by block: matrix products wherever the metric allows. */
import type { Matrix } from "../core/dataset.ts";
import { ONNX_TYPES, type OnnxBuilder, type OnnxValue } from "../core/onnx.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { twoValued } from "./_shared.ts";

export const METRICS = ["euclidean", "manhattan", "cosine"] as const;
export type DistanceMetric = (typeof METRICS)[number];

/** Points as the metric needs them. The distance of q to point p is base(q) + bases[p] + factor(q) · factors[p] + rest. */
export interface Points {
  readonly metric: DistanceMetric;
  readonly rows: number;
  readonly cols: number;
  /** [rows × columns] as they came */
  readonly data: Float32Array;
  /** [columns] taken off before squares, so that they stay exact */
  readonly centres: Float64Array;
  /** [columns] 1 where each point has 0 or 1 */
  readonly binary: Uint8Array;
  /** [rows × columns] what the points bring to the product */
  readonly factors: Float64Array;
  /** [rows] */
  readonly bases: Float64Array;
  /** [numbers × rows] for manhattan: columns that are not 0/1, column by column */
  readonly numbers: Float64Array;
}

/** Cells of a block of distances. */
const BLOCK = 1 << 21;

export function preparePoints(x: Matrix, metric: DistanceMetric): Points {
  const { rows, cols, data } = x;
  const centres = new Float64Array(cols);
  const binary = twoValued(x);
  if (metric === "euclidean") {
    for (let at = 0; at < data.length; at++) centres[at % cols]! += data[at]! / rows;
  }
  const factors = new Float64Array(rows * cols);
  const bases = new Float64Array(rows);
  const columns = [...binary.keys()].filter((j) => binary[j] === 0);
  const numbers = new Float64Array(metric === "manhattan" ? columns.length * rows : 0);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j]! - centres[j]!;
      if (metric !== "manhattan" || binary[j] === 1) factors[i * cols + j] = value;
      bases[i]! += value * value;
    }
    if (metric === "cosine") normalise(factors, i * cols, cols, bases[i]!);
    if (metric !== "euclidean") bases[i] = 0;
  }
  if (metric === "manhattan") {
    columns.forEach((j, n) => {
      for (let i = 0; i < rows; i++) numbers[n * rows + i] = data[i * cols + j]!;
    });
  }
  return { metric, rows, cols, data, centres, binary, factors, bases, numbers };
}

/** Distances may be off by share · (base of the row + offset): a sum's error grows with its terms. */
function roundingOf({ metric, cols, bases }: Points): { share: number; offset: number } {
  const offset = metric === "euclidean" ? bases.reduce((a, b) => Math.max(a, b), 0) : metric === "cosine" ? 0 : cols;
  return { share: Number.EPSILON * (cols + 8), offset };
}

/** To length 1; a row of zeros stays, and is at distance 1 from all. */
function normalise(data: Float64Array, from: number, cols: number, squares: number): void {
  if (squares === 0) return;
  const length = Math.sqrt(squares);
  for (let at = from; at < from + cols; at++) data[at]! /= length;
}

type Each = (row: number, distances: Float64Array, rounding: number) => void;

/**
 * Calls `each` with the distances of every row to all points, squared ones for "euclidean"; values within rounding of 0 are 0.
 * @param each `distances` is [points.rows] and overwritten by the next call; `rounding` is what equal ones may differ by
 */
export function eachDistances(
  blas: Openblas,
  points: Points,
  queries: Pick<Matrix, "rows" | "cols" | "data">,
  each: Each,
): void {
  const { metric, rows, cols } = points;
  const { share, offset } = roundingOf(points);
  const size = Math.max(1, Math.min(queries.rows, Math.floor(BLOCK / rows)));
  const factors = new Float64Array(size * cols);
  const products = new Float64Array(size * rows);
  for (let from = 0; from < queries.rows; from += size) {
    const block = Math.min(size, queries.rows - from);
    const bases = queryFactors(points, queries, from, block, factors);
    blas.dgemm({
      m: block,
      n: rows,
      k: cols,
      a: factors,
      b: points.factors,
      c: products,
      transposeB: true,
      alpha: metric === "euclidean" ? -2 : metric === "cosine" ? -1 : 1,
    });
    for (let i = 0; i < block; i++) {
      const own = products.subarray(i * rows, (i + 1) * rows);
      const base = bases[i]!;
      if (metric === "manhattan") addNumbers(points, queries, from + i, own);
      const rounding = share * (base + offset);
      for (let p = 0; p < rows; p++) {
        const distance = own[p]! + base + points.bases[p]!;
        own[p] = distance <= rounding ? 0 : distance;
      }
      each(from + i, own, rounding);
    }
  }
}

/** `eachDistances` for rooms that do not know the engine. */
export async function openDistances(): Promise<
  (points: Points, queries: Pick<Matrix, "rows" | "cols" | "data">, each: Each) => void
> {
  const blas = await loadOpenblas();
  return (points, queries, each) => eachDistances(blas, points, queries, each);
}

/** What rows bring to the product, into `factors`; returns their bases. */
function queryFactors(
  { metric, cols, centres, binary }: Points,
  { data }: Pick<Matrix, "data">,
  from: number,
  block: number,
  factors: Float64Array,
): Float64Array {
  const bases = new Float64Array(block);
  for (let i = 0; i < block; i++) {
    let squares = 0;
    for (let j = 0; j < cols; j++) {
      const value = data[(from + i) * cols + j]! - centres[j]!;
      squares += value * value;
      // |x − b| with b of 0 or 1 is |x| + b · (|x − 1| − |x|).
      const yesNo = metric === "manhattan" && binary[j] === 1;
      factors[i * cols + j] = metric !== "manhattan" ? value : yesNo ? Math.abs(value - 1) - Math.abs(value) : 0;
      if (yesNo) bases[i]! += Math.abs(value);
    }
    if (metric === "euclidean") bases[i] = squares;
    if (metric === "cosine") {
      normalise(factors, i * cols, cols, squares);
      bases[i] = 1;
    }
  }
  return bases;
}

/** Adds |x − p| over the columns that are not 0/1. */
function addNumbers(
  { rows, cols, binary, numbers }: Points,
  { data }: Pick<Matrix, "data">,
  row: number,
  sums: Float64Array,
) {
  let n = 0;
  for (let j = 0; j < cols; j++) {
    if (binary[j] === 1) continue;
    const value = data[row * cols + j]!;
    for (let p = 0, at = n * rows; p < rows; p++, at++) sums[p]! += Math.abs(value - numbers[at]!);
    n++;
  }
}

/** `eachDistances` in a graph: double [rows, points] of float [rows, columns], and the rounding, [rows, 1]. */
export function distancesOnnx(
  graph: OnnxBuilder,
  x: OnnxValue,
  points: Points,
): { readonly distances: OnnxValue; readonly rounding: OnnxValue } {
  const { metric, rows, cols, data, centres, binary, bases } = points;
  const double = (values: ArrayLike<number>, ...dims: number[]): OnnxValue =>
    graph.constant({ dims, data: Float64Array.from(values) });
  const toDouble = (value: OnnxValue): OnnxValue => graph.apply("Cast", [value], { to: ONNX_TYPES.double });
  const axis = graph.constant({ dims: [1], data: BigInt64Array.of(1n) });
  const sum = (value: OnnxValue): OnnxValue => graph.apply("ReduceSum", [value, axis]);
  const transposed = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) transposed[(at % cols) * rows + Math.floor(at / cols)] = data[at]!;
  const all = toDouble(graph.constant({ dims: [cols, rows], data: transposed }));
  const value = toDouble(x);
  const near = (): { product: OnnxValue; base: OnnxValue } => {
    if (metric === "euclidean") {
      const own = graph.apply("Sub", [value, double(centres, cols)]);
      const theirs = graph.apply("Sub", [all, double(centres, cols, 1)]);
      const product = graph.apply("Mul", [graph.apply("MatMul", [own, theirs]), double([-2], 1)]);
      return {
        product: graph.apply("Add", [product, double(bases, rows)]),
        base: sum(graph.apply("Mul", [own, own])),
      };
    }
    if (metric === "cosine") {
      const squares = sum(graph.apply("Mul", [value, value]));
      const own = graph.apply("Div", [
        value,
        graph.apply("Max", [graph.apply("Sqrt", [squares]), double([1e-150], 1)]),
      ]);
      const lengths = Float64Array.from({ length: rows }, (_, i) =>
        Math.hypot(...data.subarray(i * cols, (i + 1) * cols)),
      );
      const theirs = graph.apply("Div", [
        all,
        double(
          lengths.map((length) => length || 1),
          rows,
        ),
      ]);
      const product = graph.apply("Neg", [graph.apply("MatMul", [own, theirs])]);
      return { product, base: graph.apply("Add", [graph.apply("Mul", [squares, double([0], 1)]), double([1], 1)]) };
    }
    const mask = double(binary, cols);
    const lengths = graph.apply("Mul", [graph.apply("Abs", [value]), mask]);
    const others = graph.apply("Mul", [graph.apply("Abs", [graph.apply("Sub", [value, double([1], 1)])]), mask]);
    let product = graph.apply("MatMul", [graph.apply("Sub", [others, lengths]), all]);
    for (const [j, flag] of binary.entries()) {
      if (flag === 1) continue;
      const index = graph.constant({ dims: [1], data: BigInt64Array.of(BigInt(j)) });
      const [own, theirs] = [graph.apply("Gather", [value, index], { axis: 1 }), graph.apply("Gather", [all, index])];
      product = graph.apply("Add", [product, graph.apply("Abs", [graph.apply("Sub", [own, theirs])])]);
    }
    return { product, base: sum(lengths) };
  };
  const { product, base } = near();
  const { share, offset } = roundingOf(points);
  const rounding = graph.apply("Mul", [graph.apply("Add", [base, double([offset], 1)]), double([share], 1)]);
  const raw = graph.apply("Add", [product, base]);
  const zero = graph.apply("LessOrEqual", [raw, rounding]);
  return { distances: graph.apply("Where", [zero, double([0], 1), raw]), rounding };
}
