/** Operations element by element, with broadcasting. The loops are written out: a function per element is five times slower. */
import { expNegative } from "../../core/exp.ts";
import { isFloat, type Kernel, type KernelCall, type Kernels, sizeOf } from "./types.ts";

type BinaryOp = "Add" | "Sub" | "Multiply" | "RealDiv" | "Maximum" | "Minimum" | "SquaredDifference";

/** A run of `n` elements; a step of 0 repeats the first one. */
interface Run {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly out: Float32Array;
  readonly stepA: number;
  readonly stepB: number;
}

function runBinary(
  op: BinaryOp,
  { a, b, out, stepA, stepB }: Run,
  startA: number,
  startB: number,
  at: number,
  n: number,
) {
  let i = startA;
  let j = startB;
  const end = at + n;
  switch (op) {
    case "Add":
      for (let o = at; o < end; o++, i += stepA, j += stepB) out[o] = a[i]! + b[j]!;
      break;
    case "Sub":
      for (let o = at; o < end; o++, i += stepA, j += stepB) out[o] = a[i]! - b[j]!;
      break;
    case "Multiply":
      for (let o = at; o < end; o++, i += stepA, j += stepB) out[o] = a[i]! * b[j]!;
      break;
    case "RealDiv":
      for (let o = at; o < end; o++, i += stepA, j += stepB) out[o] = a[i]! / b[j]!;
      break;
    case "Maximum":
      for (let o = at; o < end; o++, i += stepA, j += stepB) out[o] = Math.max(a[i]!, b[j]!);
      break;
    case "Minimum":
      for (let o = at; o < end; o++, i += stepA, j += stepB) out[o] = Math.min(a[i]!, b[j]!);
      break;
    case "SquaredDifference":
      for (let o = at; o < end; o++, i += stepA, j += stepB) {
        const gap = a[i]! - b[j]!;
        out[o] = gap * gap;
      }
      break;
  }
}

/** One axis of a broadcast: its length, and how far each input moves along it (0: repeated). */
interface Axis {
  length: number;
  a: number;
  b: number;
}

/** Axes of the result from the outermost, neighbours that move alike joined; undefined when the shapes do not fit. */
function broadcastAxes(shapeA: readonly number[], shapeB: readonly number[]): { axes: Axis[]; shape: number[] } {
  const rank = Math.max(shapeA.length, shapeB.length);
  const axes: Axis[] = [];
  const shape: number[] = [];
  let [strideA, strideB] = [1, 1];
  for (let k = 1; k <= rank; k++) {
    const [da, db] = [shapeA[shapeA.length - k] ?? 1, shapeB[shapeB.length - k] ?? 1];
    const length = da === 1 ? db : da;
    shape.unshift(length);
    const axis = { length, a: da === 1 ? 0 : strideA, b: db === 1 ? 0 : strideB };
    strideA *= da;
    strideB *= db;
    if (length === 1) continue;
    const inner = axes[0];
    const joins = inner !== undefined && axis.a === inner.a * inner.length && axis.b === inner.b * inner.length;
    if (joins) inner.length *= length;
    else axes.unshift(axis);
  }
  if (axes.length === 0) axes.push({ length: 1, a: 0, b: 0 });
  return { axes, shape };
}

const binary =
  (op: BinaryOp): Kernel =>
  ({ backend, inputs, fallback }: KernelCall) => {
    const { a, b } = inputs as { a: KernelCall["inputs"][string]; b: KernelCall["inputs"][string] };
    if (!isFloat(a, b)) return fallback();
    const { axes, shape } = broadcastAxes(a.shape, b.shape);
    const info = backend.allocate(shape);
    const inner = axes.at(-1)!;
    const out = backend.floats(info);
    const run = { a: backend.floats(a), b: backend.floats(b), out, stepA: inner.a, stepB: inner.b };
    const outer = axes.slice(0, -1);
    const place = new Int32Array(outer.length);
    let [startA, startB] = [0, 0];
    for (let at = 0; at < out.length; at += inner.length) {
      runBinary(op, run, startA, startB, at, inner.length);
      for (let k = outer.length - 1; k >= 0; k--) {
        const axis = outer[k]!;
        startA += axis.a;
        startB += axis.b;
        if (++place[k]! < axis.length) break;
        place[k] = 0;
        startA -= axis.a * axis.length;
        startB -= axis.b * axis.length;
      }
    }
    return info;
  };

type UnaryOp =
  | "Relu"
  | "Exp"
  | "Log"
  | "Sqrt"
  | "Rsqrt"
  | "Square"
  | "Neg"
  | "Tanh"
  | "Sigmoid"
  | "Abs"
  | "Reciprocal"
  | "Step";

function runUnary(op: UnaryOp, x: Float32Array, out: Float32Array): void {
  const n = out.length;
  switch (op) {
    case "Relu":
      relu(x, out);
      break;
    case "Exp":
      for (let i = 0; i < n; i++) out[i] = Math.exp(x[i]!);
      break;
    case "Log":
      for (let i = 0; i < n; i++) out[i] = Math.log(x[i]!);
      break;
    case "Sqrt":
      for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i]!);
      break;
    case "Rsqrt":
      for (let i = 0; i < n; i++) out[i] = 1 / Math.sqrt(x[i]!);
      break;
    case "Square":
      for (let i = 0; i < n; i++) out[i] = x[i]! * x[i]!;
      break;
    case "Neg":
      for (let i = 0; i < n; i++) out[i] = -x[i]!;
      break;
    case "Tanh":
      for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i]!);
      break;
    case "Sigmoid":
      for (let i = 0; i < n; i++) out[i] = 1 / (1 + Math.exp(-x[i]!));
      break;
    case "Abs":
      for (let i = 0; i < n; i++) out[i] = Math.abs(x[i]!);
      break;
    case "Reciprocal":
      for (let i = 0; i < n; i++) out[i] = 1 / x[i]!;
      break;
    case "Step":
      for (let i = 0; i < n; i++) out[i] = x[i]! > 0 ? 1 : 0;
      break;
  }
}

/** max(x, 0) by the sign bit, since a branch on it cannot be predicted; NaN with its sign bit clear stays NaN. */
export function relu(x: Float32Array, out: Float32Array): void {
  const from = new Int32Array(x.buffer, x.byteOffset, x.length);
  const to = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < to.length; i++) {
    const bits = from[i]!;
    to[i] = bits & ~(bits >> 31);
  }
}

const unary =
  (op: UnaryOp): Kernel =>
  ({ backend, inputs, attrs, fallback }) => {
    const { x } = inputs as { x: KernelCall["inputs"][string] };
    if (!isFloat(x) || attrs.alpha) return fallback();
    const info = backend.allocate(x.shape);
    runUnary(op, backend.floats(x), backend.floats(info));
    return info;
  };

/** Softmax over the last axis. */
const softmax: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { logits } = inputs as { logits: KernelCall["inputs"][string] };
  const cols = logits.shape.at(-1) ?? 1;
  if (!isFloat(logits) || (attrs.dim !== -1 && attrs.dim !== logits.shape.length - 1)) return fallback();
  const info = backend.allocate(logits.shape);
  const [x, out] = [backend.floats(logits), backend.floats(info)];
  for (let at = 0; at < sizeOf(logits.shape); at += cols) softmaxRow(x, out, at, cols);
  return info;
};

/** Softmax of `cols` values from `at` on; `out` may be `x`. */
export function softmaxRow(x: Float32Array, out: Float32Array, at: number, cols: number): void {
  let highest = x[at]!;
  for (let j = at + 1; j < at + cols; j++) highest = x[j]! > highest ? x[j]! : highest;
  let total = 0;
  for (let j = at; j < at + cols; j++) {
    const e = expNegative(x[j]! - highest);
    out[j] = e;
    total += e;
  }
  const scale = 1 / total;
  for (let j = at; j < at + cols; j++) out[j]! *= scale;
}

const BINARY: readonly BinaryOp[] = ["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "SquaredDifference"];
const UNARY: readonly UnaryOp[] = [
  ...([
    "Relu",
    "Exp",
    "Log",
    "Sqrt",
    "Rsqrt",
    "Square",
    "Neg",
    "Tanh",
    "Sigmoid",
    "Abs",
    "Reciprocal",
    "Step",
  ] as const),
];

export const elementwiseKernels: Kernels = {
  ...Object.fromEntries(BINARY.map((op) => [op, binary(op)])),
  ...Object.fromEntries(UNARY.map((op) => [op, unary(op)])),
  Softmax: softmax,
};
