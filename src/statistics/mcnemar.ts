import { UserError } from "../core/errors.ts";
import type { Scored } from "../core/metric.ts";
import { rightRows } from "../core/scored.ts";
import { patientsDiffer } from "./_same.ts";

export interface McNemar {
  /** Patients that only a, or only b, predicted rightly (more often, where a patient has several rows or repeats). */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Exact two-sided binomial p-value of "right equally often". */
  readonly pValue: number;
}

/**
 * McNemar's exact test of two models' answers on the same patients (McNemar 1947). Exact at every size: the sum
 * has as many terms as the smaller count, so the χ² approximation would save nothing.
 *
 * Rows of one patient, and repeats that validate the same patient again, are not independent: each patient counts once,
 * for the model that was right in more of its rows (a sign test, which is McNemar's where each has one row).
 * @param a by repeat
 * @param b by repeat, the same patients in the same order
 * @param patients by repeat, [rows] code of each row's patient, equal codes in two repeats being the same one; each row of
 *   a repeat is its own patient, the same in every repeat, when absent
 * @throws UserError when they are not of the same patients
 */
export function mcnemar(
  a: readonly Scored[],
  b: readonly Scored[],
  patients: readonly Int32Array[] = a.map(({ rows }) => Int32Array.from({ length: rows }, (_, i) => i)),
): McNemar {
  const balance = new Map<number, number>();
  for (const [r, scored] of a.entries()) {
    const reason = b.length === a.length ? patientsDiffer(scored, b[r]) : "not the same repeats";
    if (reason !== undefined) throw new UserError(reason, { fix: "Compare runs of one split of one dataset." });
    const right = rightRows(b[r]);
    for (const [i, correct] of rightRows(scored).entries()) {
      const patient = patients[r][i];
      balance.set(patient, (balance.get(patient) ?? 0) + correct - right[i]);
    }
  }
  let onlyA = 0;
  let onlyB = 0;
  for (const difference of balance.values()) {
    if (difference > 0) onlyA++;
    else if (difference < 0) onlyB++;
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
