/** Linear machines of one class against the rest, with probabilities. */
import type { LabelledMatrix } from "../../core/family.ts";
import { stratifiedFolds } from "./folds.ts";
import { createLinearTrainer, type LinearMachines, type LinearProblem, linearDecisions } from "./linear.ts";
import { fitSigmoid } from "./platt.ts";

export interface RestMachines extends LinearMachines {
  /** [outputs] P = 1 / (1 + exp(slope · decision value + shift)) */
  readonly slopes: Float64Array;
  readonly shifts: Float64Array;
  readonly converged: boolean;
}

const FOLDS = 3;

/**
 * Fits the machines on all rows, and sigmoids on decision values of rows that a machine of two thirds has not seen, as
 * scikit-learn's CalibratedClassifierCV(LinearSVC(), cv=3, ensemble=False) does. The machines of the folds begin where the
 * whole one ended.
 */
export async function fitRest(problem: LinearProblem, seed: number): Promise<RestMachines> {
  const { blas, train, classes } = problem;
  const { rows, data } = train.x;
  const solve = createLinearTrainer(problem);
  const { machines, point, converged } = await solve();
  const outputs = machines.intercepts.length;
  const z = new Float32Array(rows * outputs);
  // The only row of a class has no machine that could do without it.
  linearDecisions(blas, data, machines, z);
  const alone = singleRows(train, classes);
  const folds = stratifiedFolds(train.y, classes, FOLDS, seed);
  for (let fold = 0; fold < FOLDS; fold++) {
    const heldOut = Uint8Array.from(folds, (own, i) => (own === fold && !alone.has(i) ? 1 : 0));
    if (!heldOut.includes(1)) continue;
    const part = await solve(heldOut, point);
    linearDecisions(blas, data, part.machines, z, (row) => heldOut[row] === 1);
  }
  const [slopes, shifts] = [new Float64Array(outputs), new Float64Array(outputs)];
  for (let k = 0; k < outputs; k++) {
    const f = Float64Array.from({ length: rows }, (_, i) => z[i * outputs + k]!);
    const positive = Uint8Array.from(train.y, (code) => (code === (outputs === 1 ? 1 : k) ? 1 : 0));
    const { a, b } = fitSigmoid(f, positive, train.weights);
    slopes[k] = a;
    shifts[k] = b;
  }
  return { ...machines, slopes, shifts, converged };
}

/** Rows whose class has no other. */
function singleRows({ y }: LabelledMatrix, classes: number): Set<number> {
  const counts = new Int32Array(classes);
  for (const k of y) counts[k]!++;
  return new Set([...y.keys()].filter((i) => counts[y[i]!] === 1));
}

/** Kept away from 0, so that a row that all refuse has equal shares. */
export const LEAST_SHARE = 1e-12;

/** [rows × classes] probabilities of [rows × outputs] decision values. */
export function restProbabilities(
  z: Float64Array,
  { slopes, shifts }: Pick<RestMachines, "slopes" | "shifts">,
): Float32Array {
  const outputs = slopes.length;
  const classes = outputs === 1 ? 2 : outputs;
  const rows = z.length / outputs;
  const proba = new Float32Array(rows * classes);
  const shares = new Float64Array(classes);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = 0; k < outputs; k++) {
      shares[k] = LEAST_SHARE + 1 / (1 + Math.exp(slopes[k]! * z[i * outputs + k]! + shifts[k]!));
      sum += shares[k]!;
    }
    if (outputs === 1) {
      proba[2 * i + 1] = sum;
      proba[2 * i] = 1 - sum;
    } else for (let k = 0; k < classes; k++) proba[i * classes + k] = shares[k]! / sum;
  }
  return proba;
}
