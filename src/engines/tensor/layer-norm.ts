/** Layer normalisation (Ba 2016) of each row, as one differentiable kernel. */
import type { Tensor, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorBackend, Tensors } from "./types.ts";

export interface LayerNormParams {
  /** [cols] */
  readonly scale: Tensor;
  /** [cols] */
  readonly shift: Tensor;
}

const EPSILON = 1e-5;

/** (x − mean) / deviation · scale + shift of each row of x [rows, cols]. */
export function layerNorm(tensors: Tensors, x: Tensor2D, params: LayerNormParams): Tensor2D {
  const { backend } = tensors;
  return backend === undefined ? composed(tensors, x, params) : fused(tensors, backend, x, params);
}

/** The same from tf's own operations. */
function composed({ tf }: Tensors, x: Tensor2D, { scale, shift }: LayerNormParams): Tensor2D {
  const { mean, variance } = tf.moments(x, 1, true);
  const deviation = tf.sqrt(tf.add(variance, EPSILON));
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), deviation), scale), shift);
}

function fused({ tf }: Tensors, backend: TensorBackend, x: Tensor2D, { scale, shift }: LayerNormParams): Tensor2D {
  const wrap = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info, backend);
  const [rows, cols] = x.shape;
  const layer = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (kept: Tensor[]) => void;
    const [output, inverses] = [backend.allocate([rows, cols]), backend.allocate([rows])];
    const [factors, shifts] = [backend.floats(scale), backend.floats(shift)];
    normaliseRows(backend.floats(x), factors, shifts, backend.floats(output), backend.floats(inverses));
    save([x, scale, wrap(inverses)]);
    const gradFunc = (dy: Tensor, [xs, factor, inverse]: Tensor[]): Tensor[] => {
      const grads = [[rows, cols], [cols], [cols]].map((shape) => backend.allocate(shape));
      const [dx, dScale, dShift] = grads.map((info) => backend.floats(info)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const saved = { x: backend.floats(xs!), scale: backend.floats(factor!), inverses: backend.floats(inverse!) };
      backward(backend.floats(dy), saved, { dx, dScale, dShift });
      return grads.map(wrap);
    };
    return { value: wrap(output), gradFunc };
  });
  return layer(x, scale, shift) as Tensor2D;
}

/** @param inverses [rows] gets 1 / deviation; `out` may be `x` */
export function normaliseRows(
  x: Float32Array,
  scale: Float32Array,
  shift: Float32Array,
  out: Float32Array,
  inverses?: Float32Array,
): void {
  const cols = scale.length;
  for (let at = 0, i = 0; at < x.length; at += cols, i++) {
    let sum = 0;
    for (let j = at; j < at + cols; j++) sum += x[j]!;
    const mean = sum / cols;
    let squares = 0;
    for (let j = at; j < at + cols; j++) {
      const gap = x[j]! - mean;
      squares += gap * gap;
    }
    const inverse = 1 / Math.sqrt(squares / cols + EPSILON);
    if (inverses) inverses[i] = inverse;
    for (let j = 0; j < cols; j++) out[at + j] = (x[at + j]! - mean) * inverse * scale[j]! + shift[j]!;
  }
}

function backward(
  dy: Float32Array,
  { x, scale, inverses }: Readonly<Record<"x" | "scale" | "inverses", Float32Array>>,
  { dx, dScale, dShift }: Readonly<Record<"dx" | "dScale" | "dShift", Float32Array>>,
): void {
  const cols = scale.length;
  const [scaleSums, shiftSums] = [new Float64Array(cols), new Float64Array(cols)];
  for (let at = 0, i = 0; at < x.length; at += cols, i++) {
    let sum = 0;
    for (let j = at; j < at + cols; j++) sum += x[j]!;
    const mean = sum / cols;
    const inverse = inverses[i]!;
    let [total, product] = [0, 0];
    for (let j = 0; j < cols; j++) {
      const slope = dy[at + j]!;
      const normal = (x[at + j]! - mean) * inverse;
      const g = slope * scale[j]!;
      total += g;
      product += g * normal;
      scaleSums[j]! += slope * normal;
      shiftSums[j]! += slope;
    }
    const [level, tilt] = [total / cols, (product / cols) * inverse];
    for (let j = 0; j < cols; j++) {
      dx[at + j] = inverse * (dy[at + j]! * scale[j]! - level - (x[at + j]! - mean) * tilt);
    }
  }
  dScale.set(scaleSums);
  dShift.set(shiftSums);
}
