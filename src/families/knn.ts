import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { ONNX_TYPES, type OnnxBuilder, type OnnxValue } from "../core/onnx.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { distancesOnnx, eachDistances, METRICS, type Points, preparePoints } from "./_distances.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";

const params = z.strictObject({
  k: z.int().min(1).default(5).describe("How many of the nearest training rows vote"),
  weights: z.enum(["uniform", "distance"]).default("uniform").describe("distance: votes weigh 1 / distance"),
  metric: z.enum(METRICS).default("euclidean").describe("What is near; scale the columns first"),
});
type Params = z.infer<typeof params>;

interface State {
  readonly columns: readonly string[];
  readonly classes: number;
  readonly params: Params;
  /** [rows × columns] the training rows themselves */
  readonly x: Float32Array;
  /** [rows] */
  readonly y: Int32Array;
  /** [rows] what a row's vote weighs */
  readonly weights: Float32Array;
}

/** An ONNX file holds the training rows as floats: 64 MB at most. */
const MOST_CELLS = 1 << 24;
/** Distances that differ by that share, or by rounding, are equal. */
const TIE = 8 * Number.EPSILON;

/**
 * k nearest neighbours, as scikit-learn's KNeighborsClassifier by brute force. Rows that are equally far as the k-th share the
 * places that are left: scikit-learn takes them as they stand in the file, and with yes/no columns there are many.
 * Rows at distance 0 (within rounding) outvote all others where votes weigh 1 / distance. The model holds all training rows.
 */
export const family: Family<Params> = {
  id: "knn",
  title: "Nearest neighbours",
  description: "The diseases of the most similar training patients, whom the model file holds",
  params,
  engines: ["openblas"],
  acceptsMissing: false,
  async fit(context) {
    checkContext(context, family);
    const { train, classes, params, threads } = context;
    const { rows, names, data } = train.x;
    if (params.k > rows) {
      throw new UserError(`knn: k is ${params.k}, but there are only ${rows} training rows`, {
        where: "k",
        fix: `Give k at most ${rows}; common values are 5 to 50.`,
      });
    }
    const blas = await loadOpenblas();
    blas.setThreads(threads);
    const weights = train.weights ?? new Float32Array(rows).fill(1);
    return model(blas, { columns: names, classes, params, x: data, y: train.y, weights });
  },
  async load(files) {
    return model(await loadOpenblas(), unpack(fileOf(files, "model.bin")) as State);
  },
};

function model(blas: Openblas, state: State): FittedModel {
  const { columns, classes, params, x: data, y } = state;
  const train = { rows: y.length, cols: columns.length, names: columns, data };
  const points = preparePoints(train, params.metric);
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const proba = new Float32Array(x.rows * classes);
      const votes = createVotes(state);
      eachDistances(blas, points, x, (row, distances, rounding) => {
        proba.set(votes(distances, rounding), row * classes);
      });
      return proba;
    },
    ...(data.length <= MOST_CELLS
      ? { toOnnx: (graph: OnnxBuilder, x: OnnxValue) => votesOnnx(graph, x, points, state) }
      : {}),
    save: () => ({ "model.bin": pack(state) }),
    dispose() {},
  };
}

/** Shares of the classes among the nearest of [rows] distances, squared ones for euclidean; the result is overwritten. */
function createVotes({ classes, params, y, weights }: State) {
  const { k, metric } = params;
  const nearest = new Float64Array(k);
  const candidates = new Int32Array(weights.length);
  const shares = new Float64Array(classes);
  return (distances: Float64Array, rounding: number): Float64Array => {
    let [kept, seen] = [0, 0];
    let limit = Number.POSITIVE_INFINITY;
    for (let i = 0; i < distances.length; i++) {
      const distance = distances[i]!;
      if (distance > limit) continue;
      candidates[seen++] = i;
      if (kept === k && distance >= nearest[k - 1]!) continue;
      let at = kept < k ? kept++ : k - 1;
      for (; at > 0 && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!;
      nearest[at] = distance;
      if (kept === k) limit = nearest[k - 1]! + toleranceOf(nearest[k - 1]!, rounding);
    }
    const last = nearest[k - 1]!;
    const tolerance = toleranceOf(last, rounding);
    let [nearer, tied] = [0, 0];
    for (const i of candidates.subarray(0, seen)) {
      if (distances[i]! < last - tolerance) nearer++;
      else if (distances[i]! <= limit) tied++;
    }
    const byDistance = params.weights === "distance";
    const same = byDistance && nearest[0] === 0;
    let total = 0;
    shares.fill(0);
    for (const i of candidates.subarray(0, seen)) {
      const distance = distances[i]!;
      if (distance > limit || (same && distance > 0)) continue;
      let vote = weights[i]!;
      if (distance >= last - tolerance) vote *= (k - nearer) / tied;
      if (byDistance && !same) vote /= metric === "euclidean" ? Math.sqrt(distance) : distance;
      shares[y[i]!]! += vote;
      total += vote;
    }
    for (let c = 0; c < classes; c++) shares[c]! /= total;
    return shares;
  };
}

/** What distances that are equal to `last` may differ by from it. */
const toleranceOf = (last: number, rounding: number): number => rounding + TIE * last;

/** The same votes in a graph. */
function votesOnnx(
  graph: OnnxBuilder,
  x: OnnxValue,
  points: Points,
  { classes, params, y, weights }: State,
): OnnxValue {
  const { k, metric } = params;
  const double = (value: number): OnnxValue => graph.constant({ dims: [1], data: Float64Array.of(value) });
  const whole = (value: number): OnnxValue => graph.constant({ dims: [1], data: BigInt64Array.of(BigInt(value)) });
  const toDouble = (value: OnnxValue): OnnxValue => graph.apply("Cast", [value], { to: ONNX_TYPES.double });
  const sum = (value: OnnxValue): OnnxValue => graph.apply("ReduceSum", [value, whole(1)]);
  const { distances, rounding } = distancesOnnx(graph, x, points);
  const nearest = graph.apply("TopK", [distances, whole(k)], { axis: 1, largest: 0, sorted: 1 }, { outputs: 2 });
  const last = graph.apply("Gather", [nearest, whole(k - 1)], { axis: 1 });
  const tolerance = graph.apply("Add", [rounding, graph.apply("Mul", [last, double(TIE)])]);
  const nearer = toDouble(graph.apply("Less", [distances, graph.apply("Sub", [last, tolerance])]));
  const within = toDouble(graph.apply("LessOrEqual", [distances, graph.apply("Add", [last, tolerance])]));
  const tied = graph.apply("Sub", [within, nearer]);
  const left = graph.apply("Div", [graph.apply("Sub", [double(k), sum(nearer)]), sum(tied)]);
  let votes = graph.apply("Add", [nearer, graph.apply("Mul", [tied, left])]);
  if (params.weights === "distance") {
    const same = graph.apply("Equal", [distances, double(0)]);
    const length = metric === "euclidean" ? graph.apply("Sqrt", [distances]) : distances;
    const inverse = graph.apply("Div", [votes, graph.apply("Where", [same, double(1), length])]);
    const equal = graph.apply("Mul", [votes, toDouble(same)]);
    const some = graph.apply("Greater", [sum(equal), double(0)]);
    votes = graph.apply("Where", [some, equal, inverse]);
  }
  const ballots = new Float64Array(y.length * classes);
  y.forEach((code, i) => {
    ballots[i * classes + code] = weights[i]!;
  });
  const shares = graph.apply("MatMul", [votes, graph.constant({ dims: [y.length, classes], data: ballots })]);
  return graph.apply("Cast", [graph.apply("Div", [shares, sum(shares)])], { to: ONNX_TYPES.float });
}
