/** What neural families share: epochs with early stopping, schedules, weights of rare classes. */
import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { FitContext, LabelledMatrix } from "../core/family.ts";
import type { Rng } from "../core/rng.ts";
import { createPacer } from "./_boosting.ts";

/** Params of the loss, for a family's own schema. */
export const lossParams = {
  loss: z
    .enum(["cross_entropy", "class_balanced", "focal"])
    .default("cross_entropy")
    .describe("class_balanced weighs classes by their effective number of rows (Cui 2019), focal favours hard rows"),
  gamma: z.number().min(0).max(10).default(2).describe("With focal loss: how much sure rows count less; 0: not at all"),
  beta: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe("With class_balanced loss: 0 leaves classes as they are, towards 1 each class counts the same"),
};

/** Params of the training, for a family's own schema. */
export const trainingParams = {
  batch_size: z
    .union([z.literal("auto"), z.int().min(1)])
    .default("auto")
    .describe("Rows a step; auto: about an eighth of the training rows, between 16 and 256"),
  patience: z
    .int()
    .min(0)
    .default(8)
    .describe("Stops after so many epochs without a better validation log loss; 0: never"),
  schedule: z
    .enum(["constant", "cosine", "plateau"])
    .default("plateau")
    .describe(
      "Learning rate: constant, to 0 by a cosine over all epochs, or halved when validation no longer improves",
    ),
};

/** Rows a step, where `size` is the param batch_size. */
export const batchSizeOf = (size: number | "auto", rows: number): number =>
  size === "auto" ? Math.min(256, Math.max(16, 2 ** Math.floor(Math.log2(rows / 8)))) : size;

export type Loss = "cross_entropy" | "class_balanced" | "focal";
export type Schedule = "constant" | "cosine" | "plateau";

/**
 * Weight of each training row: its own, times that of its class where the loss is class_balanced, scaled to mean 1;
 * undefined when all are 1.
 */
export function rowWeights({ y, weights }: LabelledMatrix, classes: number, loss: Loss, beta: number) {
  if (loss !== "class_balanced" && weights === undefined) return undefined;
  const counts = new Float64Array(classes);
  for (const k of y) counts[k]! += 1;
  const effective = counts.map((n) => (loss === "class_balanced" ? (1 - beta) / (1 - beta ** n) : 1));
  const all = Float32Array.from(y, (k, i) => effective[k]! * (weights?.[i] ?? 1));
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  return all.map((weight) => weight / mean);
}

/** [classes] mean weight of each class's rows; all 1 without weights. */
export function classWeights(y: Int32Array, classes: number, weights: Float32Array | undefined): Float64Array {
  const [sums, counts] = [new Float64Array(classes), new Float64Array(classes)];
  y.forEach((k, i) => {
    sums[k]! += weights?.[i] ?? 1;
    counts[k]! += 1;
  });
  return sums.map((sum, k) => (counts[k]! > 0 ? sum / counts[k]! : 1));
}

/** Mean of −log p over rows: plain, and with each row weighted by its class. */
export function logLosses(proba: Float32Array, y: Int32Array, weightOf: Float64Array) {
  const classes = weightOf.length;
  let [plain, weighted, total] = [0, 0, 0];
  y.forEach((k, i) => {
    const loss = -Math.log(Math.max(proba[i * classes + k]!, 1e-15));
    plain += loss;
    weighted += weightOf[k]! * loss;
    total += weightOf[k]!;
  });
  return { plain: plain / y.length, weighted: weighted / total };
}

export interface Training {
  readonly context: Pick<FitContext<unknown>, "train" | "validation" | "signal" | "onRound">;
  readonly family: string;
  readonly epochs: number;
  /** Epochs without a better validation loss before it stops; 0: never. */
  readonly patience: number;
  readonly batchSize: number;
  readonly schedule: Schedule;
  readonly learningRate: number;
  readonly rng: Rng;
  /** Trains on rows; returns the loss that was minimised, and the sum of their plain log losses. */
  step(rows: Int32Array, learningRate: number): { readonly loss: number; readonly logLoss: number };
  /** Mean validation log loss for the learning curve, and the one that decides what is best. */
  validate(): { readonly plain: number; readonly deciding: number };
  /** Remembers the weights as they are now. */
  keep(): void;
}

/**
 * Trains epoch by epoch; what `keep` remembered last is best. Returns the number of its epoch.
 * The train loss of the learning curve is the mean over the epoch's batches, as they were met.
 * @throws UserError when the loss is no number any more; the signal's reason once it is aborted
 */
export async function trainEpochs(training: Training): Promise<number> {
  const { context, family, epochs, patience, schedule, rng } = training;
  const { train, validation, signal, onRound } = context;
  const pace = createPacer(signal);
  const order = Int32Array.from({ length: train.x.rows }, (_, i) => i);
  const validated = validation.x.rows > 0;
  let [best, lowest, stale, factor] = [0, Number.POSITIVE_INFINITY, 0, 1];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const batches = splitEvenly(rng.shuffle(order), training.batchSize);
    let sum = 0;
    for (const [i, rows] of batches.entries()) {
      await pace();
      const done = (epoch - 1 + i / batches.length) / epochs;
      const rate = training.learningRate * (schedule === "cosine" ? (1 + Math.cos(Math.PI * done)) / 2 : factor);
      const { loss, logLoss } = training.step(rows, rate);
      if (!Number.isFinite(loss)) throw diverged(family, epoch, training.learningRate);
      sum += logLoss;
    }
    const { plain, deciding } = validated ? training.validate() : { plain: Number.NaN, deciding: Number.NaN };
    if (validated && !Number.isFinite(deciding)) throw diverged(family, epoch, training.learningRate);
    onRound?.(epoch, { train: sum / train.x.rows, validation: plain });
    if (!validated || patience === 0) {
      best = epoch;
      if (epoch === epochs) training.keep();
    } else if (deciding < lowest) {
      [best, lowest, stale] = [epoch, deciding, 0];
      training.keep();
    } else {
      stale++;
      if (stale >= patience) break;
      if (schedule === "plateau" && stale % Math.max(1, Math.ceil(patience / 3)) === 0) factor /= 2;
    }
  }
  return best;
}

/** A network and how it is trained; `W` is what predicts. */
export interface NetworkTraining<W> extends Omit<Training, "validate" | "keep"> {
  /** [classes] weight of each class's validation rows where the best epoch is chosen. */
  readonly weightOf: Float64Array;
  /** What predicts as the network stands. */
  weights(): W;
  /** [x.rows × classes] */
  predict(weights: W, x: Matrix): Float32Array;
}

/** `trainEpochs`, judged by validation log loss. Returns the epoch that was best, and what predicts as it stood. */
export async function trainNetwork<W>(training: NetworkTraining<W>): Promise<{ epochs: number; best: W }> {
  const { validation } = training.context;
  let current: W | undefined;
  let best: W | undefined;
  const epochs = await trainEpochs({
    ...training,
    validate() {
      current = training.weights();
      const losses = logLosses(training.predict(current, validation.x), validation.y, training.weightOf);
      return { plain: losses.plain, deciding: losses.weighted };
    },
    keep() {
      best = current ?? training.weights();
    },
  });
  return { epochs, best: best! };
}

function diverged(family: string, epoch: number, learningRate: number): UserError {
  return new UserError(`${family} diverged: its loss is no number any more`, {
    where: `epoch ${epoch}, learning_rate ${learningRate}`,
    fix: ["Lower learning_rate.", "Scale the columns with the preparation step scale."],
  });
}

/** Parts of `size` at most that differ by one row at most: no batch is left with a row or two. */
export function splitEvenly(rows: Int32Array, size: number): Int32Array[] {
  const parts = Math.ceil(rows.length / size);
  const at = (part: number): number => Math.floor((part * rows.length) / parts);
  return Array.from({ length: parts }, (_, part) => rows.subarray(at(part), at(part + 1)));
}
