import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FitContext, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { ONNX_TYPES } from "../core/onnx.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { createPacer } from "./_boosting.ts";
import { type Evaluation, minimise } from "./_lbfgs.ts";
import { checkColumns, checkContext, classShares, fileOf } from "./_shared.ts";
import { logisticLoss, probabilities } from "./_softmax.ts";
import { columnMoments, meanAbsolute } from "./linear/columns.ts";
import { linearContributions } from "./linear/contributions.ts";
import { minimiseSparse } from "./linear/owlqn.ts";

const params = z.strictObject({
  penalty: z
    .enum(["l2", "l1", "elasticnet", "none"])
    .default("l2")
    .describe("Penalty of the coefficients: squares, absolute values (many become 0), both, or none"),
  C: z.number().gt(0).default(1).describe("Inverse strength of the penalty: smaller is stronger"),
  l1_ratio: z.number().min(0).max(1).default(0.5).describe("Share of the absolute values in elasticnet"),
  fit_intercept: z.boolean().default(true).describe("Whether each class has an intercept, which is not penalised"),
  tol: z.number().gt(0).default(1e-4).describe("Stops when no component of the mean gradient is larger"),
  max_iter: z.int().min(1).default(1000).describe("Most iterations of L-BFGS"),
});

interface State {
  readonly columns: readonly string[];
  readonly classes: number;
  /** [outputs × columns] row-major; one output for two classes */
  readonly coefficients: Float32Array;
  /** [outputs] */
  readonly intercepts: Float64Array;
}

/** Rows at a time: residuals stay in the processor's cache, and memory does not grow with rows × classes. */
const BLOCK = 2048;
/** Up to so many cells the products are made in double precision, which costs little there. */
const DOUBLE_CELLS = 1 << 20;

/**
 * Multinomial logistic regression: minimises mean weighted log loss + ((1 − r) |W|² / 2 + r Σ |w|) / (C · sum of weights),
 * as scikit-learn's LogisticRegression does, with r = 0 for l2 and 1 for l1; with two classes there is one weight vector.
 */
export const family: Family<z.infer<typeof params>> = {
  id: "logistic",
  title: "Logistic regression",
  description: "Multinomial logistic regression with an L2, L1 or elastic net penalty, by L-BFGS",
  params,
  engines: ["openblas"],
  acceptsMissing: false,
  async fit(context) {
    checkContext(context, family);
    const { train, classes, threads, signal } = context;
    const { tol, max_iter } = context.params;
    const blas = await loadOpenblas();
    blas.setThreads(threads);
    const { start, evaluate, l1, scales, decode } = createProblem(blas, context);
    const limits = { start, tolerance: tol, maxIterations: max_iter, pace: createPacer(signal) };
    const { x, iterations, reason } = l1
      ? await minimiseSparse({ ...limits, l1, scales, evaluate: (x, gradient) => evaluate(x, gradient).value })
      : await minimise({ ...limits, evaluate });
    const { coefficients, intercepts } = decode(x);
    const state = { columns: train.x.names, classes, coefficients: Float32Array.from(coefficients), intercepts };
    const limit = `did not converge in ${iterations} iterations: raise max_iter or tol, or scale the columns`;
    return model(blas, state, reason === "iterations" ? [limit] : []);
  },
  async load(files) {
    return model(await loadOpenblas(), unpack(fileOf(files, "model.bin")) as State);
  },
};

/**
 * The objective in coordinates that suit L-BFGS: each coefficient is scaled by its curvature at the start, about
 * share · (1 − share) of its class times the variance of its column, and columns are centred. So rare classes and
 * unscaled columns converge as fast as the others; the minimum is that of the original problem.
 */
function createProblem(blas: Openblas, { train, classes, params }: FitContext<z.infer<typeof family.params>>) {
  const { rows, cols, data } = train.x;
  const outputs = classes === 2 ? 1 : classes;
  const total = train.weights?.reduce((a, b) => a + b, 0) ?? rows;
  const strength = params.penalty === "none" ? 0 : 1 / (params.C * total);
  const ratio = { l2: 0, l1: 1, elasticnet: params.l1_ratio, none: 0 }[params.penalty];
  const penalty = strength * (1 - ratio);
  const shares = classShares(train, classes).subarray(classes - outputs);
  const { means, variances } = columnMoments(train, params.fit_intercept);
  const scales = new Float64Array(outputs * (cols + (params.fit_intercept ? 1 : 0)));
  shares.forEach((share, k) => {
    const curvature = share * (1 - share);
    // 1 for a constant column without an L2 penalty, on which nothing depends.
    for (let j = 0; j < cols; j++) scales[k * cols + j] = Math.sqrt(curvature * variances[j]! + penalty) || 1;
    if (params.fit_intercept) scales[outputs * cols + k] = Math.sqrt(curvature);
  });
  const double = data.length <= DOUBLE_CELLS;
  const Real = double ? Float64Array : Float32Array;
  const x = double ? Float64Array.from(data) : data;
  const coefficients = new Real(outputs * cols);
  const block = new Real(Math.min(rows, BLOCK) * outputs);
  const product = new Real(outputs * cols);
  const gemm = (double ? blas.dgemm : blas.sgemm) as (product: object) => void;

  /** Coefficients (written in place) and intercepts of a point. */
  const decode = (point: Float64Array): { coefficients: typeof coefficients; intercepts: Float64Array } => {
    const intercepts = new Float64Array(outputs);
    for (let k = 0, i = 0; k < outputs; k++) {
      const at = outputs * cols + k;
      if (params.fit_intercept) intercepts[k] = point[at]! / scales[at]!;
      for (let j = 0; j < cols; j++, i++) {
        const value = point[i]! / scales[i]!;
        coefficients[i] = value;
        intercepts[k]! -= value * means[j]!;
      }
    }
    return { coefficients, intercepts };
  };

  const evaluate = (point: Float64Array, gradient: Float64Array): Evaluation => {
    const { intercepts } = decode(point);
    const sums = new Float64Array(outputs);
    let loss = 0;
    for (let from = 0; from < rows; from += BLOCK) {
      const to = Math.min(rows, from + BLOCK);
      const a = x.subarray(from * cols, to * cols);
      const logits = block.subarray(0, (to - from) * outputs);
      gemm({ m: to - from, n: outputs, k: cols, a, b: coefficients, c: logits, transposeB: true });
      const weights = train.weights?.subarray(from, to);
      loss += logisticLoss({ logits, intercepts, y: train.y.subarray(from, to), weights, sums });
      gemm({ m: outputs, n: cols, k: to - from, a: logits, b: a, c: product, transposeA: true, beta: from && 1 });
    }
    let [squares, slope] = [0, 0];
    for (let k = 0, i = 0; k < outputs; k++) {
      const at = outputs * cols + k;
      if (params.fit_intercept) {
        gradient[at] = sums[k]! / total / scales[at]!;
        slope = Math.max(slope, Math.abs(sums[k]! / total));
      }
      for (let j = 0; j < cols; j++, i++) {
        const w = coefficients[i]!;
        squares += w * w;
        const raw = product[i]! / total + penalty * w;
        slope = Math.max(slope, Math.abs(raw));
        gradient[i] = (raw - (means[j]! * sums[k]!) / total) / scales[i]!;
      }
    }
    return { value: loss / total + (penalty * squares) / 2, slope };
  };

  const start = new Float64Array(scales.length);
  if (params.fit_intercept) {
    // The log odds of the class shares, in which zero coefficients are best.
    for (let k = 0; k < outputs; k++) {
      const odds = outputs === 1 ? Math.log(shares[0]! / (1 - shares[0]!)) : Math.log(shares[k]!);
      start[outputs * cols + k] = odds * scales[outputs * cols + k]!;
    }
  }
  const l1 = ratio > 0 ? scales.map((scale, i) => (i < outputs * cols ? (strength * ratio) / scale : 0)) : undefined;
  return { start, evaluate, l1, scales, decode };
}

function model(blas: Openblas, state: State, notices: readonly string[] = []): FittedModel {
  const { columns, classes, coefficients, intercepts } = state;
  const outputs = intercepts.length;
  return {
    predictProba(x: Matrix) {
      checkColumns(x, columns);
      // In doubles: with unscaled columns (1,000,000 ± 1) rounded products move probabilities by a tenth.
      const [a, b] = [new Float64Array(x.data), new Float64Array(coefficients)];
      const logits = new Float64Array(x.rows * outputs);
      blas.dgemm({ m: x.rows, n: outputs, k: x.cols, a, b, c: logits, transposeB: true });
      return probabilities(logits, intercepts, classes);
    },
    contributions(x, background) {
      checkColumns(x, columns);
      return linearContributions(x.data, background, coefficients, intercepts);
    },
    toOnnx(graph, x) {
      const transposed = new Float64Array(coefficients.length);
      coefficients.forEach((value, i) => {
        transposed[(i % columns.length) * outputs + Math.floor(i / columns.length)] = value;
      });
      const product = graph.apply("MatMul", [
        graph.apply("Cast", [x], { to: ONNX_TYPES.double }),
        graph.constant({ dims: [columns.length, outputs], data: transposed }),
      ]);
      const logits = graph.apply("Add", [product, graph.constant({ dims: [outputs], data: intercepts })]);
      // Of two classes the first has logit 0.
      const all =
        outputs > 1 ? logits : graph.apply("Concat", [graph.apply("Sub", [logits, logits]), logits], { axis: 1 });
      return graph.apply("Cast", [graph.apply("Softmax", [all], { axis: 1 })], { to: ONNX_TYPES.float });
    },
    save: () => ({ "model.bin": pack(state) }),
    importances: meanAbsolute(coefficients, columns.length),
    notices,
    dispose() {},
  };
}
