import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { createRng } from "../core/rng.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { otherBackend } from "../engines/tensor/choice.ts";
import { batchSizeOf, classWeights, lossParams, rowWeights, trainingParams, trainNetwork } from "./_neural.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { networkToOnnx } from "./transformer/onnx.ts";
import { predict, type Trained } from "./transformer/predict.ts";
import { planColumns, type Tokens, tokenise } from "./transformer/tokens.ts";

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
  backend: otherBackend,
  acceptsMissing: true,
  async fit(context) {
    checkContext(context, family);
    const { train, classes, seed } = context;
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
    const plan = planColumns(train.x);
    const tokens = tokenise(plan, train.x);
    const batchSize = Math.min(batchSizeOf(options.batch_size, train.x.rows), train.x.rows);
    checkMemory(tokens, batchSize, options.heads);
    const { dim, heads, layers } = options;
    const shape = { dim, heads, layers, classes, columns: train.x.cols, entries: plan.entries };
    const network = createNetwork(tensors, {
      train,
      weights,
      shape,
      plan,
      tokens,
      dropout: options.dropout,
      tokenDropout: options.token_dropout,
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
        batchSize,
        schedule: options.schedule,
        learningRate: options.learning_rate,
        rng,
        weightOf: classWeights(train.y, classes, weights),
        step: (rows, rate) => network.step(rows, rate),
        weights: () => network.parameters(),
        predict: (parameters, x) => predict(blas, { shape, plan, parameters }, x),
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

/** At most so many attention weights in a step: 1 GB of them. */
const MOST_WEIGHTS = 2 ** 28;

/** @throws UserError when the patients of a batch may have too many tokens */
function checkMemory({ starts }: Tokens, batchSize: number, heads: number): void {
  const longest = starts.reduce((most, start, i) => (i === 0 ? 0 : Math.max(most, start - starts[i - 1]!)), 0);
  const weights = batchSize * heads * (longest + 1) ** 2;
  if (weights <= MOST_WEIGHTS) return;
  throw new UserError("transformer would need more than 1 GB for a step of its attention", {
    where: `up to ${longest} symptoms, labs and categories of a patient, batch_size ${batchSize}, heads ${heads}`,
    fix: [
      `Set batch_size to ${Math.max(1, Math.floor(MOST_WEIGHTS / (heads * (longest + 1) ** 2)))} or less.`,
      "Leave fewer columns, with the preparation step select or pca.",
    ],
  });
}

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
