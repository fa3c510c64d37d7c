/** Columns by what a small forest gains from them. */
import { setImmediate } from "node:timers/promises";
import type { Frame } from "../../core/dataset.ts";
import { frameToMatrix } from "../../core/frame.ts";
import { loadLightgbm } from "../../engines/lightgbm.ts";

export interface ForestProblem {
  /** Numbers; missing values may be in them. */
  readonly frame: Frame;
  /** [rows] */
  readonly y: Int32Array;
  readonly classes: number;
  readonly trees: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Total gain of each column in a random forest by LightGBM, a tree a class and round, each on 63 % of the rows and each split on
 * half of the columns.
 * @returns [columns]
 * @throws signal.reason when aborted; UserError where LightGBM is not there
 */
export async function forestGains({ frame, y, classes, trees, seed, signal }: ForestProblem): Promise<Float64Array> {
  const lightgbm = await loadLightgbm();
  const x = frameToMatrix(frame);
  const bins = { feature_pre_filter: false, verbosity: -1, num_threads: 1 };
  const objective: Record<string, string | number> =
    classes <= 2 ? { objective: "binary" } : { objective: "multiclass", num_class: classes };
  const booster = lightgbm.booster(
    {
      ...bins,
      ...objective,
      boosting: "rf",
      bagging_fraction: 0.632,
      bagging_freq: 1,
      feature_fraction_bynode: 0.5,
      min_data_in_leaf: 5,
      deterministic: true,
      force_row_wise: true,
      seed,
    },
    lightgbm.dataset(x, { y, params: bins }),
  );
  try {
    let rounds = 0;
    for (let done = false; !done && rounds < trees; rounds++) {
      await setImmediate();
      signal.throwIfAborted();
      done = booster.update();
    }
    return booster.totalGain(x.cols, rounds);
  } finally {
    booster.dispose();
  }
}

/**
 * Recursive elimination, as scikit-learn's RFE: the columns of least gain are left out, a share of all at a time, and the rest is
 * ranked anew until `keep` are left. Of equal ones the first stay.
 * @param share of all columns that goes in each round
 * @returns indices of the columns that stay, ascending
 */
export async function eliminated(problem: ForestProblem, keep: number, share: number): Promise<readonly number[]> {
  const all = problem.frame.columns;
  const each = Math.max(1, Math.floor(share * all.length));
  let left = [...all.keys()];
  while (left.length > keep) {
    const gains = await forestGains({ ...problem, frame: { ...problem.frame, columns: left.map((i) => all[i]) } });
    const ranked = [...left.keys()].sort((a, b) => gains[b] - gains[a] || a - b);
    const stay = Math.max(keep, left.length - each);
    const kept = ranked.slice(0, stay).map((at) => left[at]);
    left = kept.sort((a, b) => a - b);
  }
  return left;
}
