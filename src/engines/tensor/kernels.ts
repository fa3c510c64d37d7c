/** Registers our generic kernels over those copied from tfjs's cpu backend; each falls back to it for what it does not do. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorBackend } from "./backend.ts";
import { elementwiseKernels } from "./elementwise.ts";
import type { Tf } from "./load.ts";
import { matmulKernels } from "./matmul.ts";
import { moveKernels } from "./move.ts";
import { reduceKernels } from "./reduce.ts";

export interface KernelCall {
  readonly backend: TensorBackend;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** tfjs's own kernel, on the same inputs. */
  fallback(): TensorInfo | TensorInfo[];
}
export type Kernel = (call: KernelCall) => TensorInfo | TensorInfo[];

/** Kernels by their tfjs names. */
export type Kernels = Readonly<Record<string, Kernel>>;

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

export const isFloat = (...infos: readonly TensorInfo[]): boolean => infos.every(({ dtype }) => dtype === "float32");

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
