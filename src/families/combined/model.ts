/** The fitted model: a table for common classes, scores for orphan ones, and what tells the two apart. Needs no knowledge any more. */
import type { Matrix } from "../../core/dataset.ts";
import type { FittedModel, Importances } from "../../core/family.ts";
import { ONNX_TYPES, type OnnxBuilder, type OnnxValue } from "../../core/onnx.ts";
import { checkColumns } from "../_shared.ts";
import { presentTerms } from "./knowledge.ts";
import { logSum, type SharesOf, sharesOf } from "./shares.ts";

export interface State {
  readonly columns: readonly string[];
  readonly classes: number;
  /** [columns] what stands for a missing value where a model understands none */
  readonly fills: Float32Array;
  /** Class codes, ascending, that the table's model tells apart; one alone needs none. */
  readonly common: Int32Array;
  /** Columns that it reads, and whether it understands missing values. */
  readonly commonColumns: Int32Array;
  readonly commonMissing: boolean;
  /** Class codes that are ranked, and that of "none of these" (-1: no such class). */
  readonly orphans: Int32Array;
  readonly none: number;
  readonly shares: SharesOf;
  /** [columns] place of the column's term in `ratios`, -1 where it is none */
  readonly slotOf: Int32Array;
  /** [terms × orphans] what a term that is present adds to a class's score */
  readonly ratios: Float64Array;
  /** Columns that tell common from orphan, beside how well the best orphan classes fit. */
  readonly gateColumns: Int32Array;
}

export interface Parts {
  /** Absent where there are fewer than two common classes. */
  readonly common?: FittedModel;
  /** Absent where there are no common classes, or no orphan ones. */
  readonly gate?: FittedModel;
}

export const EVIDENCE = "evidence for an orphan class";

/** Some columns of a matrix; missing values are filled where `fills` are given. */
export function pickColumns(x: Matrix, columns: Int32Array, fills?: Float32Array): Matrix {
  const cols = columns.length;
  const data = new Float32Array(x.rows * cols);
  for (let row = 0; row < x.rows; row++)
    columns.forEach((j, i) => {
      const value = x.data[row * x.cols + j];
      data[row * cols + i] = fills && Number.isNaN(value) ? fills[j] : value;
    });
  return { rows: x.rows, cols, names: Array.from(columns, (j) => x.names[j]), data };
}

/** [rows] scores [orphans] of what is present in each row */
export function scoresOf(
  { slotOf, ratios, orphans }: Pick<State, "slotOf" | "ratios" | "orphans">,
  x: Matrix,
): Float64Array[] {
  const terms = new Uint32Array(ratios.length / Math.max(1, orphans.length));
  return Array.from({ length: x.rows }, (_, row) => {
    const scores = new Float64Array(orphans.length);
    presentTerms({ slotOf, terms }, x, row).forEach((present, slot) => {
      if (present === 0) return;
      for (let k = 0; k < scores.length; k++) scores[k] += ratios[slot * scores.length + k];
    });
    return scores;
  });
}

/** How much likelier the mean orphan class makes a row's terms than the background does, as a logarithm. */
export function evidenceOf(scores: Float64Array, temperature: number): number {
  const finite = scores.reduce((n, score) => n + Number(score > Number.NEGATIVE_INFINITY), 0);
  return finite === 0 ? 0 : logSum(scores, temperature) - Math.log(finite);
}

/** What the gate reads: its columns, and the evidence last. */
export function gateMatrix(
  x: Matrix,
  { gateColumns, fills }: Pick<State, "gateColumns" | "fills">,
  evidence: Float64Array,
): Matrix {
  const own = pickColumns(x, gateColumns, fills);
  const cols = own.cols + 1;
  const data = new Float32Array(x.rows * cols);
  for (let row = 0; row < x.rows; row++) {
    data.set(own.data.subarray(row * own.cols, (row + 1) * own.cols), row * cols);
    data[row * cols + own.cols] = evidence[row];
  }
  return { rows: x.rows, cols, names: [...own.names, EVIDENCE], data };
}

/** The ranked classes in the order of their shares: "none of these" last. */
const rankedOf = ({ orphans, none }: State): Int32Array => Int32Array.from(none < 0 ? orphans : [...orphans, none]);

export function combinedModel(
  state: State,
  parts: Parts,
  rest: Pick<FittedModel, "save" | "notices" | "unpredictable"> & { readonly importances?: Importances },
): FittedModel {
  const { columns, classes, common, commonColumns, commonMissing, fills, shares } = state;
  const ranked = rankedOf(state);
  const canGraph =
    (parts.common === undefined || parts.common.toOnnx) && (parts.gate === undefined || parts.gate.toOnnx);
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const proba = new Float32Array(x.rows * classes);
      const scores = scoresOf(state, x);
      const evidence = Float64Array.from(scores, (own) => evidenceOf(own, shares.temperature));
      const gate = parts.gate?.predictProba(gateMatrix(x, state, evidence));
      const own = parts.common?.predictProba(pickColumns(x, commonColumns, commonMissing ? undefined : fills));
      for (let row = 0; row < x.rows; row++) {
        const orphan = gate ? gate[2 * row + 1] : common.length === 0 ? 1 : 0;
        common.forEach((code, k) => {
          proba[row * classes + code] = (1 - orphan) * (own ? own[row * common.length + k] : 1);
        });
        if (ranked.length === 0) continue;
        sharesOf(scores[row], shares).forEach((share, k) => {
          proba[row * classes + ranked[k]] = orphan * share;
        });
      }
      return proba;
    },
    ...(canGraph ? { toOnnx: (graph, x) => inGraph(graph, x, state, parts) } : {}),
    ...(parts.common?.rounds === undefined ? {} : { rounds: parts.common.rounds }),
    ...rest,
    dispose() {
      parts.common?.dispose();
      parts.gate?.dispose();
    },
  };
}

function inGraph(graph: OnnxBuilder, x: OnnxValue, state: State, parts: Parts): OnnxValue {
  const { columns, classes, common, commonColumns, commonMissing, fills, shares, orphans, none, slotOf, ratios } =
    state;
  const ranked = rankedOf(state);
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
  if (ranked.length === 0) return own!;

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
  const alone =
    none < 0
      ? scores
      : graph.apply(
          "Concat",
          [scores, graph.apply("Mul", [cast(ones(), "double"), doubles(Float64Array.of(shares.none!), 1)])],
          { axis: 1 },
        );
  const rank = place(cast(graph.apply("Softmax", [alone], { axis: 1 }), "float"), ranked);
  if (!parts.gate) return rank;
  const axes = graph.constant({ dims: [1], data: BigInt64Array.of(1n) });
  const sum = graph.apply("ReduceLogSumExp", [scores, axes], { keepdims: 1 });
  const evidence = graph.apply("Sub", [sum, doubles(Float64Array.of(Math.log(orphans.length)), 1)]);
  const inputs = [...(state.gateColumns.length > 0 ? [pick(filled, state.gateColumns)] : []), cast(evidence, "float")];
  const gate = parts.gate.toOnnx!(graph, graph.apply("Concat", inputs, { axis: 1 }));
  const orphan = pick(gate, [1]);
  const commonly = graph.apply("Mul", [own!, graph.apply("Sub", [one, orphan])]);
  return graph.apply("Add", [commonly, graph.apply("Mul", [rank, orphan])]);
}
