import type { LabelledMatrix } from "../../core/family.ts";

/** Weighted mean (0 where not centred) and second moment about it of each column: both [cols]. */
export function columnMoments({ x, weights }: LabelledMatrix, centred: boolean) {
  const { rows, cols, data } = x;
  const [sums, squares] = [new Float64Array(cols), new Float64Array(cols)];
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j]!;
      sums[j]! += weight * value;
      squares[j]! += weight * value * value;
    }
  }
  const means = sums.map((sum) => (centred ? sum / total : 0));
  return { means, variances: squares.map((sum, j) => Math.max(0, sum / total - means[j]! ** 2)) };
}

/** Importances of a linear model: mean of |coefficient| over the outputs, a value a column. */
export function meanAbsolute(coefficients: Float32Array | Float64Array, cols: number) {
  const values = new Float64Array(cols);
  coefficients.forEach((value, i) => {
    values[i % cols]! += (Math.abs(value) * cols) / coefficients.length;
  });
  return { kind: "mean absolute coefficient", values };
}
