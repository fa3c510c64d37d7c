/** Notes as they come: text, PDF with text in it, CDA. Offsets are those of the text that is taken from them. */
import type { NoteSection } from "../../core/formats/notes.ts";
import { readCda, type SectionKinds } from "./cda.ts";
import { decodeText } from "./decode.ts";
import { NoteProblem } from "./problem.ts";

export interface NoteDocument {
  readonly kind: "text" | "pdf" | "cda";
  readonly text: string;
  readonly sections: readonly NoteSection[];
  /** As the document itself says; undefined where it does not. */
  readonly patient?: string;
  /** Milliseconds since the epoch. */
  readonly time?: number;
}

/** Larger than any note: what is longer is another thing. */
const MOST_BYTES = 32 << 20;

/** What kind of note a file is by its name and first bytes; undefined: none. */
export function noteKind(name: string, head: Uint8Array): NoteDocument["kind"] | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1").replaceAll("\0", "");
  if (start.startsWith("%PDF-")) return "pdf";
  if (/<(?:\w+:)?ClinicalDocument[\s>]/.test(start)) return "cda";
  if (/\.(?:txt|text|note|md)$/i.test(name)) return "text";
  return undefined;
}

/**
 * @param sectionKind what a section of a CDA document is by its LOINC code and title
 * @throws NoteProblem when there is no text to be had from it
 */
export async function readDocument(name: string, bytes: Uint8Array, sectionKind: SectionKinds): Promise<NoteDocument> {
  if (bytes.byteLength > MOST_BYTES) throw new NoteProblem(`longer than a note can be (${MOST_BYTES >> 20} MB)`);
  const kind = noteKind(name, bytes.subarray(0, 64 << 10));
  if (kind === undefined) throw new NoteProblem("neither text, PDF nor CDA");
  const document: NoteDocument =
    kind === "pdf"
      ? { kind, text: await (await import("./pdf.ts")).pdfText(bytes), sections: [] }
      : kind === "cda"
        ? { kind, ...readCda(decodeText(bytes), sectionKind) }
        : { kind, text: decodeText(bytes), sections: [] };
  if (document.text.trim() === "") {
    throw new NoteProblem(kind === "pdf" ? "the PDF has no text: it is a scan, or its pages are empty" : "empty");
  }
  return document;
}
