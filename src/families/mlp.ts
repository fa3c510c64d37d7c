import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { takeRows } from "../core/frame.ts";
import { createRng, type Rng } from "../core/rng.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { otherBackend } from "../engines/tensor/choice.ts";
import { batchSizeOf, classWeights, lossParams, rowWeights, trainingParams, trainNetwork } from "./_neural.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { type Layer, networkToOnnx, predict } from "./mlp/network.ts";
import { foldNormalisation } from "./mlp/normalise.ts";

const params = z.strictObject({
  layers: z.array(z.int().min(1).max(4096)).max(8).default([128]).describe("Outputs of each hidden layer"),
  dropout: z.number().min(0).max(0.9).default(0.3).describe("Share of a hidden layer's outputs that a step leaves out"),
  batch_norm: z.boolean().default(true).describe("Whether hidden layers are normalised over the batch"),
  activation: z.enum(["relu"]).default("relu").describe("What follows a hidden layer"),
  weight_decay: z.number().min(0).default(0.01).describe("Decay of the weights, decoupled from the gradient (AdamW)"),
  learning_rate: z.number().gt(0).default(0.005).describe("Step size of Adam at the start"),
  epochs: z.int().min(1).default(100).describe("Most passes over the training rows"),
  ...trainingParams,
  ...lossParams,
});

interface State {
  readonly columns: readonly string[];
  readonly epochs: number;
  readonly layers: readonly Layer[];
}

/** A multilayer perceptron, trained by AdamW; the epoch with the lowest validation log loss predicts. */
export const family: Family<z.infer<typeof params>> = {
  id: "mlp",
  title: "Multilayer perceptron",
  description: "Neural network of dense layers with batch normalisation and dropout, on TensorFlow.js",
  params,
  engines: ["openblas"],
  backend: otherBackend,
  acceptsMissing: false,
  async fit(context) {
    checkContext(context, family);
    const { train, classes, seed } = context;
    const options = context.params;
    const [{ loadTensors }, { createNetwork }] = await Promise.all([
      import("../engines/tensor/load.ts"),
      import("./mlp/train.ts"),
    ]);
    // One thread: these products are small, and other trials use the other cores.
    const tensors = await loadTensors({ threads: 1 });
    const blas = await loadOpenblas();
    const rng = createRng(seed);
    const weights = rowWeights(train, classes, options.loss, options.beta);
    const sample = sampleRows(train.x, rng);
    const network = createNetwork(tensors, {
      train,
      weights,
      classes,
      hidden: options.layers,
      dropout: options.dropout,
      batchNorm: options.batch_norm,
      weightDecay: options.weight_decay,
      gamma: options.loss === "focal" ? options.gamma : 0,
      rng,
    });
    try {
      const { epochs, best } = await trainNetwork({
        context,
        family: family.id,
        epochs: options.epochs,
        patience: options.patience,
        batchSize: batchSizeOf(options.batch_size, train.x.rows),
        schedule: options.schedule,
        learningRate: options.learning_rate,
        rng,
        weightOf: classWeights(train.y, classes, weights),
        step: (rows, rate) => network.step(rows, rate),
        weights: () => foldNormalisation(blas, network.layers(), sample.rows, sample.data),
        predict: (layers, x) => predict(blas, layers, x),
      });
      const notices = tensors.id === "openblas" ? [] : ["trained on tfjs-node: the backend openblas gives other bytes"];
      return model(blas, { columns: train.x.names, epochs, layers: best }, notices);
    } finally {
      network.dispose();
      tensors.trim();
    }
  },
  async load(files) {
    return model(await loadOpenblas(), unpack(fileOf(files, "model.bin")) as State);
  },
};

/** At most so many rows tell the mean and variance of hidden outputs. */
const SAMPLE = 4096;

function sampleRows({ rows, cols, data }: Matrix, rng: Rng): { rows: number; data: Float32Array } {
  if (rows <= SAMPLE) return { rows, data };
  const chosen = rng.shuffle(Int32Array.from({ length: rows }, (_, i) => i)).subarray(0, SAMPLE);
  return { rows: SAMPLE, data: takeRows(data, cols, chosen) };
}

function model(blas: Openblas, state: State, notices: readonly string[] = []): FittedModel {
  return {
    predictProba(x: Matrix) {
      checkColumns(x, state.columns);
      return predict(blas, state.layers, x);
    },
    toOnnx: (graph, x) => networkToOnnx(graph, state.layers, x),
    save: () => ({ "model.bin": pack(state) }),
    rounds: state.epochs,
    notices,
    dispose() {},
  };
}
