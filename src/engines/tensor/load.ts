/**
 * The entry to TensorFlow.js: `loadTensors()`. On a native tfjs-node where that is installed, else on our own backend
 * `openblas`: tfjs's cpu backend with the kernels that matter replaced.
 *
 * A fused differentiable kernel is a function that takes `Tensors`. Where `tensors.backend` is there it makes its outputs
 * with `backend.allocate` inside `differentiable` (tape.ts), whose gradient function it gives itself (dense.ts is an example); so
 * nothing is registered, and no other backend sees it. Elsewhere it builds the same from tf's own operations.
 * A plain kernel is registered by its tfjs name in kernels.ts and the files beside it; gradients.ts has the gradients of
 * the operations that families build on, since tfjs-core comes without any.
 */
import { createRequire } from "node:module";
import util from "node:util";
import { loadOpenblas, type Openblas } from "../openblas.ts";
import { createBackend } from "./backend.ts";
import { chosenBackend, TFJS_NODE } from "./choice.ts";
import { registerGradients } from "./gradients.ts";
import { registerKernels } from "./kernels.ts";
import type { BackendId, Cpu, Tensors, Tf } from "./types.ts";

export type { BackendId, TensorBackend, Tensors, Tf } from "./types.ts";

const instances = new Map<BackendId, Promise<Tensors>>();

/**
 * Loads TensorFlow.js and makes a backend current: once per thread, since tfjs keeps the current one for all.
 * To be called lazily, in a thread that trains. Tensors belong to who makes them: dispose them.
 * @param id absent: tfjs-node if it is installed, else openblas; "cpu" is tfjs's own, for comparison
 * @param threads of matrix products on openblas, process-wide
 */
export async function loadTensors(options: { id?: BackendId; threads?: number } = {}): Promise<Tensors> {
  const { id = chosenBackend(), threads = 1 } = options;
  let loading = instances.get(id);
  if (loading === undefined) {
    loading = id === "tensorflow" ? loadTfjsNode() : loadOwn(id);
    instances.set(id, loading);
    loading.catch(() => instances.delete(id));
  }
  const tensors = await loading;
  if (id === "openblas") (await loadOpenblas()).setThreads(threads);
  if (tensors.tf.getBackend() !== id) await tensors.tf.setBackend(id);
  return tensors;
}

/** tfjs-node brings a tfjs-core of its own, with gradients. Its version 4 calls two functions that Node 23 removed. */
async function loadTfjsNode(): Promise<Tensors> {
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray ??= Array.isArray;
  const tf = createRequire(import.meta.url)(TFJS_NODE) as Tf;
  return { tf, id: "tensorflow", trim() {} };
}

async function loadOwn(id: "openblas" | "cpu"): Promise<Tensors> {
  // Both are CommonJS: an import would first search their half megabyte for what it exports.
  const require = createRequire(import.meta.url);
  const tf = require("@tensorflow/tfjs-core") as Tf;
  const cpu = require("@tensorflow/tfjs-backend-cpu") as Cpu;
  registerGradients(tf);
  if (id === "cpu") return { tf, id, trim() {} };
  const blas: Openblas = await loadOpenblas();
  const backend = createBackend(cpu, blas);
  tf.registerBackend(id, () => backend, 0);
  tf.copyRegisteredKernels("cpu", id);
  registerKernels(tf, backend);
  return { tf, id, backend, trim: () => backend.trim() };
}
