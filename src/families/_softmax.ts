/** Log loss of a linear model's outputs, and their probabilities. */

import { expNegative } from "../core/exp.ts";

type Real = Float32Array | Float64Array;

export interface LogisticLoss {
  /** [rows × outputs] products without intercepts; replaced by weighted residuals p − 1(y = k) */
  readonly logits: Real;
  /** [outputs] */
  readonly intercepts: Float64Array;
  /** [rows] class codes */
  readonly y: Int32Array;
  /** [rows] */
  readonly weights?: Float32Array;
  /** [outputs] to which the sums of the residuals are added */
  readonly sums: Float64Array;
}

/** Sum of weighted log losses. One output stands for two classes. */
export function logisticLoss(input: LogisticLoss): number {
  return input.intercepts.length === 1 ? binaryLoss(input) : softmaxLoss(input);
}

function binaryLoss({ logits, intercepts, y, weights, sums }: LogisticLoss): number {
  const intercept = intercepts[0]!;
  let [loss, sum] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const z = logits[i]! + intercept;
    const weight = weights?.[i] ?? 1;
    const e = expNegative(-Math.abs(z));
    loss += weight * (Math.log1p(e) + Math.max(z, 0) - (y[i] === 1 ? z : 0));
    const p = z > 0 ? 1 / (1 + e) : e / (1 + e);
    const residual = weight * (p - y[i]!);
    logits[i] = residual;
    sum += residual;
  }
  sums[0]! += sum;
  return loss;
}

function softmaxLoss({ logits, intercepts, y, weights, sums }: LogisticLoss): number {
  const outputs = intercepts.length;
  const row = new Float64Array(outputs);
  let loss = 0;
  for (let i = 0; i < y.length; i++) {
    const at = i * outputs;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < outputs; k++) {
      const z = logits[at + k]! + intercepts[k]!;
      row[k] = z;
      highest = Math.max(highest, z);
    }
    const target = y[i]!;
    const gap = highest - row[target]!;
    let total = 0;
    for (let k = 0; k < outputs; k++) {
      const e = expNegative(row[k]! - highest);
      row[k] = e;
      total += e;
    }
    const weight = weights === undefined ? 1 : weights[i]!;
    loss += weight * (Math.log(total) + gap);
    const scale = weight / total;
    row[target]! -= total;
    for (let k = 0; k < outputs; k++) {
      const residual = row[k]! * scale;
      logits[at + k] = residual;
      sums[k]! += residual;
    }
  }
  return loss;
}

/** [rows × classes] probabilities of [rows × outputs] products and [outputs] intercepts. */
export function probabilities(logits: Real, intercepts: Float64Array, classes: number): Float32Array {
  const outputs = intercepts.length;
  const rows = logits.length / outputs;
  const proba = new Float32Array(rows * classes);
  const row = new Float64Array(classes);
  for (let i = 0; i < rows; i++) {
    let highest = 0; // of two classes the first has logit 0
    if (outputs > 1) highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < outputs; k++) {
      const z = logits[i * outputs + k]! + intercepts[k]!;
      row[classes - outputs + k] = z;
      if (z > highest) highest = z;
    }
    if (outputs === 1) row[0] = 0;
    let total = 0;
    for (let k = 0; k < classes; k++) {
      row[k] = Math.exp(row[k]! - highest);
      total += row[k]!;
    }
    for (let k = 0; k < classes; k++) proba[i * classes + k] = row[k]! / total;
  }
  return proba;
}
