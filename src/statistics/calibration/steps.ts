/** What is done to a model's probabilities after it has predicted: plain data, applied here and in ONNX graphs alike. */
import { ONNX_TYPES, type OnnxBuilder, type OnnxValue } from "../../core/onnx.ts";
import { type Curve, heightAt } from "./isotonic.ts";
import { scaleTemperature, TINY } from "./temperature.ts";

export type ProbaStep =
  | { readonly kind: "temperature"; readonly temperature: number }
  /** A curve a class, null where its probabilities stay; then rows are made to sum to 1 (rows of zeros: all alike). */
  | { readonly kind: "isotonic"; readonly curves: readonly (Curve | null)[] }
  /**
   * Of a model that cannot predict all classes, after what calibrates it: `codes` says which its own are, and each of `never` gets
   * `share` of every row.
   */
  | { readonly kind: "widen"; readonly codes: Int32Array; readonly never: Int32Array; readonly share: number }
  /** [classes] what probabilities are multiplied by, before rows are made to sum to 1 (Saerens et al. 2002) */
  | { readonly kind: "prior"; readonly factors: Float64Array };

/** [rows × classes] probabilities after the steps. */
export function applySteps(steps: readonly ProbaStep[], proba: Float32Array, classes: number): Float32Array {
  if (steps.length === 0) return proba;
  let values = Float64Array.from(proba);
  let width = widthBefore(steps, classes);
  for (const step of steps) {
    if (step.kind === "widen") {
      values = widened(values, step, classes);
      width = classes;
    } else if (step.kind === "temperature") scaleTemperature(values, width, step.temperature);
    else {
      for (let at = 0; at < values.length; at++) {
        const k = at % width;
        if (step.kind === "prior") values[at]! *= step.factors[k]!;
        else if (step.curves[k]) values[at] = heightAt(step.curves[k], values[at]!);
      }
    }
    normalise(values, width);
  }
  return Float32Array.from(values);
}

export type Widen = Extract<ProbaStep, { kind: "widen" }>;

/** Classes that a model has before the steps. */
const widthBefore = (steps: readonly ProbaStep[], classes: number): number =>
  steps.find((step) => step.kind === "widen")?.codes.length ?? classes;

/** [rows × codes] → [rows × classes] */
function widened(values: Float64Array, { codes, never, share }: Widen, classes: number): Float64Array<ArrayBuffer> {
  const rows = values.length / codes.length;
  const left = 1 - share * never.length;
  const all = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    codes.forEach((code, i) => {
      all[row * classes + code] = left * values[row * codes.length + i];
    });
    for (const code of never) all[row * classes + code] += share;
  }
  return all;
}

function normalise(values: Float64Array, classes: number): void {
  for (let at = 0; at < values.length; at += classes) {
    let sum = 0;
    for (let k = at; k < at + classes; k++) sum += values[k]!;
    for (let k = at; k < at + classes; k++) values[k] = sum > 0 ? values[k]! / sum : 1 / classes;
  }
}

/** `applySteps` in a graph: float [rows, classes] → float [rows, classes]. */
export function stepsOnnx(
  graph: OnnxBuilder,
  proba: OnnxValue,
  steps: readonly ProbaStep[],
  classes: number,
): OnnxValue {
  if (steps.length === 0) return proba;
  const double = (values: ArrayLike<number>, ...dims: number[]): OnnxValue =>
    graph.constant({ dims, data: Float64Array.from(values) });
  let width = widthBefore(steps, classes);
  const toOne = (value: OnnxValue): OnnxValue => {
    const sum = graph.apply("ReduceSum", [value, graph.constant({ dims: [1], data: BigInt64Array.of(1n) })]);
    const some = graph.apply("Greater", [sum, double([0], 1)]);
    const shares = graph.apply("Div", [value, graph.apply("Where", [some, sum, double([1], 1)])]);
    return graph.apply("Where", [some, shares, double([1 / width], 1)]);
  };
  /** Sum over the pieces: how far x is into each, from 0 to 1, times how much it rises. */
  const height = (x: OnnxValue, curve: Curve): OnnxValue => {
    const pieces = curve.x.length - 1;
    if (pieces === 0) return graph.apply("Add", [graph.apply("Mul", [x, double([0], 1)]), double(curve.y, 1)]);
    const widths = double(
      curve.x.subarray(1).map((to, i) => to - curve.x[i]!),
      pieces,
    );
    const rises = double(
      curve.y.subarray(1).map((to, i) => to - curve.y[i]!),
      pieces,
      1,
    );
    const into = graph.apply("Div", [graph.apply("Sub", [x, double(curve.x.subarray(0, pieces), pieces)]), widths]);
    const part = graph.apply("Clip", [
      into,
      graph.constant({ dims: [], data: Float64Array.of(0) }),
      graph.constant({ dims: [], data: Float64Array.of(1) }),
    ]);
    return graph.apply("Add", [graph.apply("MatMul", [part, rises]), double([curve.y[0]!], 1)]);
  };
  let value = graph.apply("Cast", [proba], { to: ONNX_TYPES.double });
  for (const step of steps) {
    if (step.kind === "widen") {
      const { codes, never, share } = step;
      const links = new Float64Array(codes.length * classes);
      codes.forEach((code, i) => {
        links[i * classes + code] = 1 - share * never.length;
      });
      const shares = new Float64Array(classes);
      for (const code of never) shares[code] = share;
      const all = graph.apply("MatMul", [value, double(links, codes.length, classes)]);
      value = graph.apply("Add", [all, double(shares, classes)]);
      width = classes;
    } else if (step.kind === "temperature") {
      const logits = graph.apply("Log", [graph.apply("Add", [value, double([TINY], 1)])]);
      value = graph.apply("Softmax", [graph.apply("Div", [logits, double([step.temperature], 1)])], { axis: 1 });
    } else if (step.kind === "prior") {
      value = toOne(graph.apply("Mul", [value, double(step.factors, classes)]));
    } else {
      const columns = step.curves.map((curve, k) => {
        const index = graph.constant({ dims: [1], data: BigInt64Array.of(BigInt(k)) });
        const own = graph.apply("Gather", [value, index], { axis: 1 });
        return curve ? height(own, curve) : own;
      });
      value = toOne(graph.apply("Concat", columns, { axis: 1 }));
    }
  }
  return graph.apply("Cast", [value], { to: ONNX_TYPES.float });
}
