import { expect, test } from "vitest";
import { readNpy, writeNpy } from "../../src/core/formats/npy.ts";

test("numbers and shape come back, also from a Buffer that is a window on a pool", () => {
  const bytes = writeNpy(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
  const pool = Buffer.alloc(bytes.length + 40);
  pool.set(bytes, 13);
  expect(readNpy(pool.subarray(13, 13 + bytes.length))).toEqual({
    data: new Float32Array([1, 2, 3, 4, 5, 6]),
    shape: [2, 3],
  });
  expect(readNpy(writeNpy(new Int32Array([-1]), [1]))).toEqual({ data: new Int32Array([-1]), shape: [1] });
});

test("the data begin at a multiple of 64 bytes, as NumPy writes them", () => {
  expect(writeNpy(new Int32Array(3), [3]).length % 64).toBe(12);
});

test("a file cut short, or of another type, is refused", () => {
  const bytes = writeNpy(new Int32Array(3), [3]);
  expect(() => readNpy(bytes.subarray(0, bytes.length - 1))).toThrow(/cut short/);
  expect(() => readNpy(new Uint8Array(100))).toThrow(RangeError);
});
