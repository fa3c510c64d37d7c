/** Which language a note is written in. */

import { foldLetters } from "../core/formats/fold.ts";
import type { NoteLanguage } from "../core/formats/notes.ts";

const list = (words: string): ReadonlySet<string> => new Set(words.split(" "));
/** Words that one of the two languages has and the other has not. */
const SPANISH = list(
  "de la el los las del y en con sin se una un por al su para que como es fue ha han desde hasta pero ni niega refiere presenta paciente anos meses dias exploracion antecedentes derecha izquierda madre padre",
);
const ENGLISH = list(
  "the of and with without is was has had he she his her on at for from but denies reports patient years months days history exam left right mother father who which that not are were been to",
);

/** By its commonest words; English where neither has more. */
export function languageOf(text: string): NoteLanguage {
  let balance = 0;
  for (const [word] of text.matchAll(/\p{L}+/gu)) {
    const folded = foldLetters(word);
    if (SPANISH.has(folded)) balance++;
    else if (ENGLISH.has(folded)) balance--;
    if (/[ñáéíóú]/.test(word)) balance += 0.5;
  }
  return balance > 0 ? "es" : "en";
}
