import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import type { OnnxBuilder, OnnxValue } from "../core/onnx.ts";
import { createPacer } from "./_boosting.ts";
import { checkFinite, fileOf } from "./_shared.ts";
import { greedyWeights } from "./ensemble/greedy.ts";
import { familyOf, LEAST, type Members, membersOf, ranked } from "./ensemble/members.ts";
import { fitStack, type Stack, stackProba } from "./ensemble/stack.ts";

const params = z.strictObject({
  method: z
    .enum(["greedy", "vote", "stack"])
    .default("greedy")
    .describe(
      "vote: mean probability; greedy: forward selection with replacement; stack: weights learned on log-probabilities",
    ),
  members: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "The best trial of each of these families takes part; none named: all trials (the best `size` in vote and stack)",
    ),
  size: z.int().min(1).max(1000).default(5).describe("Members of vote and stack where no families are named"),
  rounds: z.int().min(1).max(1000).default(25).describe("Most rounds of greedy"),
  C: z.number().gt(0).default(1).describe("Inverse strength of stack's penalty: smaller is nearer to the plain mean"),
});

interface State {
  readonly classes: number;
  /** Columns of the members that are used, in their order: MEMBER=CODE. */
  readonly columns: readonly string[];
  /** [members] weights of their probabilities, or with intercepts of their log-probabilities */
  readonly weights: Float64Array;
  /** [classes]; absent: a weighted mean of probabilities */
  readonly intercepts?: Float64Array;
}

/**
 * Combines the probabilities of other trials, of patients whom these have not learned from. Members are judged by their log loss
 * on these patients, who may lack a class.
 */
export const family: Family<z.infer<typeof params>> = {
  id: "ensemble",
  title: "Ensemble",
  description:
    "Soft voting, greedy selection or stacking over the other trials of the sweep, which are not trained again",
  params,
  engines: [],
  acceptsMissing: false,
  input: "members",
  async fit({ train, classes, params: { method, members: asked, size, rounds, C }, signal }) {
    signal.throwIfAborted();
    checkFinite(train.x, family, "training");
    const all = membersOf(train.x, classes);
    const order = ranked(all, train.y);
    const best = asked.length > 0 ? bestOf(asked, all, order) : method === "greedy" ? order : order.slice(0, size);
    const chosen = [...best].sort((a, b) => a - b);
    const few = only(all, chosen);
    const pace = createPacer(signal);
    if (method === "stack") return model(stateOf(train.x, chosen, classes, await fitStack(few, train.y, C, pace)));
    const weights = method === "vote" ? chosen.map(() => 1 / chosen.length) : [...greedyWeights(few, train.y, rounds)];
    const used = weights.flatMap((weight, i) => (weight > 0 ? [i] : []));
    return model(
      stateOf(
        train.x,
        used.map((i) => chosen[i]!),
        classes,
        { weights: Float64Array.from(used, (i) => weights[i]!) },
      ),
    );
  },
  load: async (files) => model(unpack(fileOf(files, "model.bin")) as State),
};

const only = (members: Members, indices: readonly number[]): Members => ({
  ...members,
  names: indices.map((m) => members.names[m]!),
  proba: indices.map((m) => members.proba[m]!),
});

/** The best member of each family asked for. @throws UserError when a family has none */
function bestOf(asked: readonly string[], { names }: Members, order: readonly number[]): number[] {
  const found = [...new Set(asked)].map((id) => {
    const member = order.find((m) => familyOf(names[m]!) === id);
    if (member !== undefined) return member;
    throw new UserError(`members: no trial of the family "${id}" has finished`, {
      fix: `Families with finished trials: ${[...new Set(names.map(familyOf))].join(", ")}.`,
    });
  });
  return found;
}

function stateOf(
  x: Matrix,
  chosen: readonly number[],
  classes: number,
  fitted: Pick<State, "weights"> & Partial<Stack>,
): State {
  const columns = chosen.flatMap((m) => x.names.slice(m * classes, (m + 1) * classes));
  return { classes, columns, ...fitted };
}

function model(state: State): FittedModel {
  const { classes, columns, weights, intercepts } = state;
  return {
    uses: columns,
    predictProba(x) {
      const members = membersOf(pickColumns(x, columns), classes);
      checkFinite(x, family, "predicted");
      return intercepts ? stackProba(members, { weights, intercepts }) : meanProba(members, weights);
    },
    save: () => ({ "model.bin": pack(state) }),
    toOnnx: (graph, x) => onnx(graph, x, state),
    dispose() {},
  };
}

function meanProba({ proba, rows, classes }: Members, weights: Float64Array): Float32Array {
  const out = new Float32Array(rows * classes);
  for (let at = 0; at < out.length; at++) {
    let sum = 0;
    for (let m = 0; m < proba.length; m++) sum += weights[m]! * proba[m]![at]!;
    out[at] = sum;
  }
  return out;
}

/** These columns of a matrix. @throws UserError naming those that are not there */
function pickColumns(x: Matrix, columns: readonly string[]): Matrix {
  if (columns.length === x.cols && columns.every((name, j) => name === x.names[j])) return x;
  const at = columns.map((name) => x.names.indexOf(name));
  const missing = columns.filter((_, j) => at[j] === -1);
  if (missing.length > 0) {
    throw new UserError("the columns are not those of the training", {
      where: `missing: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", …" : ""}`,
      fix: "An ensemble predicts from the probabilities of its members.",
    });
  }
  const data = new Float32Array(x.rows * columns.length);
  for (let i = 0; i < x.rows; i++)
    at.forEach((from, j) => {
      data[i * columns.length + j] = x.data[i * x.cols + from]!;
    });
  return { rows: x.rows, cols: columns.length, names: columns, data };
}

/** float [rows, members × classes] → float [rows, classes] */
function onnx(graph: OnnxBuilder, x: OnnxValue, { classes, weights, intercepts }: State): OnnxValue {
  const shape = graph.constant({ dims: [3], data: BigInt64Array.of(-1n, BigInt(weights.length), BigInt(classes)) });
  const members = graph.apply("Reshape", [x, shape]);
  const factors = graph.constant({ dims: [weights.length, 1], data: Float32Array.from(weights) });
  const axis = graph.constant({ dims: [1], data: BigInt64Array.of(1n) });
  const sum = (values: OnnxValue): OnnxValue =>
    graph.apply("ReduceSum", [graph.apply("Mul", [values, factors]), axis], { keepdims: 0 });
  if (!intercepts) return sum(members);
  const least = graph.constant({ dims: [1], data: Float32Array.of(LEAST) });
  const pooled = sum(graph.apply("Log", [graph.apply("Max", [members, least])]));
  const biases = graph.constant({ dims: [classes], data: Float32Array.from(intercepts) });
  return graph.apply("Softmax", [graph.apply("Add", [pooled, biases])], { axis: 1 });
}
