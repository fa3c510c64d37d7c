/** Rows made of a table, as one differentiable kernel. */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { TensorBackend, Tensors } from "./types.ts";

export interface TokenRows {
  /** [tokens] the row of the table that a token begins with */
  readonly base: Int32Array;
  /** [tokens] the row that is added `value` times; −1: none */
  readonly slope: Int32Array;
  /** [tokens] */
  readonly value: Float32Array;
}

/** [tokens, width] table[base] + value · table[slope] of a table [entries, width]. */
export function embed(tensors: Tensors, table: Tensor2D, tokens: TokenRows): Tensor2D {
  const { backend } = tensors;
  return backend === undefined ? composed(tensors, table, tokens) : fused(tensors, backend, table, tokens);
}

/** The same from tf's own operations. */
function composed({ tf }: Tensors, table: Tensor2D, { base, slope, value }: TokenRows): Tensor2D {
  const factors = value.map((v, i) => (slope[i]! < 0 ? 0 : v));
  const slopes = tf.gather(
    table,
    tf.tensor1d(
      slope.map((row) => Math.max(0, row)),
      "int32",
    ),
  );
  const moved = tf.mul(slopes, tf.tensor2d(factors, [factors.length, 1]));
  return tf.add(tf.gather(table, tf.tensor1d(base, "int32")), moved);
}

function fused({ tf }: Tensors, backend: TensorBackend, table: Tensor2D, tokens: TokenRows): Tensor2D {
  const width = table.shape[1];
  const layer = tf.customGrad(() => {
    const output = backend.allocate([tokens.base.length, width]);
    embedRows(backend.floats(table), width, tokens, backend.floats(output));
    const gradFunc = (dy: Tensor): Tensor => {
      const grad = backend.allocate(table.shape);
      backward(backend.floats(dy), width, tokens, backend.floats(grad));
      return tf.engine().makeTensorFromTensorInfo(grad, backend);
    };
    return { value: tf.engine().makeTensorFromTensorInfo(output, backend), gradFunc };
  });
  return layer(table) as Tensor2D;
}

/** Writes the rows of `tokens` into `out`. */
export function embedRows(table: Float32Array, width: number, { base, slope, value }: TokenRows, out: Float32Array) {
  for (let i = 0, at = 0; i < base.length; i++, at += width) {
    const [from, tilt, factor] = [base[i]! * width, slope[i]! * width, value[i]!];
    if (tilt < 0) for (let j = 0; j < width; j++) out[at + j] = table[from + j]!;
    else for (let j = 0; j < width; j++) out[at + j] = table[from + j]! + factor * table[tilt + j]!;
  }
}

function backward(dy: Float32Array, width: number, { base, slope, value }: TokenRows, grad: Float32Array): void {
  grad.fill(0);
  for (let i = 0, at = 0; i < base.length; i++, at += width) {
    const [to, tilt, factor] = [base[i]! * width, slope[i]! * width, value[i]!];
    for (let j = 0; j < width; j++) grad[to + j]! += dy[at + j]!;
    if (tilt >= 0) for (let j = 0; j < width; j++) grad[tilt + j]! += factor * dy[at + j]!;
  }
}
