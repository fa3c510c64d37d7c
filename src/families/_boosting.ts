/** The loop that boosted trees share: a round, its losses, early stopping, abort. */
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Contributions, FitContext } from "../core/family.ts";

export const share = z.number().gt(0).max(1);
export const earlyStopping = z
  .int()
  .min(0)
  .default(20)
  .describe("Stops after so many rounds without a better validation log loss; 0: never");

export interface Boosting {
  readonly context: Pick<FitContext<unknown>, "validation" | "signal" | "onRound">;
  /** Most rounds. */
  readonly limit: number;
  /** Rounds without a better validation loss before it stops; 0: never. */
  readonly patience: number;
  /** Trains round `round` (from 0); false when nothing is left to learn. */
  update(round: number): boolean;
  /** Losses after a round; train is only asked for when someone listens. */
  trainLoss(round: number): number;
  validationLoss(round: number): number;
}

/**
 * Boosts until the limit, or early. Returns the rounds trained and the rounds to predict with, which are fewer after
 * early stopping.
 * @throws the signal's reason once it is aborted
 */
export async function boost(boosting: Boosting): Promise<{ trained: number; best: number }> {
  const { context, limit, patience, update, trainLoss, validationLoss } = boosting;
  const validated = context.validation.x.rows > 0;
  const pace = createPacer(context.signal);
  let [trained, best, lowest] = [0, 0, Number.POSITIVE_INFINITY];
  while (trained < limit) {
    await pace();
    if (!update(trained)) break;
    const validation = validated ? validationLoss(trained) : Number.NaN;
    const round = ++trained;
    context.onRound?.(round, { train: trainLoss(round - 1), validation });
    if (patience === 0 || !validated) best = trained;
    else if (validation < lowest) [lowest, best] = [validation, trained];
    else if (trained - best >= patience) break;
  }
  return { trained, best };
}

/**
 * For loops that keep the thread busy: `await pace()` between rounds rejects with the signal's reason once it is
 * aborted, and lets other work of the thread (the message that aborts, progress) run every 20 ms.
 */
export function createPacer(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > 20) {
      await setImmediate();
      last = performance.now();
    }
    signal.throwIfAborted();
  };
}

/** [rows] probabilities of class 1 → [rows × 2] */
export function bothClasses(second: Float32Array): Float32Array {
  const proba = new Float32Array(second.length * 2);
  second.forEach((p, i) => {
    proba[2 * i] = 1 - p;
    proba[2 * i + 1] = p;
  });
  return proba;
}

/**
 * Of what a boosting library gives for one row.
 * @param all [outputs × (cols + 1)] SHAP values, the base after those of each output
 */
export function boostedContributions(all: Float32Array | Float64Array, cols: number): Contributions {
  const outputs = all.length / (cols + 1);
  const base = new Float64Array(outputs);
  const values = new Float64Array(outputs * cols);
  for (let k = 0; k < outputs; k++) {
    const from = k * (cols + 1);
    values.set(all.subarray(from, from + cols), k * cols);
    base[k] = all[from + cols]!;
  }
  return { method: "tree-shap", unit: "margin", base, values };
}
