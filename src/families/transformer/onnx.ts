/** The network as nodes of a graph, with the tokens of all rows padded to the longest. */
import { ONNX_TYPES, type OnnxBuilder, type OnnxValue } from "../../core/onnx.ts";
import { type Operations, parametersOf, scores } from "./network.ts";
import type { Trained } from "./predict.ts";

/** Float [rows, columns] → float [rows, classes]. */
export function networkToOnnx(graph: OnnxBuilder, trained: Trained, x: OnnxValue): OnnxValue {
  const logits = scores(operations(graph, trained, x), trained.shape.layers);
  const axis = graph.constant({ dims: [1], data: BigInt64Array.of(1n) });
  return graph.apply("Softmax", [graph.apply("Squeeze", [logits, axis])], { axis: 1 });
}

const ABSENT = -1e9;

function operations(graph: OnnxBuilder, { shape, plan, parameters }: Trained, x: OnnxValue): Operations<OnnxValue> {
  const { dim, heads, columns } = shape;
  const { threshold, centre, factor, slope, indicator } = plan;
  const { apply } = graph;
  const floats = (data: Float32Array, ...dims: number[]): OnnxValue => graph.constant({ dims, data });
  const ints = (...values: number[]): OnnxValue =>
    graph.constant({ dims: [values.length], data: BigInt64Array.from(values, BigInt) });
  const flags = (data: Uint8Array): OnnxValue => graph.constant({ dims: [data.length], data });
  const float = (value: number): OnnxValue => floats(Float32Array.of(value), 1);
  const scalar = (value: number): OnnxValue => floats(Float32Array.of(value));
  const ones = floats(new Float32Array(dim).fill(1), dim);
  const dims = new Map(parametersOf(shape).map((parameter) => [parameter.name, [...parameter.dims]]));
  const parameter = (name: string): OnnxValue => floats(parameters[name]!, ...dims.get(name)!);

  const missing = apply("IsNaN", [x]);
  const centred = apply("Mul", [apply("Sub", [x, floats(centre, columns)]), floats(factor, columns)]);
  const scaled = apply("Where", [missing, float(0), centred]);

  // [rows, columns] whether a column is a token
  const yes = apply("Greater", [x, floats(threshold, columns)]);
  const marker = ints(...Array.from(indicator, (j) => Math.max(0, j)));
  const marked = apply("And", [
    apply("Gather", [yes, marker], { axis: 1 }),
    flags(Uint8Array.from(indicator, (j) => Number(j >= 0))),
  ]);
  const measured = apply("And", [
    apply("Not", [apply("Or", [missing, marked])]),
    flags(Uint8Array.from(slope, (row) => Number(row >= 0))),
  ]);
  const present = apply("Cast", [apply("Or", [yes, measured])], { to: ONNX_TYPES.float });

  // [rows, longest] the tokens of each row first, as rows of the table; the patient's own stands before all.
  const before = ints(0, 1, 0, 0);
  const counts = apply("ReduceSum", [present, ints(1)], { keepdims: 0 });
  const most = apply("ReduceMax", [apply("Concat", [counts, float(0)], { axis: 0 })], { keepdims: 1 });
  const rank = apply("Pad", [present, before, scalar(2)]);
  const longest = apply("Cast", [apply("Add", [most, float(1)])], { to: ONNX_TYPES.int64 });
  const places = apply("TopK", [rank, longest], { axis: 1 }, { outputs: 2, output: 1 });
  const there = apply("Greater", [apply("GatherElements", [rank, places], { axis: 1 }), float(0)]);
  const mask = apply("Unsqueeze", [apply("Where", [there, float(0), float(ABSENT)]), ints(1, 2)]);

  /** [rows, tokens, width] → [rows, heads, tokens, width / heads] */
  const split = (value: OnnxValue, perm: readonly number[]): OnnxValue => {
    const parts = apply("Reshape", [value, ints(0, 0, heads, dim / heads)]);
    return apply("Transpose", [parts], { perm: Int32Array.from(perm) });
  };
  const product = (value: OnnxValue, name: string): OnnxValue => apply("MatMul", [value, parameter(name)]);
  const shift = (value: OnnxValue, name: string): OnnxValue => apply("Add", [value, parameter(`${name}.shift`)]);
  return {
    tokens() {
      const table = parameters.table!;
      const base = floats(table.slice(0, (1 + columns) * dim), 1 + columns, dim);
      const slopes = new Float32Array((1 + columns) * dim);
      slope.forEach((row, j) => {
        if (row >= 0) slopes.set(table.subarray(row * dim, (row + 1) * dim), (1 + j) * dim);
      });
      const values = apply("GatherElements", [apply("Pad", [scaled, before, scalar(0)]), places], { axis: 1 });
      const tilt = apply("Gather", [floats(slopes, 1 + columns, dim), places]);
      const moved = apply("Mul", [tilt, apply("Unsqueeze", [values, ints(2)])]);
      return apply("Add", [apply("Gather", [base, places]), moved]);
    },
    linear: (name) => apply("Unsqueeze", [shift(product(scaled, name), name), ints(1)]),
    first: (all) => apply("Slice", [all, ints(0), ints(1), ints(1)]), // [rows, 1, dim]
    product,
    hidden: (value, name) => apply("Relu", [shift(product(value, name), name)]),
    norm: (value) => apply("LayerNormalization", [value, ones]), // its epsilon is ours when none is given
    attention(query, keyValue) {
      const part = (k: number): OnnxValue => apply("Slice", [keyValue, ints(k * dim), ints((k + 1) * dim), ints(2)]);
      const raw = apply("MatMul", [split(query, [0, 2, 1, 3]), split(part(0), [0, 2, 3, 1])]);
      const alpha = float(1 / Math.sqrt(dim / heads));
      const weights = apply("Softmax", [apply("Add", [apply("Mul", [raw, alpha]), mask])]);
      const mixed = apply("MatMul", [weights, split(part(1), [0, 2, 1, 3])]);
      const merged = apply("Transpose", [mixed], { perm: Int32Array.of(0, 2, 1, 3) });
      return apply("Reshape", [merged, ints(0, 0, dim)]);
    },
    add: (a, b) => apply("Add", [a, b]),
  };
}
