/** Prediction by matrix products, without TensorFlow.js. */
import type { Matrix } from "../../core/dataset.ts";
import type { Openblas } from "../../engines/openblas.ts";
import { attend, weightCount } from "../../engines/tensor/attention.ts";
import { softmaxRow } from "../../engines/tensor/elementwise.ts";
import { embedRows } from "../../engines/tensor/embed.ts";
import { normaliseRows } from "../../engines/tensor/layer-norm.ts";
import { type Operations, type Shape, scores } from "./network.ts";
import { batchOf, type ColumnPlan, scaleRows, tokenise } from "./tokens.ts";

export interface Trained {
  readonly shape: Shape;
  readonly plan: ColumnPlan;
  /** By name. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** So many rows at a time, which bounds the memory. */
const CHUNK = 256;

/** [x.rows × classes] */
export function predict(blas: Openblas, trained: Trained, x: Matrix): Float32Array {
  const { classes } = trained.shape;
  const proba = new Float32Array(x.rows * classes);
  for (let start = 0; start < x.rows; start += CHUNK) {
    const rows = Math.min(CHUNK, x.rows - start);
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
  const count = batch.base.length;
  const single = Int32Array.from({ length: x.rows + 1 }, (_, i) => i);
  return {
    tokens() {
      const out = new Float32Array(count * dim);
      embedRows(parameters.table!, dim, batch, out);
      return out;
    },
    columns() {
      const out = new Float32Array(x.rows * x.cols);
      scaleRows(plan, x.data, rows, out);
      return out;
    },
    first(all) {
      const out = new Float32Array(x.rows * dim);
      rows.forEach((i) => {
        const at = batch.starts[i]! * dim;
        out.set(all.subarray(at, at + dim), i * dim);
      });
      return out;
    },
    dense(input, name, relu = false) {
      const [b, shift] = [parameters[`${name}.weights`]!, parameters[`${name}.shift`]!];
      const n = shift.length;
      const k = b.length / n;
      const m = input.length / k;
      const c = new Float32Array(m * n);
      blas.sgemm({ m, n, k, a: input, b, c });
      for (let at = 0; at < c.length; at += n) {
        for (let j = 0; j < n; j++) {
          const value = c[at + j]! + shift[j]!;
          c[at + j] = relu ? Math.max(0, value) : value;
        }
      }
      return c;
    },
    norm(input, name) {
      const out = new Float32Array(input.length);
      normaliseRows(input, parameters[`${name}.scale`]!, parameters[`${name}.shift`]!, out);
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
