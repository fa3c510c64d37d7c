import type { Tensor2D } from "@tensorflow/tfjs-core";
import { takeRows } from "../../core/frame.ts";
import type { Tensors } from "./types.ts";

/** The named rows of row-major `data` [… × cols] as a tensor [rows.length, cols]. */
export function gatherRows({ tf, backend }: Tensors, data: Float32Array, cols: number, rows: Int32Array): Tensor2D {
  const shape: [number, number] = [rows.length, cols];
  const info = backend?.allocate(shape);
  const out = info ? backend!.floats(info) : new Float32Array(rows.length * cols);
  takeRows(data, cols, rows, out);
  return info ? (tf.engine().makeTensorFromTensorInfo(info, backend!) as Tensor2D) : tf.tensor2d(out, shape);
}
