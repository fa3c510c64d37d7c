/** Finds phenotypes in notes: names, what is said of them, and where. */
import type { Mention, NoteLanguage, NoteSection, ReadNote } from "../core/formats/notes.ts";
import { cueText, type Judged, judge } from "./context.ts";
import { languageOf } from "./language.ts";
import { createLexicon, type NoteTerm } from "./lexicon.ts";
import { matchesIn } from "./match.ts";
import { sectionsOf } from "./sections.ts";
import { lineFinder, sentencesOf, type Token } from "./tokens.ts";
import { createVocabulary } from "./vocabulary.ts";

/** Makes the reader of notes for an ontology's terms; it is pure and can be used for any number of notes. */
export function createNoteReader(terms: readonly NoteTerm[]): ReadNote {
  const lexicon = createLexicon(terms);
  const vocabulary = createVocabulary(lexicon);
  return (text, { lang: wanted = "auto", sections: given = [] } = {}) => {
    const lang = wanted === "auto" ? languageOf(text) : wanted;
    const sentences = sentencesOf(text);
    const sections = [...given, ...sectionsOf(text)];
    const lineOf = lineFinder(text);
    let words: Set<string> | undefined;
    const nearby = (word: string): boolean => {
      words ??= new Set(sentences.flatMap(({ tokens }) => tokens.map((token) => token.text)));
      return words.has(word);
    };
    const mentions = sentences.flatMap(({ tokens, question }) => {
      const matches = matchesIn(tokens, lang, lexicon, vocabulary, nearby);
      if (matches.length === 0) return [];
      const judged = judge(tokens, matches, lang, question);
      return matches.map((match, i): Mention => {
        const { id, labels } = lexicon.terms[match.term];
        const [start, end] = [tokens[match.first].start, tokens[match.last].end];
        return {
          term: id,
          label: labels[lang] ?? labels.en ?? id,
          start,
          end,
          line: lineOf(start),
          matched: text.slice(start, end),
          lang: match.lang,
          ...statusOf(text, tokens, judged[i], sectionAt(sections, start), lang),
        };
      });
    });
    return { lang, mentions };
  };
}

const sectionAt = (sections: readonly NoteSection[], at: number): NoteSection | undefined =>
  sections.find(({ start, end }) => at >= start && at < end);

/** A section of family history is about others unless the sentence says that it is about the patient. */
function statusOf(
  text: string,
  tokens: readonly Token[],
  { status, cue }: Judged,
  section: NoteSection | undefined,
  lang: NoteLanguage,
): Pick<Mention, "status" | "cue"> {
  const own = cue && { cue: cueText(text, tokens, cue) };
  const fromSection = section && { type: "section" as const, text: section.title };
  if (section?.kind === "family" && status !== "family" && !aboutPatient(tokens, lang))
    return { status: "family", cue: fromSection };
  if (section?.kind === "differential" && status === "present") return { status: "uncertain", cue: fromSection };
  return { status, ...own };
}

const aboutPatient = (tokens: readonly Token[], lang: NoteLanguage): boolean =>
  tokens.some(({ text }) => (lang === "es" ? ["paciente", "probando"] : ["patient", "proband"]).includes(text));
