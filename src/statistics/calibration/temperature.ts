/** Temperature scaling (Guo et al. 2017): softmax(log p / T), one T for all classes. */

/** Added to probabilities before their logarithm, as scikit-learn does. */
export const TINY = 1e-12;
/** T stays within these: few rows that are all right (or all wrong) would have it 0 (or infinite). */
export const TEMPERATURES = [0.05, 20] as const;

const STEPS = 100;

/**
 * The T that minimises the mean log loss, within TEMPERATURES. The loss is convex in 1 / T: safeguarded Newton steps.
 * @param proba [rows × classes]
 * @param y [rows] class codes
 */
export function fitTemperature(proba: ArrayLike<number>, y: Int32Array): number {
  const classes = proba.length / y.length;
  const logits = Float64Array.from(proba, (p) => Math.log(p + TINY));
  let [low, high] = [1 / TEMPERATURES[1], 1 / TEMPERATURES[0]];
  if (slopeAt(logits, y, classes, low).slope >= 0) return TEMPERATURES[1];
  if (slopeAt(logits, y, classes, high).slope <= 0) return TEMPERATURES[0];
  let beta = 1;
  for (let i = 0; i < STEPS && high - low > 1e-12 * high; i++) {
    const { slope, curvature } = slopeAt(logits, y, classes, beta);
    if (slope === 0) break;
    if (slope > 0) high = beta;
    else low = beta;
    const next = beta - slope / curvature;
    if (Math.abs(next - beta) < 1e-13 * beta) break;
    beta = next > low && next < high ? next : (low + high) / 2;
  }
  return 1 / beta;
}

/** First and second derivative of the summed log loss by beta = 1 / T. */
function slopeAt(logits: Float64Array, y: Int32Array, classes: number, beta: number) {
  let [slope, curvature] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const at = i * classes;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) most = Math.max(most, logits[at + k]!);
    let [total, first, second] = [0, 0, 0];
    for (let k = 0; k < classes; k++) {
      const z = logits[at + k]! - most;
      const odds = Math.exp(beta * z);
      total += odds;
      first += odds * z;
      second += odds * z * z;
    }
    const mean = first / total;
    slope += mean - (logits[at + y[i]!]! - most);
    curvature += second / total - mean * mean;
  }
  return { slope, curvature };
}

/** In place: [rows × classes] probabilities at a temperature. */
export function scaleTemperature(proba: Float64Array, classes: number, temperature: number): void {
  for (let at = 0; at < proba.length; at += classes) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = at; k < at + classes; k++) {
      proba[k] = Math.log(proba[k]! + TINY) / temperature;
      most = Math.max(most, proba[k]!);
    }
    for (let k = at; k < at + classes; k++) proba[k] = Math.exp(proba[k]! - most);
  }
}
