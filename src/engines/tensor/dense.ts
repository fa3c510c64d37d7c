/** A dense layer in training, as one differentiable kernel: product, batch normalisation, ReLU, dropout. */
import type { Tensor, Tensor2D, TensorInfo } from "@tensorflow/tfjs-core";
import type { Rng } from "../../core/rng.ts";
import { addRow, columnSums } from "./matmul.ts";
import { differentiable } from "./tape.ts";
import type { TensorBackend, Tensors } from "./types.ts";

export interface DenseParams {
  /** [inputs, outputs] */
  readonly weights: Tensor2D;
  /** [outputs] bias, or with batch normalisation what is added after it */
  readonly shift: Tensor;
  /** [outputs] factor after batch normalisation; there is none without */
  readonly scale?: Tensor;
}

export interface DenseOptions {
  readonly relu: boolean;
  readonly dropout?: DropoutMask;
  /** Added to the variance. */
  readonly epsilon?: number;
  /** False where the layer's input is data: its gradient is then not computed. Default: true. */
  readonly inputGradient?: boolean;
}

/** Factors of a dropout: row i of the layer takes `table[starts[i] …]`. */
export interface DropoutMask {
  /** 0, or 1 / (1 − rate) */
  readonly table: Float32Array;
  /** [rows] */
  readonly starts: Int32Array;
}

const TABLE = 1 << 15;

/** Draws masks from a table that is drawn once: a random number a row, not one an element. */
export function createDropout(rate: number, width: number, rng: Rng): (rows: number) => DropoutMask {
  const table = new Float32Array(TABLE + width);
  for (let i = 0; i < table.length; i++) table[i] = rng.next() < rate ? 0 : 1 / (1 - rate);
  return (rows) => ({ table, starts: Int32Array.from({ length: rows }, () => rng.int(TABLE)) });
}

/** [rows, outputs] of x [rows, inputs]. */
export function dense(tensors: Tensors, x: Tensor2D, params: DenseParams, options: DenseOptions): Tensor2D {
  const { backend } = tensors;
  return backend === undefined ? composed(tensors, x, params, options) : fused(tensors, backend, x, params, options);
}

/** The same from tf's own operations. */
function composed({ tf }: Tensors, x: Tensor2D, params: DenseParams, options: DenseOptions): Tensor2D {
  const { weights, shift, scale } = params;
  let y: Tensor = tf.matMul(x, weights);
  if (scale) {
    const { mean, variance } = tf.moments(y, 0);
    const deviation = tf.sqrt(tf.add(variance, options.epsilon ?? EPSILON));
    y = tf.mul(tf.div(tf.sub(y, mean), deviation), scale);
  }
  y = tf.add(y, shift);
  if (options.relu) y = tf.relu(y);
  if (options.dropout) {
    const { table, starts } = options.dropout;
    const cols = y.shape[1]!;
    const mask = new Float32Array(starts.length * cols);
    starts.forEach((start, i) => {
      mask.set(table.subarray(start, start + cols), i * cols);
    });
    y = tf.mul(y, tf.tensor2d(mask, [starts.length, cols]));
  }
  return y as Tensor2D;
}

const EPSILON = 1e-5;

function fused(tensors: Tensors, backend: TensorBackend, x: Tensor2D, params: DenseParams, options: DenseOptions) {
  const { tf } = tensors;
  const { weights, shift, scale } = params;
  const { relu, dropout, epsilon = EPSILON, inputGradient = true } = options;
  if (dropout && !relu) throw new Error("dropout is for layers with ReLU");
  const { blas } = backend;
  const [rows, inputs] = x.shape;
  const outputs = weights.shape[1]!;
  const wrap = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info, backend);

  const operands = [weights, shift, ...(scale ? [scale] : []), ...(inputGradient ? [x] : [])];
  return differentiable(tensors, operands, (save) => {
    const product = backend.allocate([rows, outputs]);
    const z = backend.floats(product);
    blas.sgemm({ m: rows, n: outputs, k: inputs, a: backend.floats(x), b: backend.floats(weights), c: z });
    const norm = scale && normaliser(z, backend.floats(scale), epsilon);
    if (!norm) addRow(z, backend.floats(shift));
    let output = product;
    if (norm || relu) {
      // Without batch normalisation the gradient does not need z, so y takes its place.
      output = norm ? backend.allocate([rows, outputs]) : product;
      activate(z, backend.floats(output), outputs, { norm, shift: backend.floats(shift), relu, dropout });
    }
    const value = wrap(output);
    save([x, weights, value, ...(norm ? [wrap(product)] : [])]);

    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [xs, ws, y, zs] = saved as [Tensor, Tensor, Tensor, Tensor | undefined];
      const shiftInfo = backend.allocate([outputs]);
      const shiftGrad = backend.floats(shiftInfo);
      const factor = dropout ? dropout.table.find((f) => f > 0)! : 1;
      let [dz, own] = [backend.floats(dy), undefined as TensorInfo | undefined];
      if (relu || norm) {
        own = backend.allocate([rows, outputs]);
        const g = backend.floats(own);
        if (relu) maskGradient(dz, backend.floats(y), g, factor);
        else g.set(dz);
        dz = g;
      }
      const scaleInfo = norm && backend.allocate([outputs]);
      if (norm && scaleInfo) norm.backward(dz, backend.floats(zs!), shiftGrad, backend.floats(scaleInfo));
      else columnSums(dz, shiftGrad);
      const weightInfo = backend.allocate([inputs, outputs]);
      const dw = backend.floats(weightInfo);
      blas.sgemm({ m: inputs, n: outputs, k: rows, a: backend.floats(xs), b: dz, c: dw, transposeA: true });
      const grads = [weightInfo, shiftInfo, ...(scaleInfo ? [scaleInfo] : [])];
      if (inputGradient) {
        const inputInfo = backend.allocate([rows, inputs]);
        const dx = backend.floats(inputInfo);
        blas.sgemm({ m: rows, n: inputs, k: outputs, a: dz, b: backend.floats(ws), c: dx, transposeB: true });
        grads.push(inputInfo);
      }
      if (own) backend.disposeIntermediateTensorInfo(own);
      return grads.map(wrap);
    };
    return { value, gradFunc };
  }) as Tensor2D;
}

interface Normaliser {
  /** [cols] z · slope + offset is normalised and scaled */
  readonly slope: Float64Array;
  readonly offset: Float64Array;
  /** Turns the gradient after the normalisation (g, in place) into that of z; writes those of shift and scale. */
  backward(g: Float32Array, z: Float32Array, shiftGrad: Float32Array, scaleGrad: Float32Array): void;
}

/** Batch normalisation of [rows × cols]; sums in double precision. */
function normaliser(z: Float32Array, scale: Float32Array, epsilon: number): Normaliser {
  const cols = scale.length;
  const rows = z.length / cols;
  const [mean, squares] = [new Float64Array(cols), new Float64Array(cols)];
  for (let at = 0; at < z.length; at += cols) {
    for (let j = 0; j < cols; j++) {
      const value = z[at + j]!;
      mean[j]! += value;
      squares[j]! += value * value;
    }
  }
  const [inverse, slope, offset] = [new Float64Array(cols), new Float64Array(cols), new Float64Array(cols)];
  for (let j = 0; j < cols; j++) {
    mean[j]! /= rows;
    const variance = Math.max(0, squares[j]! / rows - mean[j]! ** 2);
    inverse[j] = 1 / Math.sqrt(variance + epsilon);
    slope[j] = inverse[j]! * scale[j]!;
    offset[j] = -mean[j]! * slope[j]!;
  }
  const backward: Normaliser["backward"] = (g, values, shiftGrad, scaleGrad) => {
    const [sums, products] = [new Float64Array(cols), new Float64Array(cols)];
    for (let at = 0; at < g.length; at += cols) {
      for (let j = 0; j < cols; j++) {
        const slopeOf = g[at + j]!;
        sums[j]! += slopeOf;
        products[j]! += slopeOf * values[at + j]!;
      }
    }
    // dz = slope · (g − mean(g) − ẑ · mean(g ẑ)), with ẑ = (z − mean) · inverse
    const [constant, linear] = [sums, products];
    for (let j = 0; j < cols; j++) {
      const scaleSum = inverse[j]! * (products[j]! - mean[j]! * sums[j]!);
      shiftGrad[j] = sums[j]!;
      scaleGrad[j] = scaleSum;
      linear[j] = (slope[j]! * inverse[j]! * scaleSum) / rows;
      constant[j] = (slope[j]! * sums[j]!) / rows - linear[j]! * mean[j]!;
    }
    for (let at = 0; at < g.length; at += cols) {
      for (let j = 0; j < cols; j++) {
        g[at + j] = slope[j]! * g[at + j]! - constant[j]! - linear[j]! * values[at + j]!;
      }
    }
  };
  return { slope, offset, backward };
}

interface Activation {
  readonly norm: Normaliser | undefined;
  readonly shift: Float32Array;
  readonly relu: boolean;
  readonly dropout: DropoutMask | undefined;
}

/** Normalises, adds, cuts and drops in one pass. (v + |v|) / 2 is ReLU without a branch, which could not be predicted. */
function activate(z: Float32Array, y: Float32Array, cols: number, { norm, shift, relu, dropout }: Activation): void {
  const slope = norm?.slope ?? new Float64Array(cols).fill(1);
  const offset = norm ? norm.offset.map((value, j) => value + shift[j]!) : new Float64Array(cols);
  for (let at = 0, i = 0; at < z.length; at += cols, i++) {
    if (dropout) {
      const { table, starts } = dropout;
      const start = starts[i]!;
      for (let j = 0; j < cols; j++) {
        const v = z[at + j]! * slope[j]! + offset[j]!;
        y[at + j] = (v + Math.abs(v)) * 0.5 * table[start + j]!;
      }
    } else if (relu) {
      for (let j = 0; j < cols; j++) {
        const v = z[at + j]! * slope[j]! + offset[j]!;
        y[at + j] = (v + Math.abs(v)) * 0.5;
      }
    } else for (let j = 0; j < cols; j++) y[at + j] = z[at + j]! * slope[j]! + offset[j]!;
  }
}

/** g = dy · factor where y > 0, else 0; y is never negative, so its bits tell. */
function maskGradient(dy: Float32Array, y: Float32Array, g: Float32Array, factor: number): void {
  const bits = new Int32Array(y.buffer, y.byteOffset, y.length);
  const factors = Float64Array.of(0, factor);
  for (let i = 0; i < g.length; i++) g[i] = dy[i]! * factors[-bits[i]! >>> 31]!;
}
