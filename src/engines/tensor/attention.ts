/**
 * Attention (Vaswani 2017) within groups of rows of any length, as one differentiable kernel: the tokens of each patient
 * stand below each other in one matrix, so that nothing is padded and no mask is needed.
 */
import type { Tensor, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import type { Openblas } from "../openblas.ts";
import { softmaxRow } from "./elementwise.ts";
import type { TensorBackend, Tensors } from "./types.ts";

export interface AttentionGroups {
  readonly heads: number;
  /** [groups + 1] rows starts[g] … starts[g + 1] − 1 of keys and values belong to group g; none is empty. */
  readonly starts: Int32Array;
  /** The same of the queries. */
  readonly queryStarts: Int32Array;
}

/**
 * [queries, width]: each query's mean of its group's values, weighted by softmax(query · key / √(width / heads)), head by head.
 * @param query [queries, width]
 * @param keyValue [rows, 2 · width] keys, then values
 */
export function attention(tensors: Tensors, query: Tensor2D, keyValue: Tensor2D, groups: AttentionGroups): Tensor2D {
  const { backend } = tensors;
  return backend === undefined
    ? composed(tensors, query, keyValue, groups)
    : fused(tensors, backend, query, keyValue, groups);
}

/** The same from tf's own operations, padded. */
function composed({ tf }: Tensors, query: Tensor2D, keyValue: Tensor2D, groups: AttentionGroups): Tensor2D {
  const { heads, starts, queryStarts } = groups;
  const width = query.shape[1];
  const size = width / heads;
  const count = starts.length - 1;
  /** [groups × heads, longest, size] of rows that are padded with the first one. */
  const padded = (x: Tensor2D, bounds: Int32Array, longest: number): Tensor => {
    const rows = tf.gather(x, tf.tensor1d(padding(bounds, longest).rows, "int32"));
    const parts = tf.transpose(tf.reshape(rows, [count, longest, heads, size]), [0, 2, 1, 3]);
    return tf.reshape(parts, [count * heads, longest, size]);
  };
  const [most, mostQueries] = [longestOf(starts), longestOf(queryStarts)];
  const q = padded(query, queryStarts, mostQueries);
  const [keys, values] = tf.split(keyValue, 2, 1) as [Tensor2D, Tensor2D];
  const scores = tf.mul(tf.matMul(q, padded(keys, starts, most), false, true), 1 / Math.sqrt(size));
  const absent = Float32Array.from(padding(starts, most).present, (present) => (present ? 0 : -1e9));
  const mask = tf.tensor4d(absent, [count, 1, 1, most]);
  const masked = tf.add(tf.reshape(scores, [count, heads, mostQueries, most]), mask);
  const weights = tf.reshape(tf.softmax(masked), [count * heads, mostQueries, most]);
  const mixed = tf.reshape(tf.matMul(weights, padded(values, starts, most)), [count, heads, mostQueries, size]);
  const rows = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [count * mostQueries, width]);
  const kept = padding(queryStarts, mostQueries).present.flatMap((present, i) => (present ? [i] : []));
  return tf.gather(rows, tf.tensor1d(kept, "int32")) as Tensor2D;
}

const longestOf = (starts: Int32Array): number =>
  starts.reduce((most, start, g) => Math.max(most, g === 0 ? 0 : start - starts[g - 1]!), 0);

function padding(starts: Int32Array, longest: number): { rows: Int32Array; present: boolean[] } {
  const count = starts.length - 1;
  const rows = new Int32Array(count * longest);
  const present = Array.from(rows, (_, i) => {
    const [group, offset] = [Math.floor(i / longest), i % longest];
    const row = starts[group]! + offset;
    if (row >= starts[group + 1]!) return false;
    rows[i] = row;
    return true;
  });
  return { rows, present };
}

function fused(
  { tf }: Tensors,
  backend: TensorBackend,
  query: Tensor2D,
  keyValue: Tensor2D,
  groups: AttentionGroups,
): Tensor2D {
  const wrap = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info, backend);
  const layer = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (kept: Tensor[]) => void;
    const [output, weights] = [backend.allocate(query.shape), backend.allocate([weightCount(groups)])];
    attend(backend.blas, groups, {
      query: backend.floats(query),
      keyValue: backend.floats(keyValue),
      weights: backend.floats(weights),
      output: backend.floats(output),
    });
    save([query, keyValue, wrap(weights)]);
    const gradFunc = (dy: Tensor, [q, kv, w]: Tensor[]): Tensor[] => {
      const grads = [backend.allocate(query.shape), backend.allocate(keyValue.shape)];
      const scratch = backend.allocate([weightCount(groups)]);
      backward(backend.blas, groups, {
        query: backend.floats(q!),
        keyValue: backend.floats(kv!),
        weights: backend.floats(w!),
        slopes: backend.floats(scratch),
        output: backend.floats(dy),
        dQuery: backend.floats(grads[0]!),
        dKeyValue: backend.floats(grads[1]!),
      });
      backend.disposeIntermediateTensorInfo(scratch);
      return grads.map(wrap);
    };
    return { value: wrap(output), gradFunc };
  });
  return layer(query, keyValue) as Tensor2D;
}

/** Number of attention weights of all groups and heads. */
export function weightCount({ heads, starts, queryStarts }: AttentionGroups): number {
  let count = 0;
  for (let g = 0; g + 1 < starts.length; g++) {
    count += heads * (starts[g + 1]! - starts[g]!) * (queryStarts[g + 1]! - queryStarts[g]!);
  }
  return count;
}

interface Group {
  readonly queries: number;
  readonly keys: number;
  /** Where its queries, keys and values, and weights begin. */
  readonly query: number;
  readonly key: number;
  readonly value: number;
  readonly weight: number;
}

function forEachGroup(
  { heads, starts, queryStarts }: AttentionGroups,
  width: number,
  visit: (group: Group) => void,
): void {
  let weight = 0;
  for (let g = 0; g + 1 < starts.length; g++) {
    const [start, first] = [starts[g]!, queryStarts[g]!];
    const [keys, queries] = [starts[g + 1]! - start, queryStarts[g + 1]! - first];
    const key = start * 2 * width;
    visit({ queries, keys, query: first * width, key, value: key + width, weight });
    weight += heads * queries * keys;
  }
}

export interface AttentionValues {
  readonly query: Float32Array;
  readonly keyValue: Float32Array;
  /** [weightCount] gets the softmaxes. */
  readonly weights: Float32Array;
  readonly output: Float32Array;
}

/** Writes weights and output. */
export function attend(blas: Openblas, groups: AttentionGroups, values: AttentionValues): void {
  const { heads } = groups;
  const { query, keyValue, weights, output } = values;
  const width = query.length / groups.queryStarts.at(-1)!;
  const size = width / heads;
  const alpha = 1 / Math.sqrt(size);
  forEachGroup(groups, width, (group) => {
    const { queries, keys } = group;
    const area = queries * keys;
    if (queries === 1) {
      attendOne(values, group, heads, alpha);
      return;
    }
    blas.sgemmBatch({
      m: queries,
      n: keys,
      k: size,
      alpha,
      a: query,
      offsetA: group.query,
      lda: width,
      b: keyValue,
      offsetB: group.key,
      ldb: 2 * width,
      transposeB: true,
      c: weights,
      offsetC: group.weight,
      batch: heads,
      strideA: size,
      strideB: size,
      strideC: area,
    });
    const end = group.weight + heads * area;
    for (let at = group.weight; at < end; at += keys) softmaxRow(weights, weights, at, keys);
    blas.sgemmBatch({
      m: queries,
      n: size,
      k: keys,
      a: weights,
      offsetA: group.weight,
      b: keyValue,
      offsetB: group.value,
      ldb: 2 * width,
      c: output,
      offsetC: group.query,
      ldc: width,
      batch: heads,
      strideA: area,
      strideB: size,
      strideC: size,
    });
  });
}

/** A single query: too little for a matrix product to pay. */
function attendOne(
  { query, keyValue, weights, output }: AttentionValues,
  group: Group,
  heads: number,
  alpha: number,
): void {
  const { keys } = group;
  const width = (group.value - group.key) | 0;
  const size = width / heads;
  for (let h = 0; h < heads; h++) {
    const [q, w] = [group.query + h * size, group.weight + h * keys];
    for (let i = 0, k = group.key + h * size; i < keys; i++, k += 2 * width) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += query[q + j]! * keyValue[k + j]!;
      weights[w + i] = sum * alpha;
    }
    softmaxRow(weights, weights, w, keys);
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = 0, v = group.value + h * size + j; i < keys; i++, v += 2 * width) {
        sum += weights[w + i]! * keyValue[v]!;
      }
      output[q + j] = sum;
    }
  }
}

interface Slopes {
  readonly query: Float32Array;
  readonly keyValue: Float32Array;
  readonly weights: Float32Array;
  /** [weightCount] room for the gradients of the scores. */
  readonly slopes: Float32Array;
  /** The gradient of the output. */
  readonly output: Float32Array;
  readonly dQuery: Float32Array;
  readonly dKeyValue: Float32Array;
}

/** Writes dQuery and dKeyValue. */
function backward(blas: Openblas, groups: AttentionGroups, values: Slopes): void {
  const { heads } = groups;
  const { query, keyValue, weights, slopes, output, dQuery, dKeyValue } = values;
  const width = query.length / groups.queryStarts.at(-1)!;
  const size = width / heads;
  const alpha = 1 / Math.sqrt(size);
  forEachGroup(groups, width, (group) => {
    const { queries, keys } = group;
    const area = queries * keys;
    if (queries === 1) {
      backwardOne(values, group, heads, alpha);
      return;
    }
    const ofWeights = { batch: heads, strideA: area, strideB: size, strideC: size };
    blas.sgemmBatch({
      m: queries,
      n: keys,
      k: size,
      a: output,
      offsetA: group.query,
      lda: width,
      b: keyValue,
      offsetB: group.value,
      ldb: 2 * width,
      transposeB: true,
      c: slopes,
      offsetC: group.weight,
      batch: heads,
      strideA: size,
      strideB: size,
      strideC: area,
    });
    blas.sgemmBatch({
      ...ofWeights,
      m: keys,
      n: size,
      k: queries,
      a: weights,
      offsetA: group.weight,
      transposeA: true,
      b: output,
      offsetB: group.query,
      ldb: width,
      c: dKeyValue,
      offsetC: group.value,
      ldc: 2 * width,
    });
    const end = group.weight + heads * area;
    for (let at = group.weight; at < end; at += keys) softmaxSlopes(weights, slopes, at, keys);
    blas.sgemmBatch({
      ...ofWeights,
      m: queries,
      n: size,
      k: keys,
      alpha,
      a: slopes,
      offsetA: group.weight,
      b: keyValue,
      offsetB: group.key,
      ldb: 2 * width,
      c: dQuery,
      offsetC: group.query,
      ldc: width,
    });
    blas.sgemmBatch({
      ...ofWeights,
      m: keys,
      n: size,
      k: queries,
      alpha,
      a: slopes,
      offsetA: group.weight,
      transposeA: true,
      b: query,
      offsetB: group.query,
      ldb: width,
      c: dKeyValue,
      offsetC: group.key,
      ldc: 2 * width,
    });
  });
}

function backwardOne(values: Slopes, group: Group, heads: number, alpha: number): void {
  const { query, keyValue, weights, slopes, output, dQuery, dKeyValue } = values;
  const { keys } = group;
  const width = (group.value - group.key) | 0;
  const size = width / heads;
  for (let h = 0; h < heads; h++) {
    const [q, w] = [group.query + h * size, group.weight + h * keys];
    for (let i = 0, v = group.value + h * size; i < keys; i++, v += 2 * width) {
      const weight = weights[w + i]!;
      let sum = 0;
      for (let j = 0; j < size; j++) {
        sum += output[q + j]! * keyValue[v + j]!;
        dKeyValue[v + j] = weight * output[q + j]!;
      }
      slopes[w + i] = sum;
    }
    softmaxSlopes(weights, slopes, w, keys);
    for (let j = 0; j < size; j++) dQuery[q + j] = 0;
    for (let i = 0, k = group.key + h * size; i < keys; i++, k += 2 * width) {
      const slope = slopes[w + i]! * alpha;
      for (let j = 0; j < size; j++) {
        dQuery[q + j]! += slope * keyValue[k + j]!;
        dKeyValue[k + j] = slope * query[q + j]!;
      }
    }
  }
}

/** Turns gradients of softmaxes `p` into those of their scores, in place: s = p · (s − Σ p s). */
function softmaxSlopes(p: Float32Array, s: Float32Array, at: number, cols: number): void {
  let sum = 0;
  for (let j = at; j < at + cols; j++) sum += p[j]! * s[j]!;
  for (let j = at; j < at + cols; j++) s[j] = p[j]! * (s[j]! - sum);
}
