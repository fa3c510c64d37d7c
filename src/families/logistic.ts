import { z } from "zod";
import { pack, unpack } from "../core/container.ts";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FitContext, FittedModel, LabelledMatrix } from "../core/family.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { createPacer } from "./_boosting.ts";
import { minimise } from "./_lbfgs.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { logisticLoss, probabilities } from "./_softmax.ts";

const params = z.strictObject({
  C: z.number().gt(0).default(1).describe("Inverse strength of the L2 penalty: smaller is stronger"),
  fit_intercept: z.boolean().default(true).describe("Whether each class has an intercept, which is not penalised"),
  tol: z
    .number()
    .gt(0)
    .default(1e-4)
    .describe("Stops when no component of the mean gradient (by standardised columns) is larger"),
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
    const { tol, max_iter } = context.params;
    const blas = await loadOpenblas();
    blas.setThreads(threads);
    const { start, evaluate, decode } = createProblem(blas, context);
    const { x, iterations, reason } = await minimise({
      start,
      evaluate,
      tolerance: tol,
      maxIterations: max_iter,
      pace: createPacer(signal),
    });
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
 * The objective in coordinates that suit L-BFGS: columns are centred and scaled by their spread, so that unscaled data
 * converge as fast as scaled ones. The minimum is that of the original problem.
 */
function createProblem(blas: Openblas, { train, classes, params }: FitContext<z.infer<typeof family.params>>) {
  const { rows, cols, data } = train.x;
  const outputs = classes === 2 ? 1 : classes;
  const total = train.weights?.reduce((a, b) => a + b, 0) ?? rows;
  const penalty = 1 / (params.C * total);
  const { means, spreads } = columnScales(train, (penalty * classes * classes) / (classes - 1), params.fit_intercept);
  const double = data.length <= DOUBLE_CELLS;
  const Real = double ? Float64Array : Float32Array;
  const x = double ? Float64Array.from(data) : data;
  const coefficients = new Real(outputs * cols);
  const residuals = new Real(rows * outputs);
  const product = new Real(outputs * cols);
  const gemm = (double ? blas.dgemm : blas.sgemm) as (product: object) => void;

  /** Coefficients (written in place) and intercepts of a point [outputs × cols, then outputs]. */
  const decode = (point: Float64Array): { coefficients: typeof coefficients; intercepts: Float64Array } => {
    const intercepts = params.fit_intercept ? point.slice(outputs * cols) : new Float64Array(outputs);
    for (let k = 0, i = 0; k < outputs; k++) {
      for (let j = 0; j < cols; j++, i++) {
        const value = point[i]! / spreads[j]!;
        coefficients[i] = value;
        intercepts[k]! -= value * means[j]!;
      }
    }
    return { coefficients, intercepts };
  };

  const evaluate = (point: Float64Array, gradient: Float64Array): number => {
    const { intercepts } = decode(point);
    gemm({ m: rows, n: outputs, k: cols, a: x, b: coefficients, c: residuals, transposeB: true });
    const { loss, sums } = logisticLoss({ logits: residuals, intercepts, y: train.y, weights: train.weights });
    gemm({ m: outputs, n: cols, k: rows, a: residuals, b: x, c: product, transposeA: true });
    let squares = 0;
    for (let k = 0, i = 0; k < outputs; k++) {
      for (let j = 0; j < cols; j++, i++) {
        const w = coefficients[i]!;
        squares += w * w;
        gradient[i] = ((product[i]! - means[j]! * sums[k]!) / total + penalty * w) / spreads[j]!;
      }
    }
    if (params.fit_intercept) for (let k = 0; k < outputs; k++) gradient[outputs * cols + k] = sums[k]! / total;
    return loss / total + (penalty * squares) / 2;
  };

  const start = new Float64Array(outputs * (cols + (params.fit_intercept ? 1 : 0)));
  if (params.fit_intercept) start.set(logOdds(train, classes), outputs * cols);
  return { start, evaluate, decode };
}

/** Weighted mean of each column (0 without intercept) and its spread, sqrt(variance + floor): both [cols]. */
function columnScales({ x, weights }: LabelledMatrix, floor: number, centred: boolean) {
  const { rows, cols, data } = x;
  const [means, squares] = [new Float64Array(cols), new Float64Array(cols)];
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j]!;
      means[j]! += weight * value;
      squares[j]! += weight * value * value;
    }
  }
  const spreads = squares.map((sum, j) => Math.sqrt(sum / total - (centred ? (means[j]! / total) ** 2 : 0) + floor));
  return { means: means.map((sum) => (centred ? sum / total : 0)), spreads };
}

/** Log odds of the weighted class frequencies, where intercepts start: [outputs] */
function logOdds({ y, weights }: LabelledMatrix, classes: number): ArrayLike<number> {
  const counts = new Float64Array(classes);
  y.forEach((k, i) => {
    counts[k]! += weights?.[i] ?? 1;
  });
  const logs = counts.map(Math.log);
  if (classes === 2) return [logs[1]! - logs[0]!];
  const mean = logs.reduce((a, b) => a + b, 0) / classes;
  return logs.map((value) => value - mean);
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
