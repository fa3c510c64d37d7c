import type { Tensor2D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { LabelledMatrix } from "../../src/core/family.ts";
import { createRng } from "../../src/core/rng.ts";
import { loadOpenblas } from "../../src/engines/openblas.ts";
import { dense } from "../../src/engines/tensor/dense.ts";
import type { Tensors } from "../../src/engines/tensor/load.ts";
import { rowWeights, splitEvenly, type Training, trainEpochs } from "../../src/families/_neural.ts";
import { predict } from "../../src/families/mlp/network.ts";
import { EPSILON, foldNormalisation } from "../../src/families/mlp/normalise.ts";
import { createNetwork } from "../../src/families/mlp/train.ts";
import { family } from "../../src/families/mlp.ts";
import { contextFor, table } from "../contracts/family.contract.ts";
import { bothBackends, describeFitting, expectAlike } from "./_neural.ts";

let tensors: Tensors;
beforeAll(async () => {
  tensors = await bothBackends();
});

const options = (train: LabelledMatrix) => ({
  train,
  weights: undefined,
  classes: 3,
  hidden: [16, 8],
  dropout: 0.3,
  batchNorm: true,
  weightDecay: 0.01,
  gamma: 0,
});

describe("the network", () => {
  test("learns alike on openblas and on tfjs's cpu backend", async () => {
    const train = table();
    await expectAlike((tensors) => {
      const network = createNetwork(tensors, { ...options(train), rng: createRng(5) });
      const rows = Int32Array.from({ length: 60 }, (_, i) => i);
      const losses = Array.from({ length: 6 }, () => network.step(rows, 0.01).loss);
      network.dispose();
      return losses;
    });
  });

  test("predicts without TensorFlow.js what its graph gives", async () => {
    const train = table({ rows: 80 });
    const network = createNetwork(tensors, { ...options(train), rng: createRng(5) });
    for (let i = 0; i < 20; i++) {
      network.step(
        Int32Array.from({ length: 80 }, (_, row) => row),
        0.01,
      );
    }
    const blas = await loadOpenblas();
    const proba = predict(blas, foldNormalisation(blas, network.layers(), 80, train.x.data), train.x);
    const { tf } = tensors;
    const graph = tf.tidy(() => {
      let value = tf.tensor2d(train.x.data.slice(), [80, train.x.cols]) as Tensor2D;
      network.layers().forEach(({ outputs, weights, bias, scale }) => {
        const params = {
          weights: tf.tensor2d(weights, [weights.length / outputs, outputs]),
          shift: tf.tensor1d(bias),
          ...(scale ? { scale: tf.tensor1d(scale) } : {}),
        };
        value = dense(tensors, value, params, { relu: scale !== undefined, epsilon: EPSILON });
      });
      return tf.softmax(value).dataSync();
    });
    network.dispose();
    expect(proba.length).toBe(240);
    proba.forEach((p, i) => {
      expect(Math.abs(p - graph[i]!)).toBeLessThan(1e-6);
    });
  });

  test("predicts the same in chunks", async () => {
    const blas = await loadOpenblas();
    const model = await family.fit(contextFor(family));
    const { x } = table({ rows: 5000 });
    const all = model.predictProba(x);
    const last = model.predictProba({ ...x, rows: 100, data: x.data.subarray(4900 * x.cols) });
    last.forEach((p, i) => {
      expect(all[4900 * 3 + i]).toBeCloseTo(p, 6);
    });
    expect(blas.config).toContain("OpenBLAS");
  });
});

describeFitting(family, { unstable: { batch_norm: false, dropout: 0 }, quick: {} });

test("class_balanced weighs by effective numbers (Cui 2019), on top of given weights", () => {
  const y = Int32Array.of(0, 0, 0, 1);
  const x = { rows: 4, cols: 1, names: ["c"], data: new Float32Array(4) };
  const [beta, weights] = [0.9, Float32Array.of(1, 1, 1, 2)];
  const [w0, w1] = [0.1 / (1 - 0.9 ** 3), 0.1 / (1 - 0.9)];
  const plain = rowWeights({ x, y }, 2, "class_balanced", beta)!;
  expect(plain[3]! / plain[0]!).toBeCloseTo(w1 / w0, 5);
  expect(plain.reduce((a, b) => a + b)).toBeCloseTo(4, 5);
  const both = rowWeights({ x, y, weights }, 2, "class_balanced", beta)!;
  expect(both[3]! / both[0]!).toBeCloseTo((2 * w1) / w0, 5);
  expect(rowWeights({ x, y }, 2, "focal", beta)).toBeUndefined();
});

test("batches differ by a row at most", () => {
  const rows = Int32Array.from({ length: 257 }, (_, i) => i);
  const parts = splitEvenly(rows, 128);
  expect(parts.map((part) => part.length)).toEqual([85, 86, 86]);
  expect(parts.flatMap((part) => [...part])).toEqual([...rows]);
});

describe("the learning rate", () => {
  /** Rates of the steps, one a epoch; validation losses as given, then the last again. */
  async function ratesOf(change: Partial<Training>, losses: readonly number[]): Promise<number[]> {
    const rates: number[] = [];
    let epoch = 0;
    const { train, validation, signal } = contextFor(family);
    await trainEpochs({
      context: { train, validation, signal },
      family: "mlp",
      epochs: 8,
      patience: 6,
      batchSize: 1000,
      schedule: "constant",
      learningRate: 1,
      rng: createRng(1),
      step(_, rate) {
        rates.push(rate);
        return { loss: 1, logLoss: 1 };
      },
      validate() {
        const loss = losses[Math.min(epoch++, losses.length - 1)]!;
        return { plain: loss, deciding: loss };
      },
      keep() {},
      ...change,
    });
    return rates;
  }

  test("stays, falls by a cosine, or halves each third of the patience without a better loss", async () => {
    expect(await ratesOf({}, [3, 2, 1])).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    const cosine = await ratesOf({ schedule: "cosine" }, [1]);
    expect(cosine.slice(0, 3)).toEqual([1, (1 + Math.cos(Math.PI / 8)) / 2, (1 + Math.cos(Math.PI / 4)) / 2]);
    expect(await ratesOf({ schedule: "plateau" }, [3, 2, 2, 2, 1.9])).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]);
  });

  test("stops when patience is spent", async () => {
    expect(await ratesOf({ patience: 2 }, [1])).toHaveLength(3);
    expect(await ratesOf({ patience: 0 }, [1])).toHaveLength(8);
  });
});
