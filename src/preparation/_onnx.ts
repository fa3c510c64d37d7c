/** Preparation inside an ONNX graph: in doubles, as the steps compute, and in float only at the end. */
import type { ColumnKind } from "../core/dataset.ts";
import {
  ONNX_TYPES,
  type OnnxBuilder,
  type OnnxColumns,
  type OnnxFrame,
  type OnnxPort,
  type OnnxValue,
} from "../core/onnx.ts";
import type { Schema } from "./_schema.ts";

/** [values] */
export function doubles(graph: OnnxBuilder, values: readonly number[]): OnnxValue {
  return graph.constant({ dims: [values.length], data: Float64Array.from(values) });
}

/** [values] */
export function whole(graph: OnnxBuilder, values: readonly number[]): OnnxValue {
  return graph.constant({ dims: [values.length], data: BigInt64Array.from(values, BigInt) });
}

export function text(graph: OnnxBuilder, value: string): OnnxValue {
  return graph.constant({ dims: [1], data: [value] });
}

/** The columns with these indices, of a value [rows, width]. */
export function pickColumns(
  graph: OnnxBuilder,
  value: OnnxValue,
  indices: readonly number[],
  width: number,
): OnnxValue {
  return indices.length === width ? value : pick(graph, value, indices);
}

const pick = (graph: OnnxBuilder, value: OnnxValue, indices: readonly number[]): OnnxValue =>
  graph.apply("Gather", [value, whole(graph, indices)], { axis: 1 });

/**
 * The number columns with these names in this order, wherever they are: double [rows, names].
 * @throws Error when one is not there: a step's toOnnx and transform disagree
 */
export function gatherNumbers(graph: OnnxBuilder, frame: OnnxFrame, names: readonly string[]): OnnxValue {
  const parts = frame.filter((part) => part.kind === "numbers");
  const all = parts.flatMap(({ columns }) => columns.map(({ name }) => name));
  const at = names.map((name) => all.indexOf(name));
  if (at.includes(-1)) throw new Error(`columns in ONNX are ${all.join(", ")}`);
  const values = parts.map(({ value }) => value);
  const joined = values.length === 1 ? values[0] : graph.apply("Concat", values, { axis: 1 });
  return at.every((index, i) => index === i) ? pickColumns(graph, joined, at, all.length) : pick(graph, joined, at);
}

/** What joins the labels of a cell: the first that is in none of them. */
export function separatorOf(levels: readonly string[]): string {
  return ["|", ";", ","].find((mark) => !levels.some((level) => level.includes(mark))) ?? "\u001f";
}

/**
 * An input [rows] a raw column: double for numbers and booleans (0, 1), NaN where missing; string for categories and
 * for labels joined by a separator, "" where missing (a separator alone is a known empty list).
 */
export function onnxInputs(
  graph: OnnxBuilder,
  schema: Schema,
): { readonly inputs: OnnxPort[]; readonly frame: OnnxFrame } {
  const frame: OnnxColumns[] = [];
  let numbers: { name: string; kind: "numeric" | "boolean" }[] = [];
  const flush = (): void => {
    if (numbers.length === 0) return;
    const joined = graph.apply(
      "Concat",
      numbers.map(({ name }) => name),
      { axis: 0 },
    );
    const byColumn = graph.apply("Reshape", [joined, whole(graph, [numbers.length, -1])]);
    frame.push({
      kind: "numbers",
      columns: numbers,
      value: graph.apply("Transpose", [byColumn], { perm: Int32Array.of(1, 0) }),
    });
    numbers = [];
  };
  for (const { name, kind, levels } of schema) {
    if (kind === "numeric" || kind === "boolean") {
      numbers.push({ name, kind });
      continue;
    }
    flush();
    const value = graph.apply("Unsqueeze", [name, whole(graph, [1])]);
    const missing = graph.apply("Equal", [value, text(graph, "")]);
    if (kind === "categorical") frame.push({ kind, name, value, missing });
    else frame.push({ kind, name, separator: separatorOf(levels ?? []), value, missing });
  }
  flush();
  const inputs = schema.map(({ name, kind }): OnnxPort => {
    return { name, type: kind === "numeric" || kind === "boolean" ? "double" : "string", dims: ["rows"] };
  });
  return { inputs, frame };
}

/**
 * Which levels each row has: double [rows, outputs] of 0 and 1.
 * @param plan output of each level, -1 for none
 */
export function levelsPresent(
  graph: OnnxBuilder,
  part: Exclude<OnnxColumns, { kind: "numbers" }>,
  plan: { readonly levels: readonly string[]; readonly slots: Int32Array; readonly outputs: readonly string[] },
): OnnxValue {
  const width = plan.outputs.length;
  const used = plan.levels.flatMap((_, i) => (plan.slots[i] < 0 ? [] : [i]));
  const slotOf = (value: OnnxValue): OnnxValue =>
    graph.apply(
      "LabelEncoder",
      [value],
      {
        keys_strings: used.map((i) => plan.levels[i]),
        values_int64s: Int32Array.from(used, (i) => plan.slots[i]),
        default_int64: width,
      },
      { domain: "ai.onnx.ml" },
    );
  if (part.kind === "categorical") {
    const all = whole(
      graph,
      plan.outputs.map((_, slot) => slot),
    );
    return graph.apply("Cast", [graph.apply("Equal", [slotOf(part.value), all])], { to: ONNX_TYPES.double });
  }
  // Labels are [rows, 1, most labels of a row]; unknown ones and padding go to a column that is cut off.
  const labels = graph.apply("StringSplit", [part.value], { delimiter: part.separator }, { outputs: 2 });
  const slots = graph.apply("Squeeze", [slotOf(labels), whole(graph, [1])]);
  const rows = graph.apply("Shape", [part.value], { start: 0, end: 1 });
  const shape = graph.apply("Concat", [rows, whole(graph, [width + 1])], { axis: 0 });
  const none = graph.apply("Expand", [doubles(graph, [0]), shape]);
  const ones = graph.apply("Expand", [doubles(graph, [1]), graph.apply("Shape", [slots])]);
  const marked = graph.apply("ScatterElements", [none, slots, ones], { axis: 1, reduction: "max" });
  return graph.apply("Slice", [marked, whole(graph, [0]), whole(graph, [width]), whole(graph, [1])]);
}

/**
 * float [rows, columns] of columns that are all numbers.
 * @throws Error when they are not those of `output`: a step's toOnnx and transform disagree
 */
export function matrixOf(
  graph: OnnxBuilder,
  frame: OnnxFrame,
  output: readonly { readonly name: string; readonly kind: ColumnKind }[],
): OnnxValue {
  const names = frame.flatMap((part) => (part.kind === "numbers" ? part.columns.map(({ name }) => name) : [part.name]));
  if (names.join("\n") !== output.map(({ name }) => name).join("\n") || frame.some(({ kind }) => kind !== "numbers")) {
    throw new Error(`columns in ONNX are ${names.join(", ")}`);
  }
  const joined = graph.apply(
    "Concat",
    frame.map(({ value }) => value),
    { axis: 1 },
  );
  return graph.apply("Cast", [joined], { to: ONNX_TYPES.float });
}
