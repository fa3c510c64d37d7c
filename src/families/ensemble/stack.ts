import { minimise } from "../_lbfgs.ts";
import { LEAST, type Members } from "./members.ts";

/** A weight for the log-probabilities of each member, and an intercept for each class. */
export interface Stack {
  /** [members] */
  readonly weights: Float64Array;
  /** [classes] */
  readonly intercepts: Float64Array;
}

/**
 * A logistic regression on the members' log-probabilities whose coefficients are shared by the classes (a logarithmic
 * opinion pool with learned weights): members + classes numbers, so that few patients suffice and classes that none of them
 * has are no obstacle. The L2 penalty draws the weights to the plain mean, and the intercepts to 0.
 * @param strength of the penalty, as C of the logistic regression: smaller is stronger
 * @param pace awaited before each iteration
 */
export async function fitStack(
  members: Members,
  y: Int32Array,
  strength: number,
  pace: () => Promise<void>,
): Promise<Stack> {
  const { proba, classes, rows } = members;
  const count = proba.length;
  const logs = logsOf(proba);
  const penalty = rows === 0 ? 1 : 1 / (strength * rows);
  const start = new Float64Array(count + classes).fill(1 / count, 0, count);
  const scores = new Float64Array(classes);
  const evaluate = (x: Float64Array, gradient: Float64Array) => {
    gradient.fill(0);
    let value = 0;
    for (let i = 0; i < rows; i++) {
      const at = i * classes;
      const total = softmaxRow(logs, x.subarray(0, count), x.subarray(count), at, scores);
      value -= Math.log(Math.max(Number.MIN_VALUE, scores[y[i]!]! / total));
      for (let k = 0; k < classes; k++) {
        const residual = (scores[k]! / total - (y[i] === k ? 1 : 0)) / rows;
        gradient[count + k]! += residual;
        for (let m = 0; m < count; m++) gradient[m]! += residual * logs[m]![at + k]!;
      }
    }
    value /= Math.max(1, rows);
    let slope = 0;
    for (let j = 0; j < x.length; j++) {
      const away = x[j]! - (j < count ? 1 / count : 0);
      value += (penalty * away * away) / 2;
      gradient[j]! += penalty * away;
      slope = Math.max(slope, Math.abs(gradient[j]!));
    }
    return { value, slope };
  };
  const { x } = await minimise({ start, evaluate, tolerance: 1e-6, maxIterations: 500, pace });
  return { weights: x.slice(0, count), intercepts: x.slice(count) };
}

const logsOf = (proba: Members["proba"]): Float64Array[] =>
  proba.map((p) => Float64Array.from(p, (v) => Math.log(Math.max(LEAST, v))));

/** [rows × classes] */
export function stackProba({ proba, classes, rows }: Members, { weights, intercepts }: Stack): Float32Array {
  const logs = logsOf(proba);
  const scores = new Float64Array(classes);
  const out = new Float32Array(rows * classes);
  for (let i = 0; i < rows; i++) {
    const total = softmaxRow(logs, weights, intercepts, i * classes, scores);
    for (let k = 0; k < classes; k++) out[i * classes + k] = scores[k]! / total;
  }
  return out;
}

/** Writes exp(score − highest) of a row into `scores`; returns their sum. */
function softmaxRow(
  logs: readonly Float64Array[],
  weights: Float64Array,
  intercepts: Float64Array,
  at: number,
  scores: Float64Array,
): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < scores.length; k++) {
    let score = intercepts[k]!;
    for (let m = 0; m < logs.length; m++) score += weights[m]! * logs[m]![at + k]!;
    scores[k] = score;
    highest = Math.max(highest, score);
  }
  let total = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.exp(scores[k]! - highest);
    total += scores[k]!;
  }
  return total;
}
