import { expect, test } from "vitest";
import { pack, unpack } from "../../src/core/formats/container.ts";

test("nested typed arrays come back as they went in, empty ones and NaN included", () => {
  const value = {
    name: "fiebre ñ",
    empty: new Int32Array(0),
    nested: [{ a: new Float64Array([1.5, Number.NaN, -Infinity]) }, { b: new Uint8Array([1, 2, 3]) }],
    last: new Float32Array([0.25]),
    none: null,
  };
  expect(unpack(pack(value))).toEqual(value);
});

test("a container read at an odd offset is still read right", () => {
  const bytes = pack({ x: new Float64Array([7]) });
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(unpack(shifted.subarray(1))).toEqual({ x: new Float64Array([7]) });
});

test("a container cut short is refused, not read as zeros", () => {
  const bytes = pack({ x: new Float64Array(10) });
  expect(() => unpack(bytes.subarray(0, bytes.length - 8))).toThrow(RangeError);
  expect(() => unpack(bytes.subarray(0, 12))).toThrow(RangeError);
});

test("a NaN outside a typed array is refused, since JSON would lose it", () => {
  expect(() => pack({ mean: Number.NaN })).toThrow(/mean/);
});
