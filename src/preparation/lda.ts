import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { Step } from "../core/step.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { loadProjection, meansOf, projection, rightSingular, signedColumns, valuesOf, whereOf } from "./_projection.ts";

/** Singular values up to this count as none: scikit-learn's `tol`. */
const TOLERANCE = 1e-4;

const Params = z.strictObject({
  components: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("How many components to keep, fewer than there are classes and no more than columns; null: all"),
});
type Params = z.infer<typeof Params>;

/**
 * Linear discriminants lda1, lda2, … in place of all columns, as scikit-learn's
 * LinearDiscriminantAnalysis(solver="svd").transform, the largest weight of each positive: variance 1 within classes, the
 * direction that separates classes best first. Directions without variance within classes are left out; there are
 * fewer components than asked for when class means lie in fewer dimensions.
 */
export const step: Step<Params> = {
  id: "lda",
  title: "Linear discriminants",
  description: "Replaces all columns by the few directions that separate the diseases best",
  params: Params,

  async fit({ frame, y, params, signal }) {
    signal.throwIfAborted();
    const values = valuesOf(frame, "lda");
    const [rows, cols] = [frame.rows, values.length];
    const center = meansOf(frame, "lda");
    const present = [...new Set(y)].sort((a, b) => a - b);
    const classes = present.length;
    if (classes < 2 || rows <= classes) {
      throw refusal(`lda needs two classes and more rows than classes: there are ${classes} classes in ${rows} rows`);
    }
    const most = Math.min(classes - 1, cols);
    if (params.components !== null && params.components > most) {
      throw refusal(
        `lda cannot make ${params.components} components of ${classes} classes and ${cols} columns`,
        `Set components to ${most} or less.`,
      );
    }
    const code = new Map(present.map((k, i) => [k, i]));
    const labels = y.map((k) => code.get(k) ?? 0);
    const blas = await loadOpenblas();
    signal.throwIfAborted();
    const { axes, count } = discriminants(blas, values, labels, classes, center);
    const weights = signedColumns(axes, cols, Math.min(count, params.components ?? most));
    return projection("lda", { names: frame.columns.map(({ name }) => name), center, weights }, blas);
  },

  load: (state) => loadProjection("lda", state),
};

/**
 * Axes [count × cols], the best first.
 * @param values [cols] of [rows]
 * @param labels [rows] 0 … classes - 1, each at least once
 */
function discriminants(
  blas: Openblas,
  values: readonly Float64Array[],
  labels: Int32Array,
  classes: number,
  center: Float64Array,
): { readonly axes: Float64Array; readonly count: number } {
  const [rows, cols] = [labels.length, values.length];
  const counts = new Float64Array(classes);
  const means = new Float64Array(classes * cols);
  for (let row = 0; row < rows; row++) counts[labels[row]]++;
  for (let j = 0; j < cols; j++) {
    for (let row = 0; row < rows; row++) means[labels[row] * cols + j] += values[j][row];
    for (let k = 0; k < classes; k++) means[k * cols + j] /= counts[k];
  }

  const within = new Float64Array(cols * rows);
  const deviation = new Float64Array(cols);
  const own = new Float64Array(classes);
  for (let j = 0; j < cols; j++) {
    for (let k = 0; k < classes; k++) own[k] = means[k * cols + j];
    let [size, squares] = [0, 0];
    for (let row = 0, at = j * rows; row < rows; row++, at++) {
      const value = values[j][row];
      const off = value - own[labels[row]];
      within[at] = off;
      squares += off * off;
      if (Math.abs(value) > size) size = Math.abs(value);
    }
    const spread = Math.sqrt(squares / rows);
    // What rounding leaves of a column that is constant within each class is not blown up to variance 1.
    deviation[j] = spread > rows * Number.EPSILON * size ? spread : 1;
    const scale = 1 / (deviation[j] * Math.sqrt(rows));
    for (let at = j * rows; at < (j + 1) * rows; at++) within[at] *= scale;
  }
  const spread = rightSingular(blas, within, rows, cols);
  const rank = countAbove(spread.squares, TOLERANCE ** 2);
  if (rank === 0) throw refusal("no column varies within a class, so lda has nothing to measure the classes by");
  const scalings = spread.axes.slice(0, rank * cols); // [rank × cols]
  for (let at = 0; at < scalings.length; at++) {
    scalings[at] /= deviation[at % cols] * Math.sqrt(spread.squares[Math.floor(at / cols)]);
  }

  const offsets = means.map((mean, at) => {
    return (mean - center[at % cols]) * Math.sqrt(counts[Math.floor(at / cols)] / (classes - 1));
  });
  const between = new Float64Array(rank * classes);
  blas.dgemm({ m: rank, n: classes, k: cols, a: scalings, b: offsets, c: between, transposeB: true });
  const apart = rightSingular(blas, between, classes, rank);
  const count = countAbove(apart.squares, TOLERANCE ** 2 * apart.squares[0]);
  if (count === 0) throw refusal("all classes have the same means, so lda cannot tell them apart");
  const axes = new Float64Array(count * cols);
  blas.dgemm({ m: count, n: cols, k: rank, a: apart.axes, b: scalings, c: axes });
  return { axes, count };
}

const countAbove = (values: Float64Array, limit: number): number => values.filter((value) => value > limit).length;

const refusal = (message: string, fix = 'Take the step "lda" out of the preparation.'): UserError =>
  new UserError(message, { where: whereOf("lda"), fix });
