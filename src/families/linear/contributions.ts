import type { Background, Contributions } from "../../core/family.ts";

/**
 * What each column adds to linear margins: weight × (value − the background's). Margins of several classes are taken less their mean,
 * which changes no probability.
 * @param coefficients [outputs × cols]
 */
export function linearContributions(
  x: Float32Array,
  { typical, means = typical }: Background,
  coefficients: Float32Array | Float64Array,
  intercepts: Float64Array,
): Contributions {
  const outputs = intercepts.length;
  const cols = x.length;
  const values = new Float64Array(outputs * cols);
  const base = new Float64Array(outputs);
  for (let k = 0; k < outputs; k++) {
    base[k] = intercepts[k]!;
    for (let j = 0; j < cols; j++) {
      const weight = coefficients[k * cols + j]!;
      base[k]! += weight * means[j]!;
      values[k * cols + j] = weight * (x[j]! - means[j]!);
    }
  }
  if (outputs > 1) {
    centre(base, 1);
    centre(values, cols);
  }
  return { method: "linear", unit: "margin", base, values };
}

/** Takes the mean over the outputs off each column of [outputs × cols]. */
function centre(values: Float64Array, cols: number): void {
  for (let j = 0; j < cols; j++) {
    let sum = 0;
    for (let at = j; at < values.length; at += cols) sum += values[at]!;
    for (let at = j; at < values.length; at += cols) values[at]! -= (sum * cols) / values.length;
  }
}
