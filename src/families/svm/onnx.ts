/** Support vector machines as nodes of an ONNX graph, in doubles. */
import { ONNX_TYPES, type OnnxBuilder, type OnnxTensor, type OnnxValue } from "../../core/onnx.ts";
import type { Basis } from "./basis.ts";
import { LEAST_PAIR } from "./coupling.ts";
import type { PairModel, RestModel } from "./model.ts";
import { LEAST_SHARE } from "./rest.ts";

export function restToOnnx(graph: OnnxBuilder, input: OnnxValue, model: RestModel): OnnxValue {
  const { basis, coefficients, intercepts, slopes, shifts } = model;
  const outputs = intercepts.length;
  const x = graph.apply("Cast", [input], { to: ONNX_TYPES.double });
  const product = graph.apply("MatMul", [
    basisToOnnx(graph, x, basis),
    doubles(graph, transpose(coefficients, outputs), [-1, outputs]),
  ]);
  const z = graph.apply("Add", [product, doubles(graph, intercepts)]);
  const scaled = graph.apply("Mul", [z, doubles(graph, minus(slopes))]);
  const sigmoid = graph.apply("Sigmoid", [graph.apply("Add", [scaled, doubles(graph, minus(shifts))])]);
  const shares = graph.apply("Add", [sigmoid, doubles(graph, [LEAST_SHARE])]);
  const proba =
    outputs === 1
      ? graph.apply("Concat", [graph.apply("Sub", [doubles(graph, [1]), shares]), shares], { axis: 1 })
      : graph.apply("Div", [shares, graph.apply("ReduceSum", [shares, axes(graph, 1)])]);
  return graph.apply("Cast", [proba], { to: ONNX_TYPES.float });
}

export function pairsToOnnx(graph: OnnxBuilder, input: OnnxValue, model: PairModel): OnnxValue {
  const { means, gamma, counts, alphas, rho, slopes, shifts } = model;
  const classes = counts.length;
  const x = graph.apply("Cast", [input], { to: ONNX_TYPES.double });
  const kernel = basisToOnnx(graph, x, { kind: "rbf", means, gamma, vectors: model.vectors });
  const parts: OnnxValue[] = [];
  let at = 0;
  counts.forEach((count, k) => {
    const own = slice(graph, kernel, 1, at, at + count);
    const weights = doubles(graph, alphas.subarray(at * classes, (at + count) * classes), [count, classes]);
    at += count;
    parts[k] = graph.apply("Unsqueeze", [graph.apply("MatMul", [own, weights]), axes(graph, 1)]);
  });
  const square = [classes, classes];
  const sums = graph.apply("Concat", parts, { axis: 1 });
  const others = graph.apply("Transpose", [sums], { perm: Int32Array.of(0, 2, 1) });
  const z = graph.apply("Sub", [graph.apply("Sub", [sums, others]), doubles(graph, rho, square)]);
  const scaled = graph.apply("Mul", [z, doubles(graph, minus(slopes), square)]);
  const sigmoid = graph.apply("Sigmoid", [graph.apply("Add", [scaled, doubles(graph, minus(shifts), square)])]);
  const pairs = graph.apply("Min", [
    graph.apply("Max", [sigmoid, doubles(graph, [LEAST_PAIR])]),
    doubles(graph, [1 - LEAST_PAIR]),
  ]);
  return graph.apply("Cast", [classes === 2 ? firstOfTwo(graph, pairs) : coupleToOnnx(graph, pairs, classes)], {
    to: ONNX_TYPES.float,
  });
}

/** [rows, 2] of the pair's probabilities: those of (0, 1) and (1, 0). */
function firstOfTwo(graph: OnnxBuilder, pairs: OnnxValue): OnnxValue {
  const first = graph.apply("Reshape", [slice(graph, slice(graph, pairs, 1, 0, 1), 2, 1, 2), whole(graph, [-1, 1])]);
  return graph.apply("Concat", [first, graph.apply("Sub", [doubles(graph, [1]), first])], { axis: 1 });
}

/** coupling.ts as a graph: its equations by Gauss and Jordan's elimination, a class after the other. */
function coupleToOnnx(graph: OnnxBuilder, pairs: OnnxValue, classes: number): OnnxValue {
  const square = [classes, classes];
  const diagonal = new Float64Array(classes * classes).map((_, at) => (at % (classes + 1) === 0 ? 1 : 0));
  const apart = doubles(
    graph,
    diagonal.map((value) => 1 - value),
    square,
  );
  const others = graph.apply("Transpose", [pairs], { perm: Int32Array.of(0, 2, 1) });
  const products = graph.apply("Mul", [graph.apply("Mul", [pairs, others]), apart]);
  const squares = graph.apply("Mul", [graph.apply("Mul", [others, others]), apart]);
  const sums = graph.apply("Mul", [
    graph.apply("ReduceSum", [squares, axes(graph, 2)]),
    doubles(graph, diagonal, square),
  ]);
  const matrix = graph.apply("Add", [graph.apply("Sub", [sums, products]), doubles(graph, [1])]);
  const right = graph.apply("Add", [
    graph.apply("Mul", [slice(graph, pairs, 2, 0, 1), doubles(graph, [0])]),
    doubles(graph, [1]),
  ]);
  let system = graph.apply("Concat", [matrix, right], { axis: 2 });
  for (let k = 0; k < classes; k++) {
    const row = slice(graph, system, 1, k, k + 1);
    const column = slice(graph, system, 2, k, k + 1);
    const pivot = slice(graph, row, 2, k, k + 1);
    // Row k is divided by its pivot, all others lose what they have in column k.
    const unit = doubles(graph, diagonal.subarray(k * classes, (k + 1) * classes), [classes, 1]);
    const factor = graph.apply("Div", [graph.apply("Sub", [column, unit]), pivot]);
    system = graph.apply("Sub", [system, graph.apply("Mul", [factor, row])]);
  }
  const solution = graph.apply("Reshape", [slice(graph, system, 2, classes, classes + 1), whole(graph, [-1, classes])]);
  const shares = graph.apply("Max", [solution, doubles(graph, [0])]);
  return graph.apply("Div", [shares, graph.apply("ReduceSum", [shares, axes(graph, 1)])]);
}

function basisToOnnx(graph: OnnxBuilder, x: OnnxValue, basis: Basis): OnnxValue {
  if (basis.kind === "columns") return x;
  const { means, vectors } = basis;
  const functions = vectors.length / means.length;
  const centred = graph.apply("Sub", [x, doubles(graph, means)]);
  const transposed = doubles(graph, transpose(vectors, functions), [means.length, functions]);
  const products = graph.apply("MatMul", [centred, transposed]);
  if (basis.kind === "cosine")
    return graph.apply("Cos", [graph.apply("Add", [products, doubles(graph, basis.phases)])]);
  const own = graph.apply("ReduceSumSquare", [centred, axes(graph, 1)]);
  const lengths = new Float64Array(functions);
  vectors.forEach((value, at) => {
    lengths[Math.floor(at / means.length)]! += value * value;
  });
  const twice = graph.apply("Mul", [products, doubles(graph, [2])]);
  const near = graph.apply("Sub", [graph.apply("Sub", [twice, own]), doubles(graph, lengths)]);
  const scaled = graph.apply("Mul", [near, doubles(graph, [basis.gamma])]);
  return graph.apply("Exp", [graph.apply("Min", [scaled, doubles(graph, [0])])]);
}

/** A constant in doubles, kept in single precision where it is; one dimension may be -1. */
function doubles(graph: OnnxBuilder, values: ArrayLike<number>, dims: readonly number[] = [values.length]): OnnxValue {
  const known = dims.reduce((product, dim) => (dim < 0 ? product : product * dim), 1);
  const shape = dims.map((dim) => (dim < 0 ? values.length / known : dim));
  if (!(values instanceof Float32Array)) return graph.constant({ dims: shape, data: Float64Array.from(values) });
  const single: OnnxTensor = { dims: shape, data: values };
  return graph.apply("Cast", [graph.constant(single)], { to: ONNX_TYPES.double });
}

function whole(graph: OnnxBuilder, values: readonly number[]): OnnxValue {
  return graph.constant({ dims: [values.length], data: BigInt64Array.from(values, BigInt) });
}

const axes = (graph: OnnxBuilder, axis: number): OnnxValue => whole(graph, [axis]);

function slice(graph: OnnxBuilder, value: OnnxValue, axis: number, from: number, to: number): OnnxValue {
  return graph.apply("Slice", [value, whole(graph, [from]), whole(graph, [to]), whole(graph, [axis])]);
}

function minus(values: Float64Array): Float64Array {
  return values.map((value) => -value);
}

/** [rows × cols] → [cols × rows] */
function transpose<T extends Float32Array | Float64Array>(values: T, rows: number): T {
  const cols = values.length / rows;
  const out = values.slice() as T;
  for (let at = 0; at < values.length; at++) out[(at % cols) * rows + Math.floor(at / cols)] = values[at]!;
  return out;
}
