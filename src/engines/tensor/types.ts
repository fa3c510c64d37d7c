/** What the files of this folder share. */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Openblas } from "../openblas.ts";

export type Tf = typeof import("@tensorflow/tfjs-core");
export type BackendId = "openblas" | "tensorflow" | "cpu";

export interface Tensors {
  readonly tf: Tf;
  readonly id: BackendId;
  /** Our backend, when it is the one in use. */
  readonly backend?: TensorBackend;
  /** Of the step that is being recorded, where it is not tfjs's own. */
  readonly tape?: Tape;
  /** Frees memory that is kept for the next tensors; to be called when a fit ends, after its tensors are disposed. */
  trim(): void;
}

export interface Tape {
  /** @param gradients of the inputs, for one of the value */
  record(inputs: readonly Tensor[], value: Tensor, gradients: (dy: Tensor) => Tensor[]): void;
}

export type Cpu = typeof import("@tensorflow/tfjs-backend-cpu");

export interface TensorBackend extends InstanceType<Cpu["MathBackendCPU"]> {
  readonly blas: Openblas;
  /** A tensor whose values are whatever the memory held before: write all of them. */
  allocate(shape: readonly number[], dtype?: "float32" | "int32"): TensorInfo;
  /** The values themselves, not a copy. They must not be kept beyond the life of the tensor. */
  floats(info: TensorInfo): Float32Array;
  ints(info: TensorInfo): Int32Array;
  /** Frees the memory kept for later. */
  trim(): void;
}

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

export const isFloat = (...infos: readonly TensorInfo[]): boolean => infos.every(({ dtype }) => dtype === "float32");

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
