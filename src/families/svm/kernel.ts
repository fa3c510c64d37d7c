/** The RBF kernel exp(−gamma |a − b|²), by matrix products. */

import { expNegative } from "../../core/exp.ts";
import type { Openblas } from "../../engines/openblas.ts";
import type { KernelRows } from "./smo.ts";

/** Rows with their squared lengths. */
export interface Vectors {
  readonly rows: number;
  readonly cols: number;
  /** [rows × cols], centred, or differences drown in rounding */
  readonly data: Float32Array;
  /** [rows] */
  readonly squares: Float64Array;
}

export function vectorsOf(data: Float32Array, cols: number): Vectors {
  const rows = data.length / cols;
  const squares = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let at = i * cols; at < (i + 1) * cols; at++) sum += data[at]! * data[at]!;
    squares[i] = sum;
  }
  return { rows, cols, data, squares };
}

export function sliceVectors({ cols, data, squares }: Vectors, from: number, to: number): Vectors {
  return { rows: to - from, cols, data: data.subarray(from * cols, to * cols), squares: squares.subarray(from, to) };
}

/** Writes the kernel of all rows of a with all of b into `out`, [a.rows × b.rows]. */
export function kernelBlock(blas: Openblas, a: Vectors, b: Vectors, gamma: number, out: Float32Array): void {
  blas.sgemm({ m: a.rows, n: b.rows, k: a.cols, a: a.data, b: b.data, c: out, transposeB: true });
  for (let i = 0; i < a.rows; i++) {
    const own = a.squares[i]!;
    const at = i * b.rows;
    for (let j = 0; j < b.rows; j++) {
      out[at + j] = expNegative(Math.min(0, gamma * (2 * out[at + j]! - own - b.squares[j]!)));
    }
  }
}

/**
 * Kernel matrix of rows, each row computed when it is asked for; the rows used longest ago make room.
 * @param bytes memory for rows; two rows are always kept
 */
export function createKernelCache(blas: Openblas, x: Vectors, gamma: number, bytes: number): KernelRows {
  const size = x.rows;
  const capacity = Math.min(size, Math.max(2, Math.floor(bytes / (4 * size))));
  const data = new Float32Array(capacity * size);
  const slots = new Int32Array(size).fill(-1);
  const holds = new Int32Array(capacity).fill(-1);
  const used = new Float64Array(capacity);
  let clock = 0;
  return {
    size,
    data,
    at(i) {
      let slot = slots[i]!;
      if (slot < 0) {
        slot = used.reduce((oldest, time, s) => (time < used[oldest]! ? s : oldest), 0);
        if (holds[slot]! >= 0) slots[holds[slot]!] = -1;
        slots[i] = slot;
        holds[slot] = i;
        const out = data.subarray(slot * size, (slot + 1) * size);
        kernelBlock(blas, sliceVectors(x, i, i + 1), x, gamma, out);
        out[i] = 1;
      }
      used[slot] = ++clock;
      return slot * size;
    },
  };
}
