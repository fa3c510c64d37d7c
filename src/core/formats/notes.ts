/** Free-text notes: what is found in them, and where. */

export type NoteLanguage = "en" | "es";

/** Of the patient: present, excluded, or uncertain; or said of another person. */
export const MENTION_STATUSES = ["present", "excluded", "uncertain", "family"] as const;
export type MentionStatus = (typeof MENTION_STATUSES)[number];

/** What decided a status. `section`: the heading that the mention stands under. */
export type CueType = "negation" | "uncertainty" | "hypothetical" | "family" | "section" | "history";

export interface Cue {
  readonly type: CueType;
  /** As the note has it. */
  readonly text: string;
}

export interface Mention {
  /** "HP:0001250" */
  readonly term: string;
  /** In the language of the note where there is one. */
  readonly label: string;
  /** Offsets in the note, in UTF-16 units: `note.slice(start, end) === matched`. */
  readonly start: number;
  readonly end: number;
  /** From 1: the line of `start`. */
  readonly line: number;
  readonly matched: string;
  /** Of the name that was found. */
  readonly lang: NoteLanguage;
  readonly status: MentionStatus;
  /** Absent where nothing but the name was needed. */
  readonly cue?: Cue;
}

/** Part of a note whose kind its format tells, such as a section of a CDA document. */
export interface NoteSection {
  readonly start: number;
  readonly end: number;
  readonly kind: SectionKind;
  /** Its heading, or its code where it has none. */
  readonly title: string;
}

export type SectionKind = "family" | "differential" | "plan" | "patient";

export interface NoteFindings {
  readonly lang: NoteLanguage;
  /** In the order of the text. */
  readonly mentions: readonly Mention[];
}

/** Finds phenotypes in a note. Sections that are given hold before those that headings tell. */
export type ReadNote = (
  text: string,
  options?: { readonly lang?: NoteLanguage | "auto"; readonly sections?: readonly NoteSection[] },
) => NoteFindings;
