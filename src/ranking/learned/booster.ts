import { setImmediate } from "node:timers/promises";
import { type LightgbmBooster, loadLightgbm } from "../../engines/lightgbm.ts";
import type { QueryMatrix } from "./queries.ts";

/** Step 4 of the recipe in docs/orphan.md. */
export const ROUNDS = 220;
const PARAMS = {
  objective: "lambdarank",
  metric: "none",
  learning_rate: 0.06,
  num_leaves: 20,
  feature_fraction: 0.4,
  lambda_l2: 5,
  lambdarank_truncation_level: 15,
} as const;
/** min_data_in_leaf belongs to the bins too. */
const COMMON = { min_data_in_leaf: 60, verbosity: -1, deterministic: true, force_row_wise: true } as const;

/**
 * Trains LightGBM's lambdarank.
 * @throws the signal's reason once it is aborted; UserError when LightGBM is not there
 */
export async function trainBooster(
  { x, y, weights, sizes }: QueryMatrix,
  { seed, threads, signal }: { readonly seed: number; readonly threads: number; readonly signal: AbortSignal },
): Promise<LightgbmBooster> {
  const lightgbm = await loadLightgbm();
  const common = { ...COMMON, num_threads: threads };
  const rows = lightgbm.dataset(x, { y, weights, queries: sizes, params: common });
  const booster = lightgbm.booster({ ...PARAMS, ...common, seed }, rows);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await setImmediate();
      signal.throwIfAborted();
      if (booster.update()) break;
    }
    return booster;
  } catch (error) {
    booster.dispose();
    throw error;
  }
}
