/** The network in training, on TensorFlow.js. */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { LabelledMatrix } from "../../core/family.ts";
import type { Rng } from "../../core/rng.ts";
import { createAdam } from "../../engines/tensor/adam.ts";
import { attention } from "../../engines/tensor/attention.ts";
import { createDropout, dense } from "../../engines/tensor/dense.ts";
import { embed } from "../../engines/tensor/embed.ts";
import { layerNorm } from "../../engines/tensor/layer-norm.ts";
import type { Tensors } from "../../engines/tensor/load.ts";
import { trainStep } from "../../engines/tensor/step.ts";
import { classShares } from "../_shared.ts";
import { type Operations, type Parameter, parametersOf, type Shape, scores } from "./network.ts";
import { batchOf, type ColumnPlan, scaleRows, type TokenBatch, type Tokens } from "./tokens.ts";

export interface NetworkOptions {
  readonly train: LabelledMatrix;
  /** [rows] of the loss, with mean 1 */
  readonly weights: Float32Array | undefined;
  readonly shape: Shape;
  readonly plan: ColumnPlan;
  /** Of the training rows. */
  readonly tokens: Tokens;
  /** Share of the outputs in the middle of a block that a step leaves out. */
  readonly dropout: number;
  /** Share of the tokens that a step leaves out. */
  readonly tokenDropout: number;
  readonly weightDecay: number;
  /** Focal loss; 0: cross entropy */
  readonly gamma: number;
  readonly rng: Rng;
}

export interface Network {
  /** One step down on the named rows. */
  step(rows: Int32Array, learningRate: number): { loss: number; logLoss: number };
  /** Values of the parameters by name, as they stand. */
  parameters(): Record<string, Float32Array>;
  /** Tensors; the network must not be used afterwards. */
  dispose(): void;
}

export function createNetwork(tensors: Tensors, options: NetworkOptions): Network {
  const { tf } = tensors;
  const { train, weights, shape, plan, tokens, dropout, tokenDropout, gamma, rng } = options;
  const parameters = parametersOf(shape);
  const mask = dropout > 0 ? createDropout(dropout, 2 * shape.dim, rng) : undefined;
  const start = parameters.map((parameter) => {
    return tf.tensor(startOf(parameter, options), [...parameter.dims]);
  });
  const decay = parameters.map(({ dims }) => (dims.length === 2 ? options.weightDecay : 0));
  const adam = createAdam(tensors, start, { decay });
  const place = new Map(parameters.map(({ name }, i) => [name, i]));

  const operations = (values: readonly Tensor[], batch: TokenBatch, rows: Int32Array): Operations<Tensor2D> => {
    const value = <T extends Tensor>(name: string): T => values[place.get(name)!] as T;
    const layer = (name: string) => ({ weights: value<Tensor2D>(name), shift: value(`${name}.shift`) });
    const firsts = batch.starts.subarray(0, rows.length);
    const single = Int32Array.from({ length: rows.length + 1 }, (_, i) => i);
    return {
      tokens: () => embed(tensors, value("table"), batch),
      linear: (name) => {
        const x = scaledRows(tensors, plan, train.x.data, rows);
        return dense(tensors, x, layer(name), { relu: false, inputGradient: false });
      },
      first: (x) => tf.gather(x, tf.tensor1d(firsts, "int32")),
      product: (x, name) => tf.matMul(x, value<Tensor2D>(name)),
      hidden: (x, name) => dense(tensors, x, layer(name), { relu: true, dropout: mask?.(x.shape[0]) }),
      norm: (x) => layerNorm(tensors, x),
      attention(query, keyValue, first) {
        const groups = { heads: shape.heads, starts: batch.starts, queryStarts: first ? single : batch.starts };
        return attention(tensors, query, keyValue, groups);
      },
      add: (a, b) => tf.add(a, b),
    };
  };

  return {
    step: (rows, learningRate) =>
      trainStep(tensors, { adam, y: train.y, weights, gamma }, rows, learningRate, () => {
        const batch = batchOf(plan, tokens, rows, tokenDropout, rng);
        return (values) => scores(operations(values, batch, rows), shape.layers);
      }),
    parameters: () =>
      Object.fromEntries(parameters.map(({ name }, i) => [name, adam.params[i]!.dataSync() as Float32Array])),
    dispose: () => adam.dispose(),
  };
}

function scaledRows({ tf, backend }: Tensors, plan: ColumnPlan, data: Float32Array, rows: Int32Array): Tensor2D {
  const shape: [number, number] = [rows.length, plan.centre.length];
  const info = backend?.allocate(shape);
  const out = info ? backend!.floats(info) : new Float32Array(shape[0] * shape[1]);
  scaleRows(plan, data, rows, out);
  return info ? (tf.engine().makeTensorFromTensorInfo(info, backend!) as Tensor2D) : tf.tensor2d(out, shape);
}

/** Weights by Glorot (2010), before ReLU by He (2015); the linear part begins at the log shares of the classes. */
function startOf({ name, dims }: Parameter, { train, weights, shape, rng }: NetworkOptions): Float32Array {
  const [inputs, outputs = 1] = dims;
  if (name === "wide.shift") return Float32Array.from(classShares({ ...train, weights }, shape.classes), Math.log);
  if (dims.length === 1 || name === "wide") return new Float32Array(inputs * outputs);
  const bound = name === "table" ? 0.5 : Math.sqrt(6 / (name.endsWith(".up") ? inputs : inputs + outputs));
  return Float32Array.from({ length: inputs * outputs }, () => (2 * rng.next() - 1) * bound);
}
