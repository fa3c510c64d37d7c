import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { createAdam } from "../../../src/engines/tensor/adam.ts";
import { createDropout, dense } from "../../../src/engines/tensor/dense.ts";
import { loadTensors } from "../../../src/engines/tensor/load.ts";
import { type CrossEntropyOptions, crossEntropy } from "../../../src/engines/tensor/loss.ts";
import { expectClose, numbers, onBoth, quietCpu } from "./_backends.ts";

beforeAll(quietCpu);

describe("the dense layer and its gradients are those of plain operations", () => {
  test.each([
    { relu: false },
    { relu: true },
    { relu: true, norm: true },
    { relu: false, norm: true },
    { relu: true, rate: 0.3 },
    { relu: true, norm: true, rate: 0.3 },
    { relu: true, norm: true, rate: 0.3, inputGradient: false },
  ])("%o", async ({ relu, norm, rate, inputGradient }) => {
    const [rows, inputs, outputs] = [37, 11, 23];
    const [own, cpu] = await onBoth((tensors) => {
      const { tf } = tensors;
      const x = tf.tensor2d(numbers(rows * inputs, 1), [rows, inputs]);
      const weights = tf.tensor2d(numbers(inputs * outputs, 2), [inputs, outputs]);
      const params = [weights, tf.tensor1d(numbers(outputs, 3)), ...(norm ? [tf.tensor1d(numbers(outputs, 4))] : [])];
      const upstream = tf.tensor2d(numbers(rows * outputs, 5), [rows, outputs]);
      const dropout = rate === undefined ? undefined : createDropout(rate, outputs, createRng(3))(rows);
      const layer = (input: Tensor, ...[w, shift, scale]: Tensor[]): Tensor2D => {
        const own = { weights: w as Tensor2D, shift: shift!, ...(scale ? { scale } : {}) };
        return dense(tensors, input as Tensor2D, own, { relu, dropout, inputGradient });
      };
      const y = layer(x, ...params);
      const loss = (...xs: Tensor[]): Tensor => tf.sum(tf.mul(layer(xs[0]!, ...xs.slice(1)), upstream));
      const grads =
        inputGradient === false
          ? tf.grads((...ps) => loss(x, ...ps))(params)
          : tf.grads((...xs) => loss(...xs))([x, ...params]);
      return [y, ...grads].map((tensor) => [...tensor.dataSync()]);
    });
    expectClose(own, cpu);
  });
});

describe("cross entropy and its gradient are those of plain operations", () => {
  const labels = Int32Array.from({ length: 30 }, (_, i) => i % 7);
  const weights = numbers(30, 8).map((v) => Math.abs(v));
  const cases: Omit<CrossEntropyOptions, "labels">[] = [
    {},
    { weights },
    { smoothing: 0.1 },
    { gamma: 2 },
    { gamma: 0.5, weights },
    { smoothing: 0.2, weights },
  ];
  test.each(cases)("%o", async (options) => {
    const [own, cpu] = await onBoth((tensors) => {
      const { tf } = tensors;
      const logits = tf.tensor2d(numbers(30 * 7, 1), [30, 7]);
      let logLoss = 0;
      const { value, grad } = tf.valueAndGrad((x: Tensor) => {
        const result = crossEntropy(tensors, x as Tensor2D, { labels, ...options });
        logLoss = result.logLoss;
        return tf.mul(result.loss, 3);
      })(logits);
      return [[logLoss], [...value.dataSync()], [...grad.dataSync()]];
    });
    expectClose(own, cpu);
  });

  test("scores of a certain row are finite", async () => {
    const tensors = await loadTensors({ id: "openblas" });
    const { tf } = tensors;
    tf.tidy(() => {
      const logits = tf.tensor2d([900, -900, -900, 900], [2, 2]);
      for (const gamma of [0, 0.5, 2]) {
        const grad = tf.grad((x: Tensor) => {
          return crossEntropy(tensors, x as Tensor2D, { labels: Int32Array.of(0, 0), gamma }).loss;
        })(logits);
        expect([...grad.dataSync()].every(Number.isFinite)).toBe(true);
      }
    });
  });
});

test("Adam takes the steps of plain operations", async () => {
  const [own, cpu] = await onBoth((tensors) => {
    const { tf } = tensors;
    const start = [tf.tensor2d(numbers(12, 1), [3, 4]), tf.tensor1d(numbers(4, 2))];
    const adam = createAdam(tensors, start, { decay: [0.1, 0] });
    for (let step = 0; step < 5; step++) {
      const grads = [tf.tensor2d(numbers(12, 10 + step), [3, 4]), tf.tensor1d(numbers(4, 20 + step))];
      adam.step(grads, 0.05);
    }
    const params = adam.params.map((p) => [...p.dataSync()]);
    adam.dispose();
    return params;
  });
  expectClose(own, cpu);
});

test("the first step of Adam moves each weight by the learning rate, after its decay", async () => {
  const tensors = await loadTensors({ id: "openblas" });
  const adam = createAdam(tensors, [tensors.tf.tensor1d([1, -2])], { decay: [0.5] });
  const grad = tensors.tf.tensor1d([0.3, -7]);
  adam.step([grad], 0.1);
  const [p, q] = adam.params[0]!.dataSync();
  expect(p).toBeCloseTo(1 * 0.95 - 0.1, 5);
  expect(q).toBeCloseTo(-2 * 0.95 + 0.1, 5);
  grad.dispose();
  adam.dispose();
});
