/** Sums, means and maxima over leading or trailing axes. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { isFloat, type Kernel, type Kernels, sizeOf } from "./types.ts";

type ReduceOp = "Sum" | "Mean" | "Max";

const reduce =
  (op: ReduceOp): Kernel =>
  ({ backend, inputs, attrs, fallback }) => {
    const { x } = inputs as { x: TensorInfo };
    const { keepDims = false } = attrs as { keepDims?: boolean };
    const rank = x.shape.length;
    const wanted = (attrs.axis ?? attrs.reductionIndices) as number | number[] | undefined;
    const axes = (wanted === undefined ? x.shape.map((_, k) => k) : [wanted].flat())
      .map((axis) => (axis < 0 ? axis + rank : axis))
      .sort((p, q) => p - q);
    const run = axes.every((axis, k) => axis === axes[0]! + k);
    if (!isFloat(x) || !run || x.shape.includes(0)) return fallback();
    // [outer, middle, inner]: the middle is reduced.
    const [first, last] = axes.length === 0 ? [rank, rank - 1] : [axes[0]!, axes.at(-1)!];
    const outer = sizeOf(x.shape.slice(0, first));
    const middle = sizeOf(x.shape.slice(first, last + 1));
    const inner = sizeOf(x.shape.slice(last + 1));
    const shape = keepDims
      ? x.shape.map((length, k) => (axes.includes(k) ? 1 : length))
      : x.shape.filter((_, k) => !axes.includes(k));
    const info = backend.allocate(shape);
    const [values, out] = [backend.floats(x), backend.floats(info)];
    const scale = op === "Mean" ? 1 / middle : 1;
    if (op === "Max") maxima(values, out, { outer, middle, inner });
    else if (inner === 1) rowSums(values, out, middle, scale);
    else innerSums(values, out, { outer, middle, inner }, scale);
    return info;
  };

function rowSums(x: Float32Array, out: Float32Array, cols: number, scale: number): void {
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (const end = at + cols; at < end; at++) sum += x[at]!;
    out[i] = sum * scale;
  }
}

interface Extent {
  readonly outer: number;
  readonly middle: number;
  readonly inner: number;
}

function innerSums(x: Float32Array, out: Float32Array, { outer, middle, inner }: Extent, scale: number): void {
  const sums = new Float64Array(inner);
  for (let o = 0, at = 0; o < outer; o++) {
    sums.fill(0);
    for (let m = 0; m < middle; m++, at += inner) for (let j = 0; j < inner; j++) sums[j]! += x[at + j]!;
    for (let j = 0; j < inner; j++) out[o * inner + j] = sums[j]! * scale;
  }
}

function maxima(x: Float32Array, out: Float32Array, { outer, middle, inner }: Extent): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let highest = x[o * middle * inner + j]!;
      for (let m = 1; m < middle; m++) highest = Math.max(highest, x[(o * middle + m) * inner + j]!);
      out[o * inner + j] = highest;
    }
  }
}

export const reduceKernels: Kernels = { Sum: reduce("Sum"), Mean: reduce("Mean"), Max: reduce("Max") };
