import type { Scored } from "../../src/core/metric.ts";
import { createRng } from "../../src/core/rng.ts";

/** One problem of test/fixtures/metrics/make.py. */
export interface MetricCase {
  readonly name: string;
  readonly classes: number;
  readonly orphans: readonly number[];
  readonly y: readonly number[];
  readonly proba: string;
  readonly counts: readonly number[] | null;
  /** By metric id; null where scikit-learn's is not defined. */
  readonly expected: Readonly<Record<string, number | null>>;
}

/** The predictions of a case. */
export function scoredOf(test: MetricCase): Scored {
  const bytes = Uint8Array.from(Buffer.from(test.proba, "base64"));
  return {
    rows: test.y.length,
    classes: Array.from({ length: test.classes }, (_, c) => `disease ${c}`),
    y: Int32Array.from(test.y),
    proba: new Float32Array(bytes.buffer),
    orphans: test.orphans,
  };
}

/**
 * Predictions with a known skill: 0 guesses. `noise` seeds what differs between models of the same patients, `seed` the
 * patients themselves.
 */
export function simulate(options: {
  rows: number;
  classes: number;
  skill: number;
  seed: number;
  noise?: number;
  names?: readonly string[];
}): Scored {
  const { rows, classes, skill, seed } = options;
  const patients = createRng(seed);
  const model = createRng(options.noise ?? seed + 1);
  const y = Int32Array.from({ length: rows }, () => Math.floor(classes * patients.next() ** 1.5));
  const proba = new Float32Array(rows * classes);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const weight = Math.exp(2 * (model.next() + (c === y[i] ? skill : 0)) * 2);
      proba[i * classes + c] = weight;
      sum += weight;
    }
    for (let c = 0; c < classes; c++) proba[i * classes + c] /= sum;
  }
  return {
    rows,
    classes: options.names ?? Array.from({ length: classes }, (_, c) => `disease ${c}`),
    y,
    proba,
    orphans: classes > 2 ? [classes - 2, classes - 1] : [1],
  };
}

/** The given rows of a set of predictions, in that order, doubles included. */
export function takeRows(scored: Scored, rows: readonly number[]): Scored {
  const k = scored.classes.length;
  return {
    ...scored,
    rows: rows.length,
    y: Int32Array.from(rows, (i) => scored.y[i]),
    proba: Float32Array.from(rows.flatMap((i) => [...scored.proba.subarray(i * k, (i + 1) * k)])),
  };
}

/** Predictions that give the true class all the probability. */
export function perfect(scored: Scored): Scored {
  const k = scored.classes.length;
  return {
    ...scored,
    proba: Float32Array.from(scored.proba, (_, j) => (scored.y[Math.floor(j / k)] === j % k ? 1 : 0)),
  };
}
