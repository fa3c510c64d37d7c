/** Layer normalisation (Ba 2016), as one differentiable kernel. */
import type { Tensor, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorBackend, Tensors } from "./types.ts";

/** Added to variances. */
export const LAYER_NORM_EPSILON = 1e-5;

/**
 * (x − mean) / deviation of each row of x [rows, cols]. There is no factor and no shift to learn: a layer that follows has
 * them already.
 */
export function layerNorm(tensors: Tensors, x: Tensor2D): Tensor2D {
  const { backend } = tensors;
  return backend === undefined ? composed(tensors, x) : fused(tensors, backend, x);
}

/** The same from tf's own operations. */
function composed({ tf }: Tensors, x: Tensor2D): Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true);
  return tf.div(centred, tf.sqrt(tf.add(variance, LAYER_NORM_EPSILON)));
}

function fused({ tf }: Tensors, backend: TensorBackend, x: Tensor2D): Tensor2D {
  const wrap = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info, backend);
  const [rows, cols] = x.shape;
  const layer = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (kept: Tensor[]) => void;
    const [output, inverses] = [backend.allocate([rows, cols]), backend.allocate([rows])];
    normaliseRows(backend.floats(x), cols, backend.floats(output), backend.floats(inverses));
    const value = wrap(output);
    save([value, wrap(inverses)]);
    const gradFunc = (dy: Tensor, [y, inverse]: Tensor[]): Tensor => {
      const grad = backend.allocate([rows, cols]);
      const saved = { y: backend.floats(y!), inverses: backend.floats(inverse!) };
      backward(backend.floats(dy), cols, saved, backend.floats(grad));
      return wrap(grad);
    };
    return { value, gradFunc };
  });
  return layer(x) as Tensor2D;
}

/** @param inverses [rows] gets 1 / deviation */
export function normaliseRows(x: Float32Array, cols: number, out: Float32Array, inverses?: Float32Array): void {
  for (let at = 0, i = 0; at < x.length; at += cols, i++) {
    const end = at + cols;
    let sum = 0;
    for (let j = at; j < end; j++) sum += x[j]!;
    const mean = sum / cols;
    let squares = 0;
    for (let j = at; j < end; j++) {
      const gap = x[j]! - mean;
      squares += gap * gap;
    }
    const inverse = 1 / Math.sqrt(squares / cols + LAYER_NORM_EPSILON);
    if (inverses) inverses[i] = inverse;
    for (let j = at; j < end; j++) out[j] = (x[j]! - mean) * inverse;
  }
}

function backward(
  dy: Float32Array,
  cols: number,
  { y, inverses }: Readonly<Record<"y" | "inverses", Float32Array>>,
  dx: Float32Array,
): void {
  for (let at = 0, i = 0; at < y.length; at += cols, i++) {
    const end = at + cols;
    let [total, product] = [0, 0];
    for (let j = at; j < end; j++) {
      total += dy[j]!;
      product += dy[j]! * y[j]!;
    }
    const [level, tilt, inverse] = [total / cols, product / cols, inverses[i]!];
    for (let j = at; j < end; j++) dx[j] = inverse * (dy[j]! - level - y[j]! * tilt);
  }
}
