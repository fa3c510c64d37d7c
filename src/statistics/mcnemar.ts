import { UserError } from "../core/errors.ts";
import type { Scored } from "../core/metric.ts";
import { topLabels } from "../core/scored.ts";
import { patientsDiffer } from "./_same.ts";

export interface McNemar {
  /** Patients that only a, or only b, predicted rightly. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Exact two-sided binomial p-value of "right equally often". */
  readonly pValue: number;
}

/**
 * McNemar's exact test of two models' predicted classes on the same patients (McNemar 1947). Exact at every size: the sum
 * has as many terms as the smaller count, so the χ² approximation would save nothing.
 * @throws UserError when they are not of the same patients
 */
export function mcnemar(a: Scored, b: Scored): McNemar {
  const reason = patientsDiffer(a, b);
  if (reason !== undefined) throw new UserError(reason, { fix: "Compare runs of one split of one dataset." });
  const right = topLabels(b).correct;
  let onlyA = 0;
  let onlyB = 0;
  for (const [i, correct] of topLabels(a).correct.entries()) {
    if (correct > right[i]) onlyA++;
    else if (correct < right[i]) onlyB++;
  }
  return { onlyA, onlyB, pValue: signTest(onlyA, onlyB) };
}

/** 2 · P(X ≤ the smaller) of X ~ Binomial(a + b, 1/2). */
function signTest(a: number, b: number): number {
  const n = a + b;
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let i = 1; i <= Math.min(a, b); i++) {
    logTerm += Math.log((n - i + 1) / i);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
