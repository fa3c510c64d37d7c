import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { Step } from "../core/step.ts";
import { loadOpenblas } from "../engines/openblas.ts";
import { loadProjection, projection, rightSingularCentered, signedColumns, valuesOf, whereOf } from "./_projection.ts";

const Params = z.strictObject({
  components: z
    .number()
    .positive()
    .refine((components) => components < 1 || Number.isInteger(components), "must be a whole number or below 1")
    .default(0.95)
    .describe("How many components to keep; below 1: as few as hold more than this share of the variance"),
  whiten: z.boolean().default(false).describe("Brings all components to variance 1"),
});
type Params = z.infer<typeof Params>;

/**
 * Principal components pca1, pca2, … in place of all columns, as scikit-learn's PCA(svd_solver="full"): uncorrelated in
 * train, the largest variance first, the largest weight of each positive. Columns are centred, not scaled. A component
 * without variance in train is 0 for every row.
 */
export const step: Step<Params> = {
  id: "pca",
  title: "Principal components",
  description: "Replaces all columns by the few directions in which patients differ most",
  params: Params,

  async fit({ frame, params, signal }) {
    signal.throwIfAborted();
    const [rows, cols] = [frame.rows, valuesOf(frame, "pca").length];
    const most = Math.min(rows, cols);
    if (params.components > most) {
      throw new UserError(`pca cannot make ${params.components} components of ${rows} rows and ${cols} columns`, {
        where: whereOf("pca"),
        fix: `Set components to ${most} or less, or to a share of the variance below 1.`,
      });
    }
    const blas = await loadOpenblas();
    signal.throwIfAborted();
    const { squares, axes, means: center } = rightSingularCentered(blas, frame, "pca");
    const components = params.components < 1 ? enough(squares, params.components) : params.components;
    const weights = signedColumns(axes, cols, components);
    if (params.whiten) {
      for (let at = 0; at < weights.length; at++) {
        const square = squares[at % components];
        if (square > 0) weights[at] /= Math.sqrt(square / (rows - 1));
      }
    }
    return projection("pca", { names: frame.columns.map(({ name }) => name), center, weights }, blas);
  },

  load: (state) => loadProjection("pca", state),
};

/** The fewest first components whose share of the variance is above `share`. */
function enough(squares: Float64Array, share: number): number {
  const total = squares.reduce((a, b) => a + b, 0);
  let [count, sum] = [1, squares[0]];
  while (count < squares.length && sum <= share * total && squares[count] > 0) sum += squares[count++];
  return count;
}
