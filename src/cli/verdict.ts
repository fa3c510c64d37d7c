import type { PairTest } from "../app.ts";
import { number } from "./text.ts";

/** What a test of two configurations says, in words. */
export function verdictText({ a, b, test, better, difference }: PairTest, level: number): string {
  const what = test === "mcnemar" ? "how often it is right" : test;
  if (better === null) return `${a} and ${b} are not told apart in ${what}`;
  const by = test === "mcnemar" ? `${Math.abs(difference)} patients` : `${number(Math.abs(difference))}`;
  return `${better} is really better than ${better === a ? b : a} in ${what}, by ${by} (at level ${level}, corrected)`;
}

/** "72 validation patients, mean of 3 repeats" */
export function basisText({ patients, repeats }: { readonly patients: number; readonly repeats: number }): string {
  return `${patients.toLocaleString("en")} validation patients, ${repeats === 1 ? "1 repeat" : `mean of ${repeats} repeats`}`;
}
