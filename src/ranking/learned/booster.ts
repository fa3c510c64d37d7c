import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { loadLightgbm } from "../../engines/lightgbm.ts";
import type { TrainContext } from "../method.ts";
import type { QueryRows } from "./queries.ts";

/** Step 4 of the recipe in docs/orphan.md. */
const ROUNDS = 220;
const PARAMS = {
  objective: "lambdarank",
  metric: "none",
  feature_fraction: 0.4,
  lambdarank_truncation_level: 15,
} as const;
const COMMON = { verbosity: -1, deterministic: true, force_row_wise: true } as const;

/** What may be set; the defaults are those of the recipe. */
export const BoosterParams = z.strictObject({
  learning_rate: z.number().gt(0).max(1).default(0.06).describe("How much each tree counts"),
  num_leaves: z.int().min(2).max(1024).default(20).describe("Leaves of a tree at most"),
  min_data_in_leaf: z.int().min(1).default(60).describe("Candidates in a leaf at least"),
  lambda_l2: z.number().min(0).default(5).describe("L2 regularisation of the leaves"),
});

/**
 * Trains LightGBM's lambdarank.
 * @returns LightGBM's own text
 * @throws the signal's reason once it is aborted; UserError when LightGBM is not there
 */
export async function trainBooster(
  { pieces, columns, y, weights, sizes }: QueryRows,
  {
    seed,
    threads,
    signal,
    params = {},
  }: Pick<TrainContext, "seed" | "signal" | "params"> & { readonly threads: number },
): Promise<Uint8Array> {
  const lightgbm = await loadLightgbm();
  const { min_data_in_leaf, ...trees } = BoosterParams.parse(params);
  // min_data_in_leaf belongs to the bins too.
  const common = { ...COMMON, min_data_in_leaf, num_threads: threads };
  const rows = lightgbm.datasetOf(pieces, columns, { y, weights, queries: sizes, params: common });
  const booster = lightgbm.booster({ ...PARAMS, ...trees, ...common, seed }, rows);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await setImmediate();
      signal.throwIfAborted();
      if (booster.update()) break;
    }
    return booster.save(ROUNDS);
  } finally {
    booster.dispose();
    rows.dispose();
  }
}
