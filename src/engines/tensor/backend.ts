/** tfjs's cpu backend with memory that is used again: what a step of training allocates, the next one needs too. */
import type { BackendValues, DataType, TensorInfo, TypedArray } from "@tensorflow/tfjs-core";
import type { Openblas } from "../openblas.ts";
import type { Cpu, TensorBackend } from "./types.ts";

/** Below so many bytes memory is not kept. */
const SMALL = 2048;
/** At most so many bytes are kept. */
const MOST = 256 << 20;

/** At most an eighth is wasted, and tensors of nearly the same size share memory. */
function capacityFor(bytes: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

/** Makes the backend; it is registered by load.ts. */
export function createBackend(cpu: Cpu, blas: Openblas): TensorBackend {
  const free = new Map<number, ArrayBuffer[]>();
  const owned = new WeakSet<ArrayBufferLike>();
  let kept = 0;
  let count = 0;

  const take = (bytes: number): ArrayBuffer => {
    const capacity = capacityFor(bytes);
    const old = free.get(capacity)?.pop();
    if (old !== undefined) {
      kept -= capacity;
      return old;
    }
    const buffer = new ArrayBuffer(capacity);
    owned.add(buffer);
    return buffer;
  };

  const give = (buffer: ArrayBuffer): void => {
    if (kept + buffer.byteLength > MOST) return;
    kept += buffer.byteLength;
    const list = free.get(buffer.byteLength);
    if (list === undefined) free.set(buffer.byteLength, [buffer]);
    else list.push(buffer);
  };

  return new (class extends cpu.MathBackendCPU implements TensorBackend {
    readonly blas = blas;

    allocate(shape: readonly number[], dtype: "float32" | "int32" = "float32"): TensorInfo {
      const size = shape.reduce((a, b) => a * b, 1);
      const Type = dtype === "float32" ? Float32Array : Int32Array;
      const values = size * 4 < SMALL ? new Type(size) : new Type(take(size * 4), 0, size);
      return { dataId: this.store(values, dtype), shape: [...shape], dtype };
    }

    floats(info: TensorInfo): Float32Array {
      return this.data.get(info.dataId).values as Float32Array;
    }

    ints(info: TensorInfo): Int32Array {
      return this.data.get(info.dataId).values as Int32Array;
    }

    trim(): void {
      free.clear();
      kept = 0;
    }

    /** A cpu kernel may return a view of its input; memory that will be used again must not be shared. */
    override write(values: BackendValues, _shape: number[], dtype: DataType): object {
      const shared = ArrayBuffer.isView(values) && owned.has(values.buffer);
      return this.store(shared ? (values as TypedArray).slice() : values, dtype);
    }

    override readSync(dataId: object): BackendValues {
      const values = super.readSync(dataId);
      return ArrayBuffer.isView(values) ? (values as TypedArray).slice() : values;
    }

    override disposeData(dataId: object, force = false): boolean {
      const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
      const gone = super.disposeData(dataId, force);
      if (gone && ArrayBuffer.isView(values) && owned.has(values.buffer)) give(values.buffer as ArrayBuffer);
      return gone;
    }

    private store(values: BackendValues, dtype: DataType): object {
      const dataId = { id: count++ };
      this.data.set(dataId, { values, dtype, refCount: 1 });
      return dataId;
    }
  })();
}
