import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { attention } from "../../../src/engines/tensor/attention.ts";
import { embed } from "../../../src/engines/tensor/embed.ts";
import { layerNorm } from "../../../src/engines/tensor/layer-norm.ts";
import { expectClose, numbers, onBoth, quietCpu } from "./_backends.ts";

beforeAll(quietCpu);

const WIDTH = 12;
/** Groups of 3, 1, 6 and 4 rows. */
const STARTS = Int32Array.of(0, 3, 4, 10, 14);
const ONE_EACH = Int32Array.of(0, 1, 2, 3, 4);

describe("attention and its gradients are those of plain, padded operations", () => {
  test.each([
    { name: "every row asks", queryStarts: STARTS, heads: 3 },
    { name: "every row asks, one head", queryStarts: STARTS, heads: 1 },
    { name: "one row of each group asks", queryStarts: ONE_EACH, heads: 3 },
    { name: "several rows of some groups ask", queryStarts: Int32Array.of(0, 2, 3, 4, 9), heads: 4 },
  ])("$name", async ({ queryStarts, heads }) => {
    const [own, cpu] = await onBoth((tensors) => {
      const { tf } = tensors;
      const queries = queryStarts.at(-1)!;
      const query = tf.tensor2d(numbers(queries * WIDTH, 1), [queries, WIDTH]);
      const keyValue = tf.tensor2d(numbers(14 * 2 * WIDTH, 2), [14, 2 * WIDTH]);
      const upstream = tf.tensor2d(numbers(queries * WIDTH, 3), [queries, WIDTH]);
      const layer = (q: Tensor, kv: Tensor): Tensor2D =>
        attention(tensors, q as Tensor2D, kv as Tensor2D, { heads, starts: STARTS, queryStarts });
      const grads = tf.grads((q, kv) => tf.sum(tf.mul(layer(q, kv), upstream)))([query, keyValue]);
      return [layer(query, keyValue), ...grads].map((tensor) => [...tensor.dataSync()]);
    });
    expectClose(own, cpu);
  });

  test("a row that asks alone gets its own value", async () => {
    const [own] = await onBoth((tensors) => {
      const { tf } = tensors;
      const keyValue = tf.tensor2d(numbers(2 * 2 * WIDTH, 2), [2, 2 * WIDTH]);
      const groups = { heads: 2, starts: Int32Array.of(0, 1, 2), queryStarts: Int32Array.of(0, 1, 2) };
      const out = attention(tensors, tf.ones([2, WIDTH]) as Tensor2D, keyValue, groups);
      return [[...tf.sub(out, tf.slice(keyValue, [0, WIDTH], [2, WIDTH])).dataSync()]];
    });
    expect(own[0]!.every((gap) => Math.abs(gap) < 1e-6)).toBe(true);
  });
});

test("layer normalisation and its gradient are those of plain operations", async () => {
  const [own, cpu] = await onBoth((tensors) => {
    const { tf } = tensors;
    const x = tf.tensor2d(numbers(9 * WIDTH, 1), [9, WIDTH]);
    const upstream = tf.tensor2d(numbers(9 * WIDTH, 4), [9, WIDTH]);
    const layer = (input: Tensor): Tensor2D => layerNorm(tensors, input as Tensor2D);
    const grad = tf.grad((input: Tensor) => tf.sum(tf.mul(layer(input), upstream)))(x);
    return [layer(x), grad].map((tensor) => [...tensor.dataSync()]);
  });
  expectClose(own, cpu);
});

test("embeddings and their gradient are those of plain operations", async () => {
  const tokens = {
    base: Int32Array.of(0, 2, 2, 1, 0),
    slope: Int32Array.of(-1, 3, 4, -1, 3),
    value: Float32Array.of(0, 1.5, -2, 0, 0.25),
  };
  const [own, cpu] = await onBoth((tensors) => {
    const { tf } = tensors;
    const table = tf.tensor2d(numbers(5 * WIDTH, 1), [5, WIDTH]);
    const upstream = tf.tensor2d(numbers(5 * WIDTH, 2), [5, WIDTH]);
    const layer = (x: Tensor): Tensor2D => embed(tensors, x as Tensor2D, tokens);
    const grad = tf.grad((x: Tensor) => tf.sum(tf.mul(layer(x), upstream)))(table);
    return [layer(table), grad].map((tensor) => [...tensor.dataSync()]);
  });
  expectClose(own, cpu);
});
