/** Matrix products by OpenBLAS. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { relu } from "./elementwise.ts";
import { isFloat, type Kernel, type Kernels, sizeOf, type TensorBackend } from "./types.ts";

interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** [..., m, k] · [..., k, n]; the leading axes are equal, or one side has a single matrix. Undefined where they are not. */
function multiply(backend: TensorBackend, { a, b, transposeA, transposeB }: Product): TensorInfo | undefined {
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(batchA), sizeOf(batchB)];
  const same = batchA.length === batchB.length && batchA.every((length, i) => length === batchB[i]);
  if (!same && countA !== 1 && countB !== 1) return undefined;
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [m, k, n] = [transposeA ? a1 : a0, transposeA ? a0 : a1, transposeB ? b0 : b1];
  const lead = countA > countB || (countA === countB && batchA.length >= batchB.length) ? batchA : batchB;
  const info = backend.allocate([...lead, m, n]);
  const c = backend.floats(info);
  const product = { m, n, k, a: backend.floats(a), b: backend.floats(b), c, transposeA, transposeB };
  const batch = sizeOf(lead);
  if (c.length === 0) return info;
  if (k === 0) c.fill(0);
  else if (batch === 1) backend.blas.sgemm(product);
  // One product instead of many where the rows of all matrices of a meet the same b.
  else if (countB === 1 && !transposeA) backend.blas.sgemm({ ...product, m: m * batch });
  else {
    const [strideA, strideB] = [countA === 1 ? 0 : m * k, countB === 1 ? 0 : k * n];
    backend.blas.sgemmBatch({ ...product, batch, strideA, strideB, strideC: m * n });
  }
  return info;
}

const batchMatMul: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  if (!isFloat(a, b)) return fallback();
  return multiply(backend, { a, b, transposeA, transposeB }) ?? fallback();
};

/** tf.fused.matMul: with a bias row and ReLU. */
const fusedMatMul: Kernel = ({ backend, inputs, attrs, fallback }) => {
  const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
  const { transposeA, transposeB, activation } = attrs as {
    transposeA: boolean;
    transposeB: boolean;
    activation: string | null;
  };
  const known = activation === null || activation === "linear" || activation === "relu";
  if (!known || !isFloat(a, b) || (bias && bias.shape.length !== 1)) return fallback();
  const info = multiply(backend, { a, b, transposeA, transposeB });
  if (info === undefined) return fallback();
  const c = backend.floats(info);
  if (bias) addRow(c, backend.floats(bias));
  if (activation === "relu") relu(c, c);
  return info;
};

/** Adds `row` to each row of `matrix`, in place. */
export function addRow(matrix: Float32Array, row: Float32Array): void {
  const cols = row.length;
  for (let at = 0; at < matrix.length; at += cols) for (let j = 0; j < cols; j++) matrix[at + j]! += row[j]!;
}

/** Sums of the columns of [rows × cols] into `sums`, in double precision. */
export function columnSums(matrix: Float32Array, sums: Float32Array): void {
  const cols = sums.length;
  const exact = new Float64Array(cols);
  for (let at = 0; at < matrix.length; at += cols) for (let j = 0; j < cols; j++) exact[j]! += matrix[at + j]!;
  sums.set(exact);
}

export const matmulKernels: Kernels = { BatchMatMul: batchMatMul, _FusedMatMul: fusedMatMul };
