import type { LabelledMatrix } from "../../core/family.ts";
import { takeRows } from "../../core/frame.ts";
import { createRng, type Rng } from "../../core/rng.ts";
import type { Resample } from "../../core/trial.ts";
import { createSmote } from "./smote.ts";

export type Rows = Pick<LabelledMatrix, "x" | "y">;

/**
 * Training rows with more of the rare classes: all rows as they are, then, class by class, more until the class has as many as
 * the largest. "oversample" draws them with replacement, as imbalanced-learn's RandomOverSampler; "smote" makes them up
 * (smote.ts), but for classes of one row, which it draws. A class without a row gets none.
 * @param train without weights
 * @param classes names by code
 * @throws UserError when "smote" meets a missing value
 */
export async function resampledRows(
  kind: Resample,
  train: Rows,
  classes: readonly string[],
  seed: number,
): Promise<{ readonly train: Rows; readonly notices: readonly string[] }> {
  if (kind === "none") return { train, notices: [] };
  const { x, y } = train;
  const byClass = classes.map((): number[] => []);
  y.forEach((code, row) => {
    byClass[code]!.push(row);
  });
  const most = Math.max(...byClass.map((rows) => rows.length));
  const all = most * byClass.filter((rows) => rows.length > 0).length;
  const data = new Float32Array(all * x.cols);
  const codes = new Int32Array(all);
  data.set(x.data);
  codes.set(y);
  const smote = kind === "smote" ? await createSmote(x) : undefined;
  const alone: string[] = [];
  // Another sequence than those of intervals (seed) and of a forest's trees (seed × 1,000,003 + tree).
  const rng = createRng(seed * 1_000_003 - 1);
  let at = x.rows;
  byClass.forEach((rows, code) => {
    const wanted = rows.length === 0 ? 0 : most - rows.length;
    if (smote && wanted > 0 && rows.length === 1) alone.push(`"${classes[code]}"`);
    const made =
      smote && wanted > 0 && rows.length > 1 ? smote(Int32Array.from(rows), wanted, rng) : drawn(x, rows, wanted, rng);
    data.set(made, at * x.cols);
    codes.fill(code, at, at + wanted);
    at += wanted;
  });
  const notices =
    alone.length === 0 ? [] : [`resample: smote only repeats classes of one training row: ${alone.join(", ")}`];
  return { train: { x: { ...x, rows: all, data }, y: codes }, notices };
}

/** Rows drawn with replacement. */
function drawn({ cols, data }: Rows["x"], rows: readonly number[], wanted: number, rng: Rng): Float32Array {
  const chosen = Int32Array.from({ length: wanted }, () => rows[rng.int(rows.length)]!);
  return takeRows(data, cols, chosen);
}
