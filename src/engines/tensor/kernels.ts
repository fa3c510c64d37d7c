/** Registers our generic kernels over those copied from tfjs's cpu backend; each falls back to it for what it does not do. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs-core";
import { elementwiseKernels } from "./elementwise.ts";
import { matmulKernels } from "./matmul.ts";
import { moveKernels } from "./move.ts";
import { reduceKernels } from "./reduce.ts";
import type { Kernels, TensorBackend, Tf } from "./types.ts";

export function registerKernels(tf: Tf, backend: TensorBackend): void {
  const all: Kernels = { ...elementwiseKernels, ...matmulKernels, ...moveKernels, ...reduceKernels };
  for (const [name, kernel] of Object.entries(all)) {
    const original = tf.getKernel(name, "cpu")?.kernelFunc;
    const kernelFunc: KernelFunc = (call) =>
      kernel({
        backend,
        inputs: call.inputs as NamedTensorInfoMap as Record<string, TensorInfo>,
        attrs: (call.attrs ?? {}) as unknown as Record<string, unknown>,
        fallback: () => original(call),
      });
    if (tf.getKernel(name, "openblas") !== undefined) tf.unregisterKernel(name, "openblas");
    tf.registerKernel({ kernelName: name, backendName: "openblas", kernelFunc });
  }
}
