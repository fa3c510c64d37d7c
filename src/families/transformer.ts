import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { createRng } from "../core/rng.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import {
  batchSizeOf,
  classWeights,
  logLosses,
  lossParams,
  rowWeights,
  trainEpochs,
  trainingParams,
} from "./_neural.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { networkToOnnx } from "./transformer/onnx.ts";
import { predict, type Trained } from "./transformer/predict.ts";
import { planColumns } from "./transformer/tokens.ts";

const params = z
  .strictObject({
    dim: z.int().min(4).max(512).default(32).describe("Length of the vector that stands for a token"),
    heads: z.int().min(1).max(64).default(4).describe("Heads of the attention; dim is a multiple of it"),
    layers: z.int().min(1).max(12).default(2).describe("Blocks of attention and dense layers"),
    dropout: z
      .number()
      .min(0)
      .max(0.9)
      .default(0.2)
      .describe("Share of a block's hidden outputs that a step leaves out"),
    token_dropout: z
      .number()
      .min(0)
      .max(0.9)
      .default(0.2)
      .describe("Share of the tokens (symptoms, labs, categories of a patient) that a step leaves out"),
    weight_decay: z.number().min(0).default(0.05).describe("Decay of the weights, decoupled from the gradient (AdamW)"),
    learning_rate: z.number().gt(0).default(0.002).describe("Step size of Adam at the start"),
    epochs: z.int().min(1).default(60).describe("Most passes over the training rows"),
    ...trainingParams,
    ...lossParams,
  })
  .refine(({ dim, heads }) => dim % heads === 0, { path: ["dim"], error: "must be a multiple of heads" });

interface State extends Trained {
  readonly columns: readonly string[];
  readonly epochs: number;
}

/** A transformer over what a patient has, trained by AdamW; the epoch with the lowest validation log loss predicts. */
export const family: Family<z.infer<typeof params>> = {
  id: "transformer",
  title: "Transformer",
  description: "Attention between a patient's symptoms, labs and categories, plus a linear part, on TensorFlow.js",
  params,
  engines: ["openblas"],
  acceptsMissing: true,
  async fit(context) {
    checkContext(context, family);
    const { train, validation, classes, seed } = context;
    const options = context.params;
    const [{ loadTensors }, { createNetwork }] = await Promise.all([
      import("../engines/tensor/load.ts"),
      import("./transformer/train.ts"),
    ]);
    // One thread: these products are small, and other trials use the other cores.
    const tensors = await loadTensors({ threads: 1 });
    const blas = await loadOpenblas();
    const rng = createRng(seed);
    const weights = rowWeights(train, classes, options.loss, options.beta);
    const weightOf = classWeights(train.y, classes, weights);
    const plan = planColumns(train.x);
    const { dim, heads, layers } = options;
    const shape = { dim, heads, layers, classes, columns: train.x.cols, entries: plan.entries };
    const network = createNetwork(tensors, {
      train,
      weights,
      shape,
      plan,
      dropout: options.dropout,
      tokenDropout: options.token_dropout,
      weightDecay: options.weight_decay,
      gamma: options.loss === "focal" ? options.gamma : 0,
      rng,
    });
    try {
      let [best, current] = [network.parameters(), network.parameters()];
      const epochs = await trainEpochs({
        context,
        family: family.id,
        epochs: options.epochs,
        patience: options.patience,
        batchSize: batchSizeOf(options.batch_size, train.x.rows),
        schedule: options.schedule,
        learningRate: options.learning_rate,
        rng,
        step: (rows, rate) => network.step(rows, rate),
        validate() {
          current = network.parameters();
          const proba = predict(blas, { shape, plan, parameters: current }, validation.x);
          const losses = logLosses(proba, validation.y, weightOf);
          return { plain: losses.plain, deciding: losses.weighted };
        },
        keep() {
          best = validation.x.rows > 0 ? current : network.parameters();
        },
      });
      return model(blas, { columns: train.x.names, epochs, shape, plan, parameters: best });
    } finally {
      network.dispose();
      tensors.trim();
    }
  },
  async load(files) {
    return model(await loadOpenblas(), unpack(fileOf(files, "model.bin")) as State);
  },
};

function model(blas: Openblas, state: State): FittedModel {
  return {
    predictProba(x: Matrix) {
      checkColumns(x, state.columns);
      return predict(blas, state, x);
    },
    toOnnx: (graph, x) => networkToOnnx(graph, state, x),
    save: () => ({ "model.bin": pack(state) }),
    rounds: state.epochs,
    dispose() {},
  };
}
