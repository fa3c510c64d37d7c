import { UserError } from "../../core/errors.ts";
import type { Prior } from "../../core/trial.ts";

/**
 * How common the classes are among the patients that a model is for; undefined where nothing is corrected. Classes that are not
 * named share what is left as they share the training rows.
 * @param natural [classes] shares of the training rows as they came
 * @throws UserError as checkPrior does
 */
export function targetShares(
  prior: Prior,
  classes: readonly string[],
  natural: Float64Array,
): Float64Array | undefined {
  if (prior === "none") return undefined;
  if (prior === "balanced") return new Float64Array(classes.length).fill(1 / classes.length);
  if (prior === "natural") return natural;
  checkPrior(prior, classes);
  const others = othersOf(prior, classes);
  const named = sumOf(Object.values(prior));
  const rest = sumOf(others.map((k) => natural[k]!));
  return Float64Array.from(classes, (name, k) =>
    Object.hasOwn(prior, name) ? prior[name]! / (others.length === 0 ? named : 1) : ((1 - named) * natural[k]!) / rest,
  );
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Codes of the classes that are not named. */
const othersOf = (prior: Readonly<Record<string, number>>, classes: readonly string[]): number[] =>
  [...classes.keys()].filter((k) => !Object.hasOwn(prior, classes[k]!));

/**
 * @param where what names the prior, for the message
 * @throws UserError when a name is no class, or the shares cannot sum to 1
 */
export function checkPrior(prior: Prior, classes: readonly string[], where = "prior"): void {
  if (typeof prior === "string") return;
  const refuse = (problem: string, fix: string): UserError => new UserError(`prior: ${problem}`, { where, fix });
  for (const name of Object.keys(prior)) {
    if (classes.includes(name)) continue;
    const some = `${classes.slice(0, 20).join(", ")}${classes.length > 20 ? ", …" : ""}`;
    throw refuse(`no class "${name}"`, `Classes: ${some}`);
  }
  const named = sumOf(Object.values(prior));
  const complete = othersOf(prior, classes).length === 0;
  if (complete ? Math.abs(named - 1) <= 1e-6 : named < 1) return;
  throw refuse(
    `the shares sum to ${Number(named.toFixed(6))}`,
    complete ? "They must sum to 1." : "They must leave something for the classes that are not named.",
  );
}
