/** Prediction by matrix products, without TensorFlow.js. */
import type { Matrix } from "../../core/dataset.ts";
import type { Openblas } from "../../engines/openblas.ts";
import { attend, weightCount } from "../../engines/tensor/attention.ts";
import { relu, softmaxRow } from "../../engines/tensor/elementwise.ts";
import { embedRows } from "../../engines/tensor/embed.ts";
import { normaliseRows } from "../../engines/tensor/layer-norm.ts";
import { addRow } from "../../engines/tensor/matmul.ts";
import { type Operations, parametersOf, type Shape, scores } from "./network.ts";
import { batchOf, type ColumnPlan, scaleRows, tokenise } from "./tokens.ts";

export interface Trained {
  readonly shape: Shape;
  readonly plan: ColumnPlan;
  /** By name. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** At most so many rows at a time, and so many attention weights, which bounds the memory. */
const [CHUNK, MOST_WEIGHTS] = [256, 1 << 24];

/** [x.rows × classes] */
export function predict(blas: Openblas, trained: Trained, x: Matrix): Float32Array {
  const { classes, heads } = trained.shape;
  const proba = new Float32Array(x.rows * classes);
  const chunk = Math.max(1, Math.min(CHUNK, Math.floor(MOST_WEIGHTS / (heads * (x.cols + 1) ** 2))));
  for (let start = 0; start < x.rows; start += chunk) {
    const rows = Math.min(chunk, x.rows - start);
    const data = x.data.subarray(start * x.cols, (start + rows) * x.cols);
    const part = scores(operations(blas, trained, { ...x, rows, data }), trained.shape.layers);
    for (let i = 0; i < rows; i++) softmaxRow(part, part, i * classes, classes);
    proba.set(part, start * classes);
  }
  return proba;
}

function operations(blas: Openblas, { shape, plan, parameters }: Trained, x: Matrix): Operations<Float32Array> {
  const { dim, heads } = shape;
  const rows = Int32Array.from({ length: x.rows }, (_, i) => i);
  const batch = batchOf(plan, tokenise(plan, x), rows);
  const single = Int32Array.from({ length: x.rows + 1 }, (_, i) => i);
  const inputs = new Map(parametersOf(shape).map(({ name, dims }) => [name, dims[0]]));
  const product = (a: Float32Array, name: string): Float32Array => {
    const [b, k] = [parameters[name]!, inputs.get(name)!];
    const [m, n] = [a.length / k, b.length / k];
    const c = new Float32Array(m * n);
    blas.sgemm({ m, n, k, a, b, c });
    return c;
  };
  const shifted = (a: Float32Array, name: string): Float32Array => {
    const c = product(a, name);
    addRow(c, parameters[`${name}.shift`]!);
    return c;
  };
  return {
    tokens() {
      const out = new Float32Array(batch.base.length * dim);
      embedRows(parameters.table!, dim, batch, out);
      return out;
    },
    linear(name) {
      const scaled = new Float32Array(x.rows * x.cols);
      scaleRows(plan, x.data, rows, scaled);
      return shifted(scaled, name);
    },
    first(all) {
      const out = new Float32Array(x.rows * dim);
      rows.forEach((i) => {
        const at = batch.starts[i]! * dim;
        out.set(all.subarray(at, at + dim), i * dim);
      });
      return out;
    },
    product,
    hidden(input, name) {
      const out = shifted(input, name);
      relu(out, out);
      return out;
    },
    norm(input) {
      const out = new Float32Array(input.length);
      normaliseRows(input, dim, out);
      return out;
    },
    attention(query, keyValue, first) {
      const groups = { heads, starts: batch.starts, queryStarts: first ? single : batch.starts };
      const [weights, output] = [new Float32Array(weightCount(groups)), new Float32Array(query.length)];
      attend(blas, groups, { query, keyValue, weights, output });
      return output;
    },
    add: (a, b) => a.map((value, i) => value + b[i]!),
  };
}
