/**
 * Spanish names of terms whose English ones are Greek or Latin: "hepatic encephalopathy" is "encefalopatía hepática". Most terms have no Spanish name of
 * their own; the order of the words does not matter to the search, and a word that Spanish does not have is never found.
 */
import { CONJUNCTIONS, FUNCTION_WORDS } from "./words.ts";

/** Endings of words of medical Latin, the longest first, and what Spanish makes of them. Words with other endings have no cognate. */
const ENDINGS: readonly (readonly [string, readonly string[]])[] = (
  "ction ccion|tion cion|sion sion|ity idad|ency encia|ancy ancia|ism ismo|ismus ismo|cephalus cefalo cefalia|ary ar ario|ory orio|ous oso|ive ivo|ated ado|itis itis|osis osis|asis asis|esis esis|" +
  "oma oma|ia ia|ea ea|ema ema|ic ico|al al|ar ar|oid oide|ent ente|ant ante|ine ina|ose osa|ure ura|us o|um o|or or|is is|y ia"
)
  .split("|")
  .map((pair) => pair.split(" "))
  .map(([ending, ...others]) => [ending, others] as const);

const SHORTEST = 5;
const MOST_WORDS = 4;

/** Spanish forms of an English name; none where one of its words has no cognate. @param words of the name, folded */
export function cognatesOf(words: readonly string[]): string[] {
  const content = words.filter((word) => !FUNCTION_WORDS.en.has(word) && !CONJUNCTIONS.has(word));
  if (content.length === 0 || content.length > MOST_WORDS) return [];
  return content.reduce<string[]>(
    (names, word) => names.flatMap((name) => spanishOf(word).map((form) => (name === "" ? form : `${name} ${form}`))),
    [""],
  );
}

function spanishOf(word: string): string[] {
  if (word.length < SHORTEST || /[^a-z]|w/.test(word)) return [];
  const found = ENDINGS.find(([ending]) => word.endsWith(ending));
  if (found === undefined) return [];
  const [ending, forms] = found;
  const stem = spelled(word.slice(0, -ending.length), ending);
  return forms.map((form) => stem + form);
}

/** Letters as Spanish writes them. @param ending what follows in English, for letters that depend on it */
function spelled(stem: string, ending: string): string {
  const whole = stem
    .replace(/[ao]e(?=[^aeiou])/g, "e")
    .replace(/ph/g, "f")
    .replace(/th/g, "t")
    .replace(/rh/g, "r");
  return (whole + ending[0])
    .replace(/c?ch(?=[eiy])/g, "qu")
    .replace(/ch/g, "c")
    .replace(/k/g, "c")
    .replace(/y(?=.)/g, "i")
    .slice(0, -1)
    .replace(/^s(?=[^aeiou])/, "es")
    .replace(/^imm/, "inm")
    .replace(/([bdfglmnpst])\1/g, "$1")
    .replace(/mf/g, "nf");
}
