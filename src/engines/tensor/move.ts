/** Operations that only move numbers: of four bytes each, whichever they are. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { isFloat, type Kernel, type KernelCall, type Kernels, sizeOf, type TensorBackend } from "./types.ts";

type Words = Int32Array;
const movable = ({ dtype }: TensorInfo): boolean => dtype === "float32" || dtype === "int32";

function words(backend: TensorBackend, info: TensorInfo): Words {
  const { buffer, byteOffset, length } = backend.floats(info);
  return new Int32Array(buffer, byteOffset, length);
}

function allocateLike(backend: TensorBackend, like: TensorInfo, shape: readonly number[]) {
  const info = backend.allocate(shape, like.dtype as "float32" | "int32");
  return { info, out: words(backend, info) };
}

function copyWords(from: Words, start: number, to: Words, at: number, n: number): void {
  if (n > 32) to.set(from.subarray(start, start + n), at);
  else for (let i = 0; i < n; i++) to[at + i] = from[start + i]!;
}

const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Strides of a shape's axes in elements. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1]! * shape[k + 1]!;
  return strides;
}

/** Copies a box of `lengths` that starts at `start` of x and moves by `strides` there, into `out` in order. */
function copyBox(x: Words, out: Words, start: number, lengths: readonly number[], strides: readonly number[]): void {
  if (out.length === 0) return;
  const last = lengths.length - 1;
  const [inner, step] = last < 0 ? [1, 1] : [lengths[last]!, strides[last]!];
  const place = new Int32Array(Math.max(0, last));
  let from = start;
  for (let at = 0; at < out.length; at += inner) {
    if (step === 1) copyWords(x, from, out, at, inner);
    else for (let i = 0, f = from; i < inner; i++, f += step) out[at + i] = x[f]!;
    for (let k = last - 1; k >= 0; k--) {
      from += strides[k]!;
      if (++place[k]! < lengths[k]!) break;
      place[k] = 0;
      from -= strides[k]! * lengths[k]!;
    }
  }
}

const transpose: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { x } = inputs as { x: TensorInfo };
  const { perm } = attrs as { perm: readonly number[] };
  if (!movable(x)) return fallback();
  const strides = stridesOf(x.shape);
  const shape = perm.map((axis) => x.shape[axis]!);
  const { info, out } = allocateLike(backend, x, shape);
  copyBox(
    words(backend, x),
    out,
    0,
    shape,
    perm.map((axis) => strides[axis]!),
  );
  return info;
};

function sliceOf(backend: TensorBackend, x: TensorInfo, begin: readonly number[], size: readonly number[]): TensorInfo {
  const strides = stridesOf(x.shape);
  const { info, out } = allocateLike(backend, x, size);
  const start = begin.reduce((sum, b, k) => sum + b * strides[k]!, 0);
  copyBox(words(backend, x), out, start, size, strides);
  return info;
}

const slice: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { x } = inputs as { x: TensorInfo };
  const [from, sizes] = [[attrs.begin].flat() as number[], [attrs.size].flat() as number[]];
  const begin = x.shape.map((_, k) => from[k] ?? 0);
  const size = x.shape.map((length, k) => (sizes[k] === undefined || sizes[k] === -1 ? length - begin[k]! : sizes[k]));
  const inside = x.shape.every((length, k) => begin[k]! >= 0 && begin[k]! + size[k]! <= length);
  if (!movable(x) || !inside) return fallback(); // which says what is wrong
  return sliceOf(backend, x, begin, size);
};

const splitV: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { x } = inputs as { x: TensorInfo };
  const { numOrSizeSplits, axis } = attrs as { numOrSizeSplits: number | number[]; axis: number };
  const along = positive(axis, x.shape.length);
  const length = x.shape[along]!;
  const parts =
    typeof numOrSizeSplits === "number"
      ? Array.from({ length: numOrSizeSplits }, () => length / numOrSizeSplits)
      : numOrSizeSplits;
  if (!movable(x) || parts.includes(-1) || parts.some((part) => !Number.isInteger(part))) return fallback();
  let start = 0;
  return parts.map((part) => {
    const begin = x.shape.map((_, k) => (k === along ? start : 0));
    start += part;
    return sliceOf(
      backend,
      x,
      begin,
      x.shape.map((all, k) => (k === along ? part : all)),
    );
  });
};

const concat: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const parts = Object.values(inputs);
  const first = parts[0]!;
  const along = positive((attrs as { axis: number }).axis, first.shape.length);
  if (parts.length === 1 || !parts.every((part) => movable(part) && part.dtype === first.dtype)) return fallback();
  const total = parts.reduce((sum, { shape }) => sum + shape[along]!, 0);
  const shape = first.shape.map((length, k) => (k === along ? total : length));
  const { info, out } = allocateLike(backend, first, shape);
  const width = sizeOf(shape.slice(along));
  let offset = 0;
  for (const part of parts) {
    const [x, run] = [words(backend, part), sizeOf(part.shape.slice(along))];
    for (let at = offset, from = 0; from < x.length; at += width, from += run) copyWords(x, from, out, at, run);
    offset += run;
  }
  return info;
};

/** Rows by number: axis 0, no batch axes. */
const gather: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
  const { axis, batchDims } = attrs as { axis: number; batchDims?: number };
  if (!movable(x) || axis !== 0 || batchDims || indices.dtype !== "int32") return fallback();
  const rows = backend.ints(indices);
  const count = x.shape[0]!;
  const run = sizeOf(x.shape.slice(1));
  if (!rows.every((row) => row >= 0 && row < count)) return fallback(); // which says what is wrong
  const { info, out } = allocateLike(backend, x, [...indices.shape, ...x.shape.slice(1)]);
  const from = words(backend, x);
  for (let i = 0; i < rows.length; i++) copyWords(from, rows[i]! * run, out, i * run, run);
  return info;
};

/** The gradient of gather: adds each row of x to the row of the result that its number names; −1 to none. */
const unsortedSegmentSum: Kernel = ({ backend, inputs, attrs, fallback }: KernelCall) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as { numSegments: number };
  if (!isFloat(x) || segmentIds.shape.length !== 1) return fallback();
  const shape = [numSegments, ...x.shape.slice(1)];
  const info = backend.allocate(shape);
  const [values, out, ids] = [backend.floats(x), backend.floats(info), backend.ints(segmentIds)];
  const run = sizeOf(x.shape.slice(1));
  out.fill(0);
  for (let i = 0; i < ids.length; i++) {
    const [at, from] = [ids[i]! * run, i * run];
    if (at < 0 || at >= out.length) continue;
    for (let j = 0; j < run; j++) out[at + j]! += values[from + j]!;
  }
  return info;
};

export const moveKernels: Kernels = {
  Transpose: transpose,
  Slice: slice,
  SplitV: splitV,
  Concat: concat,
  GatherV2: gather,
  UnsortedSegmentSum: unsortedSegmentSum,
};
