import { z } from "zod";
import { pack, unpack } from "../core/container.ts";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FitContext, FittedModel } from "../core/family.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { createPacer } from "./_boosting.ts";
import { minimise } from "./_lbfgs.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { logisticLoss, probabilities } from "./_softmax.ts";

const params = z.strictObject({
  C: z.number().gt(0).default(1).describe("Inverse strength of the L2 penalty: smaller is stronger"),
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

/** Up to so many cells the products are made in double precision, which costs little there. */
const DOUBLE_CELLS = 1 << 20;

/**
 * Multinomial logistic regression: minimises mean weighted log loss + |W|² / (2 C · sum of weights), as scikit-learn's
 * LogisticRegression does; with two classes there is one weight vector.
 */
export const family: Family<z.infer<typeof params>> = {
  id: "logistic",
  title: "Logistic regression",
  description: "Multinomial logistic regression with an L2 penalty, by L-BFGS",
  params,
  engines: ["openblas"],
  acceptsMissing: false,
  async fit(context) {
    checkContext(context, family);
    const { train, classes, threads, signal } = context;
    const { tol, max_iter, fit_intercept } = context.params;
    const blas = await loadOpenblas();
    blas.setThreads(threads);
    const { cols } = train.x;
    const outputs = classes === 2 ? 1 : classes;
    const { x, iterations, reason } = await minimise({
      start: startingPoint(context, outputs),
      evaluate: createObjective(blas, context, outputs),
      tolerance: tol,
      maxIterations: max_iter,
      pace: createPacer(signal),
    });
    const notices =
      reason === "iterations" ? [`did not converge in ${iterations} iterations; raise max_iter or tol`] : [];
    const state: State = {
      columns: train.x.names,
      classes,
      coefficients: Float32Array.from(x.subarray(0, outputs * cols)),
      intercepts: fit_intercept ? x.slice(outputs * cols) : new Float64Array(outputs),
    };
    return model(blas, state, notices);
  },
  async load(files) {
    return model(await loadOpenblas(), unpack(fileOf(files, "model.bin")) as State);
  },
};

/** Zero coefficients and the log odds of the class frequencies: [outputs × columns, then outputs]. */
function startingPoint(
  { train, classes, params }: FitContext<z.infer<typeof family.params>>,
  outputs: number,
): Float64Array {
  const start = new Float64Array(outputs * (train.x.cols + (params.fit_intercept ? 1 : 0)));
  if (!params.fit_intercept) return start;
  const counts = new Float64Array(classes);
  train.y.forEach((k, i) => {
    counts[k]! += train.weights?.[i] ?? 1;
  });
  const logs = counts.map(Math.log);
  const mean = logs.reduce((a, b) => a + b, 0) / classes;
  const odds = outputs === 1 ? [logs[1]! - logs[0]!] : logs.map((value) => value - mean);
  start.set(odds, outputs * train.x.cols);
  return start;
}

/** The objective and its gradient over [coefficients, intercepts]. */
function createObjective(
  blas: Openblas,
  { train, params }: FitContext<z.infer<typeof family.params>>,
  outputs: number,
) {
  const { rows, cols, data } = train.x;
  const double = data.length <= DOUBLE_CELLS;
  const Real = double ? Float64Array : Float32Array;
  const x = double ? Float64Array.from(data) : data;
  const w = new Real(outputs * cols);
  const residuals = new Real(rows * outputs);
  const product = new Real(outputs * cols);
  const gemm = (double ? blas.dgemm : blas.sgemm) as (product: object) => void;
  const total = train.weights?.reduce((a, b) => a + b, 0) ?? rows;
  const penalty = 1 / (params.C * total);
  return (point: Float64Array, gradient: Float64Array): number => {
    w.set(point.subarray(0, w.length));
    const intercepts = params.fit_intercept ? point.subarray(w.length) : undefined;
    gemm({ m: rows, n: outputs, k: cols, a: x, b: w, c: residuals, transposeB: true });
    const interceptGradient = gradient.subarray(w.length);
    const loss = logisticLoss({
      logits: residuals,
      intercepts,
      y: train.y,
      weights: train.weights,
      outputs,
      interceptGradient,
    });
    gemm({ m: outputs, n: cols, k: rows, a: residuals, b: x, c: product, transposeA: true });
    let squares = 0;
    for (let j = 0; j < w.length; j++) {
      squares += point[j]! * point[j]!;
      gradient[j] = product[j]! / total + penalty * point[j]!;
    }
    for (let k = 0; k < interceptGradient.length; k++) interceptGradient[k]! /= total;
    return loss / total + (penalty * squares) / 2;
  };
}

function model(blas: Openblas, state: State, notices: readonly string[] = []): FittedModel {
  const { columns, classes, coefficients, intercepts } = state;
  const outputs = intercepts.length;
  return {
    predictProba(x: Matrix) {
      checkColumns(x, columns);
      const logits = new Float32Array(x.rows * outputs);
      blas.sgemm({ m: x.rows, n: outputs, k: x.cols, a: x.data, b: coefficients, c: logits, transposeB: true });
      return probabilities(logits, intercepts, classes);
    },
    save: () => ({ "model.bin": pack(state) }),
    importances: { kind: "mean absolute coefficient", values: meanAbsolute(coefficients, columns.length) },
    notices,
    dispose() {},
  };
}

/** Mean of |coefficient| over the outputs, a value a column. */
function meanAbsolute(coefficients: Float32Array, cols: number): Float64Array {
  const means = new Float64Array(cols);
  coefficients.forEach((value, i) => {
    means[i % cols]! += (Math.abs(value) * cols) / coefficients.length;
  });
  return means;
}
