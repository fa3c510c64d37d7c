import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FitContext, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { ONNX_TYPES } from "../core/onnx.ts";
import { checkColumns, checkContext, classShares, fileOf, twoValued } from "./_shared.ts";
import { probabilities } from "./_softmax.ts";

const params = z.strictObject({
  var_smoothing: z
    .number()
    .gt(0)
    .default(1e-9)
    .describe("Added to the variances of numbers, as a share of the largest variance of a column"),
  alpha: z.number().gt(0).default(1).describe("Rows with and without a yes that each class is thought to have besides"),
});

interface State {
  readonly columns: readonly string[];
  readonly classes: number;
  /** [columns] what is taken off each value first, so that squares stay exact */
  readonly centres: Float64Array;
  /** [columns × classes] log p(x | class) = Σ x² · square + x · slope + intercept, x without its centre */
  readonly squares: Float64Array;
  readonly slopes: Float64Array;
  /** [classes] */
  readonly intercepts: Float64Array;
}

/**
 * Naive Bayes: columns are independent within a class. Columns that are 0 or 1 in training are yes/no (Bernoulli with
 * Laplace's smoothing, scikit-learn's BernoulliNB), the others are normal (its GaussianNB); where only one kind is there
 * the probabilities are those of that class. A 0/1 column's value between 0 and 1 counts in part.
 */
export const family: Family<z.infer<typeof params>> = {
  id: "naive-bayes",
  title: "Naive Bayes",
  description: "Normal and yes/no columns, independent within each class",
  params,
  engines: [],
  acceptsMissing: false,
  async fit(context) {
    checkContext(context, family);
    return model(learn(context));
  },
  async load(files) {
    return model(unpack(fileOf(files, "model.bin")) as State);
  },
};

function learn({ train, classes, params }: FitContext<z.infer<typeof family.params>>): State {
  const { rows, cols, data, names } = train.x;
  const binary = twoValued(train.x);
  const { centres, largest } = columnMeans(train.x, binary);
  const totals = new Float64Array(classes);
  const [sums, squareSums] = [new Float64Array(cols * classes), new Float64Array(cols * classes)];
  for (let i = 0; i < rows; i++) {
    const weight = train.weights?.[i] ?? 1;
    const k = train.y[i]!;
    totals[k]! += weight;
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j]! - centres[j]!;
      sums[j * classes + k]! += weight * value;
      squareSums[j * classes + k]! += weight * value * value;
    }
  }
  const intercepts = classShares(train, classes).map(Math.log);
  const [squares, slopes] = [new Float64Array(cols * classes), new Float64Array(cols * classes)];
  for (let j = 0; j < cols; j++) {
    for (let k = 0; k < classes; k++) {
      const at = j * classes + k;
      const total = totals[k]!;
      if (binary[j] === 1) {
        const yes = sums[at]! + params.alpha;
        const no = total - sums[at]! + params.alpha;
        slopes[at] = Math.log(yes / no);
        intercepts[k]! += Math.log(no / (total + 2 * params.alpha));
        continue;
      }
      const mean = sums[at]! / total;
      const variance = Math.max(0, squareSums[at]! / total - mean * mean) + params.var_smoothing * largest;
      squares[at] = -0.5 / variance;
      slopes[at] = mean / variance;
      intercepts[k]! -= (Math.log(2 * Math.PI * variance) + (mean * mean) / variance) / 2;
    }
  }
  return { columns: names, classes, centres, squares, slopes, intercepts };
}

/** Mean of each number (0 of a yes/no column), and the largest variance of one; 1 where all are constant. */
function columnMeans({ rows, cols, data }: Matrix, binary: Uint8Array) {
  const centres = new Float64Array(cols);
  let largest = 0;
  for (let j = 0; j < cols; j++) {
    if (binary[j] === 1) continue;
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rows; i++) sum += data[i * cols + j]!;
    const mean = sum / rows;
    for (let i = 0; i < rows; i++) squares += (data[i * cols + j]! - mean) ** 2;
    centres[j] = mean;
    largest = Math.max(largest, squares / rows);
  }
  return { centres, largest: largest === 0 ? 1 : largest };
}

function model(state: State): FittedModel {
  const { columns, classes, centres, squares, slopes, intercepts } = state;
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const logits = new Float64Array(x.rows * classes);
      for (let i = 0; i < x.rows; i++) {
        for (let j = 0; j < x.cols; j++) {
          const value = x.data[i * x.cols + j]! - centres[j]!;
          if (value === 0) continue;
          for (let k = 0, at = j * classes; k < classes; k++, at++) {
            logits[i * classes + k]! += value * (value * squares[at]! + slopes[at]!);
          }
        }
      }
      return probabilities(logits, intercepts, classes);
    },
    contributions(x, { typical }) {
      checkColumns(x, columns);
      const base = intercepts.slice();
      const values = new Float64Array(classes * x.cols);
      for (let j = 0; j < x.cols; j++) {
        const [own, usual] = [x.data[j]! - centres[j]!, typical[j]! - centres[j]!];
        for (let k = 0, at = j * classes; k < classes; k++, at++) {
          const logs = (value: number): number => value * (value * squares[at]! + slopes[at]!);
          base[k]! += logs(usual);
          values[k * x.cols + j] = logs(own) - logs(usual);
        }
      }
      return { method: "naive-bayes", unit: "margin", base, values };
    },
    toOnnx(graph, x) {
      const dims = [columns.length, classes];
      const value = graph.apply("Sub", [
        graph.apply("Cast", [x], { to: ONNX_TYPES.double }),
        graph.constant({ dims: [columns.length], data: centres }),
      ]);
      const parts = [
        graph.apply("MatMul", [graph.apply("Mul", [value, value]), graph.constant({ dims, data: squares })]),
        graph.apply("MatMul", [value, graph.constant({ dims, data: slopes })]),
        graph.constant({ dims: [classes], data: intercepts }),
      ];
      const logits = parts.reduce((a, b) => graph.apply("Add", [a, b]));
      return graph.apply("Cast", [graph.apply("Softmax", [logits], { axis: 1 })], { to: ONNX_TYPES.float });
    },
    save: () => ({ "model.bin": pack(state) }),
    dispose() {},
  };
}
