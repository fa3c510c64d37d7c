/** Missing numbers from the patients that are nearest in what both have. */
import { z } from "zod";
import type { Frame } from "../../core/dataset.ts";
import { ONNX_TYPES, type OnnxBuilder, type OnnxFrame, type OnnxValue } from "../../core/onnx.ts";
import { createRng } from "../../core/rng.ts";
import { isNumbers } from "../_columns.ts";
import { doubles, gatherNumbers, pickColumns, whole } from "../_onnx.ts";

export const Neighbours = z.object({
  k: z.int(),
  /** Columns that distances are measured in. */
  names: z.array(z.string()),
  /** [names] 1 for columns that are filled */
  filled: z.instanceof(Uint8Array),
  /** [names] for a patient that has nothing in common with any who has the column */
  means: z.instanceof(Float64Array),
  count: z.int(),
  /** [names × count] */
  donors: z.instanceof(Float64Array),
});
export type Neighbours = z.infer<typeof Neighbours>;

/**
 * Keeps the training rows that missing values are taken from.
 * @param most more rows than this are drawn down to it
 * @param means by name, of the columns to fill, over all training rows
 */
export function neighboursOf(
  frame: Frame,
  { k, most, seed }: { readonly k: number; readonly most: number; readonly seed: number },
  means: ReadonlyMap<string, number>,
): Neighbours {
  const columns = frame.columns.filter(isNumbers);
  const all = Int32Array.from({ length: frame.rows }, (_, row) => row);
  const rows = all.length > most ? createRng(seed).shuffle(all).slice(0, most).sort() : all;
  const donors = new Float64Array(columns.length * rows.length);
  columns.forEach(({ values }, c) => {
    for (let i = 0; i < rows.length; i++) donors[c * rows.length + i] = values[rows[i]];
  });
  return {
    k,
    names: columns.map(({ name }) => name),
    filled: Uint8Array.from(columns, ({ name }) => Number(means.has(name))),
    means: Float64Array.from(columns, ({ name }) => means.get(name) ?? 0),
    count: rows.length,
    donors,
  };
}

/**
 * Missing values of the columns to fill, as scikit-learn's KNNImputer: the mean over the k nearest of those who have the
 * value, by the mean squared difference over the columns that both have; of equally near ones the first.
 * @returns by name, [rows] with the gaps filled
 */
export function filledByNeighbours(frame: Frame, state: Neighbours): ReadonlyMap<string, Float64Array> {
  const { names, filled, means, count, donors, k } = state;
  const byName = new Map(frame.columns.filter(isNumbers).map((column) => [column.name, column.values]));
  const columns = names.map((name) => byName.get(name) ?? new Float64Array(frame.rows).fill(Number.NaN));
  const donorsOf = names.map((_, c) => donors.subarray(c * count, (c + 1) * count));
  const made = new Map(
    names.flatMap((name, c) => (filled[c] === 1 ? [[name, Float64Array.from(columns[c])] as const] : [])),
  );
  const complete = donorsOf.map((values) => !values.some(Number.isNaN));
  const distances = new Float64Array(count);
  const common = new Int32Array(count);
  const nearest = new Int32Array(k);
  for (let row = 0; row < frame.rows; row++) {
    if (!columns.some((values, c) => filled[c] === 1 && Number.isNaN(values[row]))) continue;
    measure(columns, row, donorsOf, complete, distances, common);
    columns.forEach((values, c) => {
      if (filled[c] !== 1 || !Number.isNaN(values[row])) return;
      const found = findNearest(distances, donorsOf[c], nearest);
      let sum = 0;
      for (let i = 0; i < found; i++) sum += donorsOf[c][nearest[i]];
      made.get(names[c])![row] = found === 0 ? means[c] : sum / found;
    });
  }
  return made;
}

/** Mean squared differences to all donors over what both have; not finite where that is nothing. */
function measure(
  columns: readonly Float64Array[],
  row: number,
  donorsOf: readonly Float64Array[],
  complete: readonly boolean[],
  distances: Float64Array,
  common: Int32Array,
): void {
  distances.fill(0);
  common.fill(0);
  let always = 0;
  for (let c = 0; c < columns.length; c++) {
    const value = columns[c][row];
    if (Number.isNaN(value)) continue;
    const others = donorsOf[c];
    if (complete[c]) {
      addSquares(others, value, distances);
      always++;
      continue;
    }
    for (let i = 0; i < others.length; i++) {
      const difference = others[i] - value;
      if (Number.isNaN(difference)) continue;
      distances[i] += difference * difference;
      common[i]++;
    }
  }
  for (let i = 0; i < distances.length; i++) distances[i] /= common[i] + always;
}

/** The loop that nearly all of the time is spent in. */
function addSquares(others: Float64Array, value: number, distances: Float64Array): void {
  for (let i = 0; i < others.length; i++) {
    const difference = others[i] - value;
    distances[i] += difference * difference;
  }
}

/** Fills `nearest` with the nearest donors that have a value, the nearest first. @returns how many there are */
function findNearest(distances: Float64Array, values: Float64Array, nearest: Int32Array): number {
  let found = 0;
  for (let i = 0; i < distances.length; i++) {
    const distance = distances[i];
    if (!(distance < Number.POSITIVE_INFINITY) || Number.isNaN(values[i])) continue;
    if (found === nearest.length && !(distance < distances[nearest[found - 1]])) continue;
    let at = found < nearest.length ? found++ : found - 1;
    for (; at > 0 && distances[nearest[at - 1]] > distance; at--) nearest[at] = nearest[at - 1];
    nearest[at] = i;
  }
  return found;
}

/**
 * `filledByNeighbours` as nodes, with the same sums in the same order.
 * @returns double [rows, names] with the gaps of the filled columns filled
 */
export function filledByNeighboursInGraph(
  graph: OnnxBuilder,
  frame: OnnxFrame,
  { names, filled, means, count, donors, k }: Neighbours,
): OnnxValue {
  const zero = doubles(graph, [0]);
  const infinity = doubles(graph, [Number.POSITIVE_INFINITY]);
  const values = gatherNumbers(graph, frame, names);
  const columnOf = (c: number): OnnxValue => pickColumns(graph, values, [c], names.length);
  let sum = zero;
  let common = zero;
  names.forEach((_, c) => {
    const others = graph.constant({ dims: [1, count], data: donors.slice(c * count, (c + 1) * count) });
    const difference = graph.apply("Sub", [others, columnOf(c)]);
    const unknown = graph.apply("IsNaN", [difference]);
    const square = graph.apply("Mul", [difference, difference]);
    sum = graph.apply("Add", [sum, graph.apply("Where", [unknown, zero, square])]);
    const known = graph.apply("Cast", [graph.apply("Not", [unknown])], { to: ONNX_TYPES.double });
    common = graph.apply("Add", [common, known]);
  });
  const some = graph.apply("Greater", [common, zero]);
  const distances = graph.apply("Where", [some, graph.apply("Div", [sum, common]), infinity]);
  const made = names.map((_, c) => {
    const column = columnOf(c);
    if (filled[c] !== 1) return column;
    const having = [...Array(count).keys()].filter((i) => !Number.isNaN(donors[c * count + i]));
    const mean = doubles(graph, [means[c]]);
    let fill = mean;
    if (having.length > 0) {
      const near = graph.apply("Gather", [distances, whole(graph, having)], { axis: 1 });
      const top = [near, whole(graph, [Math.min(k, having.length)])];
      const how = { axis: 1, largest: 0, sorted: 1 };
      const indices = graph.apply("TopK", top, how, { outputs: 2, output: 1 });
      const close = graph.apply("GatherElements", [near, indices], { axis: 1 });
      const usable = graph.apply("Less", [close, infinity]);
      const given = doubles(
        graph,
        having.map((i) => donors[c * count + i]),
      );
      const taken = graph.apply("Where", [usable, graph.apply("Gather", [given, indices]), zero]);
      const total = graph.apply("ReduceSum", [taken, whole(graph, [1])]);
      const weight = graph.apply("Cast", [usable], { to: ONNX_TYPES.double });
      const found = graph.apply("ReduceSum", [weight, whole(graph, [1])]);
      const any = graph.apply("Greater", [found, zero]);
      fill = graph.apply("Where", [any, graph.apply("Div", [total, found]), mean]);
    }
    return graph.apply("Where", [graph.apply("IsNaN", [column]), fill, column]);
  });
  return graph.apply("Concat", made, { axis: 1 });
}
