import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { Background, Contributions, Family, FitContext, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import type { OnnxBuilder, OnnxValue } from "../core/onnx.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { createPacer } from "./_boosting.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { columnMoments, meanAbsolute } from "./linear/columns.ts";
import { linearContributions } from "./linear/contributions.ts";
import { approximate } from "./svm/approximate.ts";
import { vectorsOf } from "./svm/kernel.ts";
import { type PairModel, predictPairs, predictRest, type RestModel } from "./svm/model.ts";
import { pairsToOnnx, restToOnnx } from "./svm/onnx.ts";
import { fitPairs } from "./svm/pairs.ts";
import { fitRest } from "./svm/rest.ts";

const params = z.strictObject({
  kernel: z.enum(["rbf", "linear"]).default("rbf").describe("rbf: Gaussian functions of distance; linear: planes"),
  C: z.number().gt(0).default(1).describe("Cost of errors: smaller is smoother"),
  gamma: z
    .union([z.enum(["scale", "auto"]), z.number().gt(0)])
    .default("scale")
    .describe("Sharpness of rbf: scale is 1 / (columns × variance of all cells), auto 1 / columns"),
  tol: z.number().gt(0).default(1e-3).describe("Stops when the conditions of the optimum are violated by no more"),
  max_iter: z.int().min(1).default(1000).describe("Most iterations of the linear machines' L-BFGS"),
  approximation: z
    .enum(["auto", "exact", "nystroem", "fourier"])
    .default("auto")
    .describe("How rbf is computed; auto: exactly up to max_rows training rows, by nystroem beyond"),
  max_rows: z.int().min(1).default(20_000).describe("Most training rows of an exact rbf"),
  components: z.int().min(1).max(10_000).default(500).describe("Landmarks of nystroem, or directions of fourier"),
});
type Params = z.infer<typeof params>;

interface State {
  readonly columns: readonly string[];
  readonly machines: RestModel | PairModel;
}

/** An ONNX file of more support vectors than these would be larger than 64 MB. */
const MOST_CELLS = 2 ** 24;
/** Cells of the approximation's features; beyond, there are fewer components. */
const FEATURE_CELLS = 2 ** 28;

/**
 * Support vector machines with probabilities.
 * - linear: LIBLINEAR's squared hinge, one class against the rest, as scikit-learn's LinearSVC in CalibratedClassifierCV(cv=3,
 *   ensemble=False): Platt's sigmoids on held-out decision values, their shares of the sum
 * - rbf, exact: libsvm's C-SVC, a machine a pair of classes, as scikit-learn's SVC(probability=True): Platt's sigmoids on decision
 *   values of five folds, and pairwise coupling
 * - rbf, approximated: linear machines on Nyström's or Fourier features
 * Row weights multiply C, and count in the sigmoids too, so that class weights reach the probabilities.
 */
export const family: Family<Params> = {
  id: "svm",
  title: "Support vector machine",
  description: "Support vector machines, linear or RBF, with calibrated probabilities",
  params,
  engines: ["openblas"],
  acceptsMissing: false,
  async fit(context) {
    checkContext(context, family);
    const blas = await loadOpenblas();
    blas.setThreads(context.threads);
    const method = methodOf(context);
    const { machines, notices } =
      method === "exact" ? await fitExact(blas, context) : await fitLinear(blas, context, method);
    return model(blas, { columns: context.train.x.names, machines }, [...notices, ...singles(context)]);
  },
  async load(files) {
    return model(await loadOpenblas(), unpack(fileOf(files, "model.bin")) as State);
  },
};

type Method = "columns" | "exact" | "nystroem" | "fourier";

/** @throws UserError when exact is asked for with too many rows */
function methodOf({ params, train }: FitContext<Params>): Method {
  const { kernel, approximation, max_rows } = params;
  if (kernel === "linear") return "columns";
  if (approximation === "auto") return train.x.rows <= max_rows ? "exact" : "nystroem";
  if (approximation === "exact" && train.x.rows > max_rows) {
    throw new UserError(`an exact RBF support vector machine of ${train.x.rows} rows takes too long`, {
      where: `approximation: exact, max_rows: ${max_rows}`,
      fix: ["Set approximation to auto, nystroem or fourier, or kernel to linear.", "Or raise max_rows and wait."],
    });
  }
  return approximation;
}

interface Fitted<M> {
  readonly machines: M;
  readonly notices: readonly string[];
}

async function fitLinear(
  blas: Openblas,
  context: FitContext<Params>,
  method: Exclude<Method, "exact">,
): Promise<Fitted<RestModel>> {
  const { train, classes, params, seed, signal } = context;
  const { C, tol, max_iter } = params;
  const pace = createPacer(signal);
  const notices: string[] = [];
  const trainOn = (x: typeof train.x) =>
    fitRest({ blas, train: { ...train, x }, classes, C, tol, maxIterations: max_iter, pace }, seed);
  const late = `did not converge in ${max_iter} iterations: raise max_iter or tol, or scale the columns`;
  if (method === "columns") {
    const { converged, ...machines } = await trainOn(train.x);
    return { machines: { kind: "rest", basis: { kind: "columns" }, ...machines }, notices: converged ? [] : [late] };
  }
  const { rows } = train.x;
  const most = Math.max(32, Math.floor(FEATURE_CELLS / rows));
  const components = Math.min(params.components, most, method === "nystroem" ? rows : most);
  const { means } = columnMoments(train, true);
  const options = { method, components, gamma: gammaOf(context), means, seed, pace };
  const { basis, features, decode } = await approximate(blas, train, options);
  const size = features.length / rows;
  const { converged, coefficients, ...rest } = await trainOn({ rows, cols: size, names: [], data: features });
  if (params.approximation === "auto") {
    notices.push(
      `${rows} training rows are more than max_rows (${params.max_rows}): the RBF kernel is approximated (nystroem, ${components} components)`,
    );
  }
  if (components < params.components) {
    const why = components === rows ? "there are no more rows" : "that is what 1 GB of features allows";
    notices.push(`${components} components instead of ${params.components}: ${why}`);
  }
  if (!converged) notices.push(late);
  return { machines: { kind: "rest", basis, coefficients: decode(coefficients), ...rest }, notices };
}

async function fitExact(blas: Openblas, context: FitContext<Params>): Promise<Fitted<PairModel>> {
  const { train, classes, params, seed, signal } = context;
  const { x, y, weights } = train;
  const { means } = columnMoments(train, true);
  const gamma = gammaOf(context);
  const counts = new Int32Array(classes);
  for (const k of y) counts[k]!++;
  const starts = new Int32Array(classes + 1);
  counts.forEach((count, k) => {
    starts[k + 1] = starts[k]! + count;
  });
  const next = starts.slice();
  const order = new Int32Array(x.rows);
  y.forEach((k, row) => {
    order[next[k]!++] = row;
  });
  const data = new Float32Array(x.rows * x.cols);
  order.forEach((row, i) => {
    for (let j = 0; j < x.cols; j++) data[i * x.cols + j] = x.data[row * x.cols + j]! - means[j]!;
  });
  const { alphas, converged, ...pairs } = await fitPairs({
    blas,
    x: vectorsOf(data, x.cols),
    starts,
    bounds: Float64Array.from(order, (row) => params.C * (weights?.[row] ?? 1)),
    weights: weights && Float32Array.from(order, (row) => weights[row]!),
    gamma,
    tol: params.tol,
    seed,
    pace: createPacer(signal),
  });
  const support = Array.from(order.keys()).filter((i) =>
    alphas.subarray(i * classes, (i + 1) * classes).some((alpha) => alpha !== 0),
  );
  const supportCounts = new Int32Array(classes);
  for (const i of support) supportCounts[y[order[i]!]!]!++;
  const pick = (values: Float32Array, width: number): Float32Array => {
    const out = new Float32Array(support.length * width);
    support.forEach((i, s) => {
      out.set(values.subarray(i * width, (i + 1) * width), s * width);
    });
    return out;
  };
  return {
    machines: {
      kind: "pairs",
      gamma,
      means,
      vectors: pick(data, x.cols),
      counts: supportCounts,
      alphas: pick(alphas, classes),
      ...pairs,
    },
    notices: converged ? [] : ["did not converge: raise tol, lower C, or scale the columns"],
  };
}

/** As scikit-learn's: 1 where all cells are equal. */
function gammaOf({ params, train }: FitContext<Params>): number {
  const { data, cols } = train.x;
  if (typeof params.gamma === "number") return params.gamma;
  if (params.gamma === "auto") return 1 / cols;
  const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
  const variance = data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length;
  return variance > 0 ? 1 / (cols * variance) : 1;
}

/** A notice for classes whose probabilities cannot be calibrated on rows held out. */
function singles({ train, classes }: FitContext<Params>): readonly string[] {
  const counts = new Int32Array(classes);
  for (const k of train.y) counts[k]!++;
  const alone = [...counts.keys()].filter((k) => counts[k] === 1);
  if (alone.length === 0) return [];
  const which = alone.length === 1 ? `class ${alone[0]} has` : `classes ${alone.join(", ")} have`;
  return [`${which} one training row: the probabilities are calibrated on that row as the machine knows it`];
}

function model(blas: Openblas, state: State, notices: readonly string[] = []): FittedModel {
  const { columns, machines } = state;
  return {
    predictProba(x) {
      checkColumns(x, columns);
      return machines.kind === "rest" ? predictRest(blas, machines, x) : predictPairs(blas, machines, x);
    },
    ...(machines.kind === "rest" || machines.vectors.length + machines.alphas.length <= MOST_CELLS
      ? {
          toOnnx: (graph: OnnxBuilder, x: OnnxValue) =>
            machines.kind === "rest" ? restToOnnx(graph, x, machines) : pairsToOnnx(graph, x, machines),
        }
      : {}),
    ...(machines.kind === "rest" && machines.basis.kind === "columns" && machines.intercepts.length === 1
      ? { contributions: (x: Matrix, background: Background) => sigmoidContributions(machines, x, background) }
      : {}),
    save: () => ({ "model.bin": pack(state) }),
    ...(machines.kind === "rest" && machines.basis.kind === "columns"
      ? { importances: meanAbsolute(machines.coefficients, columns.length) }
      : {}),
    notices,
    dispose() {},
  };
}

/** Of two classes: the log-odds are a sigmoid's argument, which is linear. Shares of several sigmoids are not. */
function sigmoidContributions(machines: RestModel, { data }: Matrix, background: Background): Contributions {
  const [slope, shift] = [machines.slopes[0]!, machines.shifts[0]!];
  const weights = machines.coefficients.map((weight) => -slope * weight);
  return linearContributions(data, background, weights, Float64Array.of(-slope * machines.intercepts[0]! - shift));
}
