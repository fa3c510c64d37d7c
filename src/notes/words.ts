/** Words as they are compared: without case, diacritics, plural and gender. */
import type { NoteLanguage } from "../core/formats/notes.ts";

/** @param word folded */
export const stemOf = (word: string, lang: NoteLanguage): string => (lang === "es" ? spanish(word) : english(word));

const IRREGULAR: Readonly<Record<string, string>> = {
  calves: "calf",
  feet: "foot",
  teeth: "tooth",
  testes: "testis",
  testicles: "testicle",
  diagnoses: "diagnosis",
  phalanges: "phalanx",
  vertebrae: "vertebra",
  sclerae: "sclera",
};

/** Words that mean the same beside a finding: "elevated CK" and "increased CK". */
const SAME_IN_ENGLISH: Readonly<Record<string, string>> = classes([
  "high elevat increas rais",
  "low decreas reduc diminish",
  "large enlarg big",
  "abnormal abnormality anomaly anomaly abnormally",
  "disorder disturbance",
  "tumor tumour",
  "multiple several",
  "hypermobile hypermobility",
]);

const SAME_IN_SPANISH: Readonly<Record<string, string>> = classes([
  "elevad aument aumentad alt",
  "baj disminuid reducid",
  "grand agrandad aumentad",
  "anomal alteracion anormalidad anormal",
  "pequen pequenit",
]);

function classes(lists: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lists.flatMap((list) => {
      const [first, ...rest] = list.split(" ");
      return rest.map((word) => [word, first]);
    }),
  );
}

function english(word: string): string {
  const irregular = IRREGULAR[word];
  if (irregular !== undefined) return irregular;
  let stem = word.replace(/[ao]e(?=.{3})/g, "e").replace(/isation/, "ization");
  if (stem.length > 4 && stem.endsWith("ies")) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:x|ch|sh|ss|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (stem.endsWith("oses")) stem = `${stem.slice(0, -4)}osis`;
  else if (stem.length > 3 && /[^sui]s$/.test(stem)) stem = stem.slice(0, -1);
  if (stem.length > 5 && stem.endsWith("ed")) stem = stem.slice(0, -2);
  return SAME_IN_ENGLISH[stem] ?? stem;
}

function spanish(word: string): string {
  // "Hipogammaglobulinemia" is written with one m as well.
  let stem = word.replace("mm", "m");
  if (stem.length > 3 && stem.endsWith("s") && !/is$/.test(stem)) stem = stem.slice(0, -1);
  // "convulcione(s)" loses its e below; "luce(s)" is "luz".
  if (stem.length < word.length && stem.length > 4 && stem.endsWith("ce")) stem = `${stem.slice(0, -2)}z`;
  const adjective = /^(.{5,}?)(?:ic[oa]|ia)$/.exec(stem);
  if (adjective) stem = adjective[1];
  else if (stem.length > 3 && /[aeo]$/.test(stem)) stem = stem.slice(0, -1);
  return SAME_IN_SPANISH[stem] ?? stem;
}

const list = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Left out of names, and skipped between the words of one in a note. */
export const FUNCTION_WORDS: Readonly<Record<NoteLanguage, ReadonlySet<string>>> = {
  en: list("of the a an in on to for by from at his her its their my"),
  es: list("de del la el los las lo en a al por un una unos unas para su sus"),
};

/** Left out of names; between the words of one in a note they stand where the name has one, or where two names share a word. */
export const CONJUNCTIONS = list("and or y e o u ni nor with con");

/** Degree, side and course: words that may stand within a name without changing what it is. */
const HARMLESS: Readonly<Record<NoteLanguage, ReadonlySet<string>>> = {
  en: list(
    "mild moderate severe marked slight significant bilateral unilateral left right both chronic acute progressive recurrent intermittent persistent occasional frequent diffuse focal congenital very quite some intense episodic",
  ),
  es: list(
    "leve leves moderado moderada severo severa grave graves marcado marcada discreto discreta ligero ligera intenso intensa importante bilateral bilaterales unilateral izquierdo izquierda derecho derecha cronico cronica agudo aguda progresivo progresiva recurrente recurrentes persistente ocasional ocasionales difuso difusa congenito congenita muy bastante algo ambos ambas",
  ),
};

/** @param word folded */
export const isHarmless = (word: string, lang: NoteLanguage): boolean =>
  HARMLESS[lang].has(word) || (word.length > 6 && word.endsWith(lang === "es" ? "mente" : "ly"));
