import type { Scored } from "../core/metric.ts";

/**
 * Why two sets of predictions are not of the same patients in the same order, or undefined when nothing speaks against it:
 * equal classes and equal truth row by row. That the rows are the same people is the caller's to know (split hash).
 */
export function patientsDiffer(a: Scored, b: Scored): string | undefined {
  if (a.classes.length !== b.classes.length || a.classes.some((name, c) => name !== b.classes[c])) {
    return "not the same classes";
  }
  if (a.rows !== b.rows) return `not the same patients: ${a.rows} against ${b.rows}`;
  return a.y.every((c, i) => c === b.y[i]) ? undefined : "not the same patients: their diagnoses differ";
}
