import { ONNX_TYPES, type OnnxBuilder, type OnnxValue } from "../../core/onnx.ts";
import { type Parts, type State, UNKNOWN } from "./state.ts";

/** `predictProba` of a combined model as nodes of a graph: float [rows, columns] → float [rows, classes]. */
export function inGraph(graph: OnnxBuilder, x: OnnxValue, state: State, parts: Parts): OnnxValue {
  const { columns, classes, common, commonColumns, commonMissing, fills, shares, orphans, slotOf, ratios } = state;
  const floats = (data: Float32Array, ...dims: number[]): OnnxValue => graph.constant({ dims, data });
  const doubles = (data: Float64Array, ...dims: number[]): OnnxValue => graph.constant({ dims, data });
  const cast = (value: OnnxValue, to: keyof typeof ONNX_TYPES): OnnxValue =>
    graph.apply("Cast", [value], { to: ONNX_TYPES[to] });
  const pick = (value: OnnxValue, at: ArrayLike<number>): OnnxValue => {
    const data = BigInt64Array.from(Array.from(at, BigInt));
    return graph.apply("Gather", [value, graph.constant({ dims: [at.length], data })], { axis: 1 });
  };
  /** [rows, from.length] → [rows, classes] */
  const place = (value: OnnxValue, codes: Int32Array): OnnxValue => {
    const links = new Float32Array(codes.length * classes);
    codes.forEach((code, k) => {
      links[k * classes + code] = 1;
    });
    return graph.apply("MatMul", [value, floats(links, codes.length, classes)]);
  };
  const axis = graph.constant({ dims: [1], data: BigInt64Array.of(1n) });
  const filled = graph.apply("Where", [graph.apply("IsNaN", [x]), floats(fills, columns.length), x]);
  const one = floats(Float32Array.of(1), 1);
  // Ones of as many rows as there are, for classes that stand alone.
  const ones = (): OnnxValue =>
    graph.apply("Add", [graph.apply("Mul", [pick(filled, [0]), floats(Float32Array.of(0), 1)]), one]);
  const own =
    common.length === 0
      ? undefined
      : place(
          parts.common ? parts.common.toOnnx!(graph, pick(commonMissing ? x : filled, commonColumns)) : ones(),
          common,
        );
  if (orphans.length === 0) return own!;

  const slots = ratios.length / Math.max(1, orphans.length);
  const zero = floats(Float32Array.of(0), 1);
  const tempered = (): OnnxValue => {
    const links = new Float32Array(columns.length * slots);
    slotOf.forEach((slot, j) => {
      if (slot >= 0) links[j * slots + slot] = 1;
    });
    const flags = cast(graph.apply("Greater", [x, zero]), "float");
    const present = graph.apply("Greater", [
      graph.apply("MatMul", [flags, floats(links, columns.length, slots)]),
      zero,
    ]);
    const scaled = ratios.map((ratio) => ratio / shares.temperature);
    return graph.apply("MatMul", [cast(present, "double"), doubles(scaled, slots, orphans.length)]);
  };
  const noScores = doubles(new Float64Array(columns.length * orphans.length), columns.length, orphans.length);
  const scores = slots === 0 ? graph.apply("MatMul", [cast(filled, "double"), noScores]) : tempered();
  const rank = cast(orphanShares(), "float");
  if (!parts.gate) return rank;
  const sum = graph.apply("ReduceLogSumExp", [scores, axis], { keepdims: 1 });
  const evidence = graph.apply("Sub", [sum, doubles(Float64Array.of(Math.log(orphans.length)), 1)]);
  const inputs = [...(state.gateColumns.length > 0 ? [pick(filled, state.gateColumns)] : []), cast(evidence, "float")];
  const gate = parts.gate.toOnnx!(graph, graph.apply("Concat", inputs, { axis: 1 }));
  const orphan = pick(gate, [1]);
  const commonly = graph.apply("Mul", [own!, graph.apply("Sub", [one, orphan])]);
  return graph.apply("Add", [commonly, graph.apply("Mul", [rank, orphan])]);

  /** As in model.ts; double [rows, classes]. */
  function orphanShares(): OnnxValue {
    const number = (value: number): OnnxValue => doubles(Float64Array.of(value), 1);
    const links = (codes: Int32Array, rows: number): OnnxValue => {
      const all = new Float64Array(rows * classes);
      codes.forEach((code, k) => {
        all[(rows === 1 ? 0 : k) * classes + code] = 1;
      });
      return doubles(all, rows, classes);
    };
    const placed = (value: OnnxValue): OnnxValue => graph.apply("MatMul", [value, links(orphans, orphans.length)]);
    const { none, nonePart, unknown } = state;
    if (shares.none === undefined) return placed(graph.apply("Softmax", [scores], { axis: 1 }));
    const option = graph.apply("Mul", [cast(ones(), "double"), number(shares.none)]);
    const all = graph.apply("Softmax", [graph.apply("Concat", [scores, option], { axis: 1 })], { axis: 1 });
    const found = pick(all, orphans.keys().toArray());
    const left = pick(all, [orphans.length]);
    const spread = (value: OnnxValue, codes: Int32Array): OnnxValue => graph.apply("MatMul", [value, links(codes, 1)]);
    const ofNone = graph.apply("Mul", [left, number(nonePart)]);
    const best = graph.apply("Mul", [graph.apply("ReduceMax", [found, axis], { keepdims: 1 }), number(UNKNOWN)]);
    const count = number(Math.max(1, unknown.length));
    const each = graph.apply("Min", [graph.apply("Div", [graph.apply("Sub", [left, ofNone]), count]), best]);
    const rest = graph.apply("Mul", [each, number(unknown.length)]);
    const known = graph.apply("Sub", [graph.apply("Sub", [number(1), ofNone]), rest]);
    const total = graph.apply("ReduceSum", [found, axis], { keepdims: 1 });
    const own = placed(graph.apply("Mul", [graph.apply("Div", [found, total]), known]));
    const others = graph.apply("Add", [spread(each, unknown), spread(ofNone, Int32Array.from(none < 0 ? [] : [none]))]);
    return graph.apply("Add", [own, others]);
  }
}
