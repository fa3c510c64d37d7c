import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { createDropout, dense } from "../../../src/engines/tensor/dense.ts";
import { loadTensors } from "../../../src/engines/tensor/load.ts";
import { crossEntropy } from "../../../src/engines/tensor/loss.ts";
import { valueAndGradients } from "../../../src/engines/tensor/tape.ts";
import type { Tensors } from "../../../src/engines/tensor/types.ts";
import { numbers } from "./_backends.ts";

test("the gradients of a network are tfjs's, to the bit, and no tensor is left over", async () => {
  const tensors = await loadTensors({ id: "openblas" });
  const { tf } = tensors;
  const before = tf.memory().numTensors;
  const both = tf.tidy(() => {
    const x = tf.tensor2d(numbers(20 * 7, 1), [20, 7]);
    const labels = Int32Array.from({ length: 20 }, (_, i) => i % 4);
    const params: Tensor[] = [
      tf.tensor2d(numbers(7 * 12, 2), [7, 12]),
      tf.tensor1d(numbers(12, 3)),
      tf.tensor1d(numbers(12, 4)),
      tf.tensor2d(numbers(12 * 4, 5), [12, 4]),
      tf.tensor1d(numbers(4, 6)),
    ];
    const loss = (own: Tensors, [w0, b0, s0, w1, b1]: readonly Tensor[]): Tensor => {
      const dropout = createDropout(0.3, 12, createRng(3))(20);
      const first = { weights: w0 as Tensor2D, shift: b0!, scale: s0! };
      const hidden = dense(own, x, first, { relu: true, dropout, inputGradient: false });
      const logits = dense(own, hidden, { weights: w1 as Tensor2D, shift: b1! }, { relu: false });
      return crossEntropy(own, logits, { labels }).loss;
    };
    const own = valueAndGradients(tensors, params, (recording) => loss(recording, params));
    const theirs = tf.valueAndGrads((...all: Tensor[]) => loss(tensors, all))(params);
    return [own, theirs].map(({ value, grads }) => [value, ...grads].map((t) => [...t.dataSync()]));
  }) as unknown as number[][][];
  expect(both[0]).toEqual(both[1]);
  expect(both[0]!.map((values) => values.length)).toEqual([1, 84, 12, 12, 48, 4]);
  expect(tf.memory().numTensors).toBe(before);
  tensors.trim();
});

test("what the tape cannot do is refused: a tensor that is used twice, a param that is not used", async () => {
  const tensors = await loadTensors({ id: "openblas" });
  const { tf } = tensors;
  tf.tidy(() => {
    const w = tf.tensor2d(numbers(9, 1), [3, 3]);
    const x = tf.tensor2d(numbers(9, 3), [3, 3]);
    const [b, unused] = [tf.tensor1d(numbers(3, 2)), tf.tensor1d([1])];
    const layer = (own: Tensors, input: Tensor2D): Tensor2D =>
      dense(own, input, { weights: w, shift: b }, { relu: false });
    const loss = (own: Tensors, logits: Tensor2D): Tensor =>
      crossEntropy(own, logits, { labels: Int32Array.of(0, 1, 2) }).loss;
    expect(() => valueAndGradients(tensors, [w], (own) => loss(own, layer(own, layer(own, w))))).toThrow("twice");
    expect(() => valueAndGradients(tensors, [unused], (own) => loss(own, layer(own, x)))).toThrow("not depend");
  });
});
