/** Notes outside the lake: what is found in them, and how well. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { Mention, NoteLanguage } from "../../core/formats/notes.ts";
import { decodeText } from "../../lake/notes/decode.ts";
import { noteKind, readDocument } from "../../lake/notes/document.ts";
import { NoteProblem } from "../../lake/notes/problem.ts";
import { type GoldReport, parseGold, scoreNotes } from "../../notes/gold.ts";
import { type NoteTermStatus, resolveMentions } from "../../notes/resolve.ts";
import { sectionKind } from "../../notes/sections.ts";
import type { Project } from "../project.ts";
import { openNoteReader } from "./note-reader.ts";

export interface NotesOptions {
  readonly lang: NoteLanguage | "auto";
  /** Folder of the knowledge base; the project's, else the one that ships, when absent. */
  readonly knowledge?: string;
}

export interface ReadNotes {
  /** Of the HPO, and how many terms of it were looked for. */
  readonly release: string;
  readonly terms: number;
  readonly notes: readonly {
    readonly name: string;
    readonly lang: NoteLanguage;
    readonly mentions: readonly Mention[];
    /** One status a term: what the case has. */
    readonly phenotypes: readonly NoteTermStatus[];
  }[];
  /** Files that could not be read. */
  readonly problems: readonly { readonly name: string; readonly line?: number; readonly reason: string }[];
}

export type GoldNotes = GoldReport & Pick<ReadNotes, "release" | "terms">;

/**
 * Finds phenotypes in a note or in those of a folder; nothing is stored.
 * @throws UserError when there is no note
 */
export async function readNotes(project: Project, path: string, options: NotesOptions): Promise<ReadNotes> {
  const files = await notesAt(path);
  const { read, release, terms } = await openNoteReader(project, options.knowledge);
  const notes: ReadNotes["notes"][number][] = [];
  const problems: ReadNotes["problems"][number][] = [];
  for (const file of files) {
    const name = basename(file);
    try {
      const { text, sections } = await readDocument(name, await readFile(file), sectionKind);
      const { lang, mentions } = read(text, { lang: options.lang, sections });
      notes.push({ name, lang, mentions, phenotypes: resolveMentions(mentions) });
    } catch (error) {
      if (!(error instanceof NoteProblem)) throw error;
      problems.push({ name, line: error.line, reason: error.message });
    }
  }
  return { release, terms, notes, problems };
}

/**
 * How near the findings come to what people annotated: NAME.tsv beside NAME.txt.
 * @throws UserError when there is no annotated note, or an annotation is none
 */
export async function judgeNotes(
  project: Project,
  folder: string,
  options: Omit<NotesOptions, "lang">,
): Promise<GoldNotes> {
  const names = new Set(await readdir(resolve(folder)).catch(() => []));
  const annotated = [...names].filter((name) => name.endsWith(".txt") && names.has(tableOf(name))).sort();
  if (annotated.length === 0) {
    throw new UserError("no annotated note is there", {
      where: folder,
      fix: "Give a folder with notes (NAME.txt) and their annotations (NAME.tsv: HPO id, status, words; with tabs between).",
    });
  }
  const { read, release, terms } = await openNoteReader(project, options.knowledge);
  const notes = await Promise.all(
    annotated.map(async (name) => {
      const text = decodeText(await readFile(join(folder, name)));
      const table = join(folder, tableOf(name));
      const gold = parseGold(decodeText(await readFile(table)), text, table);
      const { lang, mentions: found } = read(text);
      return { name, lang, gold, found };
    }),
  );
  return { ...scoreNotes(notes), release, terms };
}

const tableOf = (name: string): string => name.replace(/\.txt$/, ".tsv");

/** The notes of a folder, or one that is named whatever its ending. */
async function notesAt(path: string): Promise<string[]> {
  const absolute = resolve(path);
  const info = await stat(absolute).catch(() => undefined);
  if (info?.isFile()) return [absolute];
  if (info?.isDirectory()) {
    const names = (await readdir(absolute)).filter((name) => /\.(?:pdf|xml)$/i.test(name) || noteKind(name, NONE));
    if (names.length > 0) return names.sort().map((name) => join(absolute, name));
  }
  throw new UserError(info === undefined ? "there is no such file or folder" : "the folder has no note in it", {
    where: path,
    fix: "Give a note (text, PDF, CDA), or a folder with notes.",
  });
}

const NONE = new Uint8Array();
