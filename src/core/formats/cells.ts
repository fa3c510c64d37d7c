/** How texts of a table are understood, the same when a model is trained and when it is asked. */

/** Cells that mean "missing" besides empty ones, unless the experiment names its own. */
export const MISSING_TOKENS: readonly string[] = [..."NA N/A n/a #N/A <NA> NaN nan NULL Null null None ?".split(" ")];

/** Pairs of words that make a boolean column, the word for 1 first; upper and lower case are the same. */
export const BOOLEAN_WORDS = [
  ["true", "false"],
  ["t", "f"],
  ["yes", "no"],
  ["y", "n"],
  ["sí", "no"],
  ["si", "no"],
  ["s", "n"],
  ["verdadero", "falso"],
  ["present", "absent"],
  ["presente", "ausente"],
] as const;

/** A number as JavaScript writes it, or nearly: "1", "2.50"; not "01". */
export const PLAIN_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const INFINITY = /^([-+]?)(?:inf|infinity)$/i;

/** The number that a text writes in decimal notation (or as inf, infinity); NaN where it writes none. */
export function numberOf(text: string, decimal: "." | ","): number {
  if (decimal === "," && text.includes(".")) return Number.NaN;
  const plain = decimal === "," ? text.replace(",", ".") : text;
  if (NUMBER.test(plain)) return Number(plain);
  const infinite = INFINITY.exec(text);
  return infinite === null ? Number.NaN : infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
