import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { loadTensors, type Tensors, type Tf } from "../../../src/engines/tensor/load.ts";

let own: Tensors;
let cpu: Tensors;
beforeAll(async () => {
  cpu = await loadTensors({ id: "cpu" });
  Object.assign(cpu.tf.backend(), { firstUse: false }); // it would greet
  own = await loadTensors({ id: "openblas" });
});

/** Numbers between −2 and 2 of a shape, the same on every call. */
function numbers(shape: readonly number[], seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.next() * 4 - 2);
}

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly f: (tf: Tf, ...inputs: Tensor[]) => Tensor;
  /** Makes inputs positive. */
  readonly positive?: boolean;
  readonly noGradient?: boolean;
}

/** The output, and the gradients of a weighted sum of it. */
function run({ tf }: Tensors, { shapes, f, positive, noGradient }: Case): number[][] {
  const start = tf.memory().numTensors;
  const outcome = tf.tidy(() => {
    const inputs = shapes.map((shape, i) => {
      const values = numbers(shape, i + 1);
      return tf.tensor(positive ? values.map((v) => Math.abs(v) + 0.1) : values, [...shape]);
    });
    const y = f(tf, ...inputs);
    const weights = tf.tensor(numbers(y.shape, 9), y.shape);
    const loss = (...xs: Tensor[]): Tensor => tf.sum(tf.mul(f(tf, ...xs), weights));
    const grads = noGradient ? [] : tf.grads(loss)(inputs);
    return [y, ...grads].map((tensor) => [...tensor.shape, ...tensor.dataSync()]);
  });
  expect(tf.memory().numTensors).toBe(start);
  return outcome;
}

const CASES: readonly Case[] = [
  {
    name: "add",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    f: (tf, a, b) => tf.add(a, b),
  },
  { name: "add a row", shapes: [[2, 3, 4], [4]], f: (tf, a, b) => tf.add(a, b) },
  {
    name: "multiply by a column",
    shapes: [
      [3, 4],
      [3, 1],
    ],
    f: (tf, a, b) => tf.mul(a, b),
  },
  {
    name: "multiply both ways",
    shapes: [
      [3, 1, 2],
      [1, 4, 2],
    ],
    f: (tf, a, b) => tf.mul(a, b),
  },
  { name: "divide by a scalar", shapes: [[3, 4], []], f: (tf, a, b) => tf.div(a, b), positive: true },
  { name: "subtract from a scalar", shapes: [[], [3, 4]], f: (tf, a, b) => tf.sub(a, b) },
  {
    name: "squared difference",
    shapes: [
      [5, 2],
      [1, 2],
    ],
    f: (tf, a, b) => tf.squaredDifference(a, b),
  },
  { name: "maximum", shapes: [[5, 2], [2]], f: (tf, a, b) => tf.maximum(a, b), noGradient: true },
  { name: "minimum", shapes: [[5, 2], [2]], f: (tf, a, b) => tf.minimum(a, b), noGradient: true },
  ...(["relu", "exp", "square", "neg", "tanh", "sigmoid", "abs", "erf"] as const).map((op): Case => {
    return { name: op, shapes: [[7, 3]], f: (tf, x) => tf[op](x) };
  }),
  ...(["log", "sqrt", "rsqrt"] as const).map((op): Case => {
    return { name: op, shapes: [[7, 3]], f: (tf, x) => tf[op](x), positive: true };
  }),
  { name: "softmax", shapes: [[2, 3, 5]], f: (tf, x) => tf.softmax(x) },
  { name: "log softmax", shapes: [[4, 5]], f: (tf, x) => tf.logSoftmax(x) },
  {
    name: "matrix product",
    shapes: [
      [3, 4],
      [4, 5],
    ],
    f: (tf, a, b) => tf.matMul(a, b),
  },
  {
    name: "product of transposes",
    shapes: [
      [4, 3],
      [5, 4],
    ],
    f: (tf, a, b) => tf.matMul(a, b, true, true),
  },
  {
    name: "product, first transposed",
    shapes: [
      [4, 3],
      [4, 5],
    ],
    f: (tf, a, b) => tf.matMul(a, b, true, false),
  },
  {
    name: "many products",
    shapes: [
      [2, 3, 4, 2],
      [2, 3, 5, 2],
    ],
    f: (tf, a, b) => tf.matMul(a, b, false, true),
  },
  {
    name: "many with one",
    shapes: [
      [6, 4, 2],
      [1, 2, 5],
    ],
    f: (tf, a, b) => tf.matMul(a, b),
  },
  {
    name: "many, one first",
    shapes: [
      [1, 4, 2],
      [6, 2, 5],
    ],
    f: (tf, a, b) => tf.matMul(a, b),
  },
  {
    name: "many transposed with one",
    shapes: [
      [6, 2, 4],
      [1, 2, 5],
    ],
    f: (tf, a, b) => tf.matMul(a, b, true),
  },
  {
    name: "product with bias and relu",
    shapes: [[3, 4], [4, 5], [5]],
    f: (tf, a, b, bias) => tf.fused.matMul({ a: a as never, b: b as never, bias, activation: "relu" }),
    noGradient: true,
  },
  { name: "sum of all", shapes: [[3, 4]], f: (tf, x) => tf.sum(x) },
  { name: "sum of rows", shapes: [[3, 4, 2]], f: (tf, x) => tf.sum(x, [1, 2]) },
  { name: "sum of columns", shapes: [[3, 4, 2]], f: (tf, x) => tf.sum(x, 0, true) },
  { name: "sum of a middle axis", shapes: [[3, 4, 2]], f: (tf, x) => tf.sum(x, 1) },
  { name: "sum of the outer axes", shapes: [[3, 4, 2]], f: (tf, x) => tf.sum(x, [0, 2]) },
  { name: "mean", shapes: [[3, 4, 2]], f: (tf, x) => tf.mean(x, -1, true) },
  { name: "max", shapes: [[3, 4, 2]], f: (tf, x) => tf.max(x, 1), noGradient: true },
  { name: "transpose", shapes: [[2, 3, 4, 5]], f: (tf, x) => tf.transpose(x, [0, 2, 1, 3]) },
  { name: "transpose, rows last", shapes: [[2, 3, 40]], f: (tf, x) => tf.transpose(x, [2, 0, 1]) },
  { name: "reshape", shapes: [[2, 6]], f: (tf, x) => tf.reshape(x, [3, 4]) },
  { name: "expand", shapes: [[2, 6]], f: (tf, x) => tf.expandDims(x, 1) },
  { name: "slice", shapes: [[4, 5, 3]], f: (tf, x) => tf.slice(x, [1, 2], [2, -1]) },
  { name: "slice of rows", shapes: [[4, 50]], f: (tf, x) => tf.slice(x, 1, 2) },
  { name: "a part of a split", shapes: [[4, 6]], f: (tf, x) => tf.split(x, [1, 2, 3], 1)[1]! },
  {
    name: "concatenation",
    shapes: [
      [4, 2],
      [4, 40],
      [4, 1],
    ],
    f: (tf, ...xs) => tf.concat(xs, 1),
  },
  {
    name: "gather",
    shapes: [[5, 3]],
    f: (tf, x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [4, 0],
            [4, 2],
          ],
          [2, 2],
          "int32",
        ),
      ),
  },
  {
    name: "where",
    shapes: [
      [3, 2],
      [3, 2],
    ],
    f: (tf, a, b) =>
      tf.where(
        tf.greater(
          tf.ones([3, 2]),
          tf.tensor2d([
            [0, 2],
            [2, 0],
            [0, 0],
          ]),
        ),
        a,
        b,
      ),
  },
];

describe("each operation and its gradients are those of the cpu backend", () => {
  test.each(CASES)("$name", async (options) => {
    await loadTensors({ id: "cpu" });
    const expected = run(cpu, options);
    await loadTensors({ id: "openblas" });
    const got = run(own, options);
    expect(got.map((row) => row.length)).toEqual(expected.map((row) => row.length));
    got.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(value - expected[i]![j]!) / (1 + Math.abs(expected[i]![j]!))).toBeLessThan(1e-5);
      });
    });
  });

  test("gradients are those of finite differences", async () => {
    await loadTensors({ id: "openblas" });
    const { tf } = own;
    for (const { name, shapes, f, positive, noGradient } of CASES) {
      if (noGradient) continue;
      tf.tidy(() => {
        const values = shapes.map((shape, i) => numbers(shape, i + 1).map((v) => (positive ? Math.abs(v) + 0.1 : v)));
        const at = (changed: readonly Float32Array[]): Tensor[] =>
          changed.map((v, i) => tf.tensor(v.slice(), [...shapes[i]!]));
        const y = f(tf, ...at(values));
        const weights = tf.tensor(numbers(y.shape, 9), y.shape);
        const loss = (...xs: Tensor[]): Tensor => tf.sum(tf.mul(f(tf, ...xs), weights));
        const grads = tf
          .grads(loss)(at(values))
          .map((g) => g.dataSync());
        values.forEach((v, i) => {
          const j = v.length >> 1;
          const h = 1e-2;
          const moved = (by: number): number =>
            loss(...at(values.map((w, k) => (k === i ? w.map((z, l) => (l === j ? z + by : z)) : w)))).dataSync()[0]!;
          const slope = (moved(h) - moved(-h)) / (2 * h);
          expect(Math.abs(slope - grads[i]![j]!), name).toBeLessThan(2e-2 * (1 + Math.abs(slope)));
        });
      });
    }
  });
});

describe("memory", () => {
  test("is used again, never shared with what a caller holds", async () => {
    await loadTensors({ id: "openblas" });
    const { tf } = own;
    const size = 4096;
    const first = tf.add(tf.ones([size]), 1);
    const read = first.dataSync();
    const view = tf.reshape(first, [64, 64]);
    first.dispose();
    expect(view.dataSync()[0]).toBe(2);
    view.dispose();
    const second = tf.add(tf.ones([size]), 41);
    expect(read[0]).toBe(2);
    expect(second.dataSync()[7]).toBe(42);
    second.dispose();
    own.trim();
  });

  test("a view that a cpu kernel returns outlives its input", async () => {
    await loadTensors({ id: "openblas" });
    const { tf } = own;
    const x = tf.add(tf.zeros([4, 1024]), 3);
    const parts = tf.unstack(x);
    x.dispose();
    const other = tf.add(tf.zeros([4, 1024]), 5);
    expect(parts[2]!.dataSync()[9]).toBe(3);
    tf.dispose([parts, other]);
  });
});
