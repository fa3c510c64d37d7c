/** The reader of notes over a project's ontology. */
import { join } from "node:path";
import type { NoteLanguage, ReadNote } from "../../core/formats/notes.ts";
import type { Ontology } from "../../core/knowledge.ts";
import type { RowReader } from "../../core/lake.ts";
import { childrenOf, withDescendants } from "../../knowledge/descendants.ts";
import { loadTranslations, type Translations } from "../../knowledge/search/babelon.ts";
import { PHENOTYPES } from "../../knowledge/search/terms.ts";
import { createNotesReader, type NoteTools } from "../../lake/formats/notes.ts";
import type { NoteTerm } from "../../notes/lexicon.ts";
import { createNoteReader } from "../../notes/read.ts";
import { sectionKind } from "../../notes/sections.ts";
import { openKnowledge } from "../cases.ts";
import { type Project, programRoot } from "../project.ts";

export interface ProjectNoteReader {
  readonly read: ReadNote;
  /** Of the ontology. */
  readonly release: string;
  readonly terms: number;
}

/**
 * Names in English are the HPO's, those in Spanish the ones that lie beside it and those that ship.
 * @param folder of the knowledge base; the project's, else the one that ships, when absent
 */
export async function openNoteReader(project: Project, folder: string | undefined): Promise<ProjectNoteReader> {
  const { base, folder: own } = await openKnowledge(project, folder, () => {});
  const shipped = join(programRoot(), "data", "knowledge");
  const terms = termsOf(base.ontology, await loadTranslations([own, shipped], "es"));
  return { read: createNoteReader(terms), release: base.ontology.release, terms: terms.length };
}

/** The lake's reader of notes: the ontology is read when the first note comes. */
export function notesReader(project: Project): RowReader {
  let made: Promise<NoteTools> | undefined;
  return createNotesReader(() => {
    made ??= openNoteReader(project, undefined).then(({ read }) => ({ read, sectionKind }));
    return made;
  });
}

/** What patients can have, by all its names. */
export function termsOf(ontology: Ontology, { terms }: Translations): NoteTerm[] {
  const root = ontology.indexOf(PHENOTYPES);
  const inside = root === undefined ? undefined : withDescendants(childrenOf(ontology), root);
  return ontology.ids.flatMap((id, i) => {
    if (inside && !inside.has(i)) return [];
    const spanish = terms.get(id);
    const en = [ontology.names[i], ...ontology.synonyms[i]];
    const es = [...(spanish?.label === undefined ? [] : [spanish.label]), ...(spanish?.synonyms ?? [])];
    const named = (texts: readonly string[], lang: NoteLanguage) => texts.map((text) => ({ text, lang }));
    return [
      { id, labels: { en: ontology.names[i], es: spanish?.label }, names: [...named(en, "en"), ...named(es, "es")] },
    ];
  });
}
