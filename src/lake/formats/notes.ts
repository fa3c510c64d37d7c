import type { ReadNote } from "../../core/formats/notes.ts";
import { hashBytes } from "../../core/hash.ts";
import type { ByteSource, LakeColumn, LakeValue, ReadContext, RowBatch, RowReader } from "../../core/lake.ts";
import type { SectionKinds } from "../notes/cda.ts";
import { noteKind, readDocument } from "../notes/document.ts";
import { NoteProblem } from "../notes/problem.ts";
import { LIST, listBeside, type Whose, whoseByName } from "../notes/whose.ts";

const columns = (names: Readonly<Record<string, string>>): LakeColumn[] =>
  Object.entries(names).map(([name, type]) => ({ name, type }));

/** The text is kept where `keepText` is among the options of the ingest. */
const NOTES = columns({
  patient: "VARCHAR",
  note: "VARCHAR",
  time: "TIMESTAMP",
  lang: "VARCHAR",
  hash: "VARCHAR",
  characters: "BIGINT",
  text: "VARCHAR",
});

/** Offsets in UTF-16 units of the text that was taken from the file; `cue`: what decided the status. */
const PHENOTYPES = columns({
  patient: "VARCHAR",
  note: "VARCHAR",
  time: "TIMESTAMP",
  hpo: "VARCHAR",
  label: "VARCHAR",
  status: "VARCHAR",
  start_offset: "BIGINT",
  end_offset: "BIGINT",
  cue: "VARCHAR",
});

export interface NoteTools {
  readonly read: ReadNote;
  readonly sectionKind: SectionKinds;
}

/**
 * Reads free-text notes: a row a note, and a row a phenotype that it tells of.
 * @param tools what finds them; asked for when the first note is read, as it takes a second to make
 */
export function createNotesReader(tools: () => Promise<NoteTools>): RowReader {
  return {
    id: "notes",
    title: "Free-text notes (text, PDF, CDA)",
    kind: "rows",
    tables: { notes: NOTES, note_phenotypes: PHENOTYPES },
    detect(name, head) {
      if (name.split("/").at(-1) === LIST) return 1;
      const kind = noteKind(name, head);
      if (kind === "text") return isTable(head) ? 0.1 : 0.5;
      return kind === undefined ? 0 : kind === "cda" ? 0.95 : 0.9;
    },
    read: (source, context) => readNotes(source, context, tools),
  };
}

/** Whether the first lines have the same number of tabs, semicolons or bars each: a table that is called .txt. */
function isTable(head: Uint8Array): boolean {
  const lines = new TextDecoder("latin1").decode(head.subarray(0, 4096)).split("\n").slice(0, -1).slice(0, 5);
  return ["\t", ";", "|"].some((mark) => {
    const counts = lines.map((line) => line.split(mark).length);
    return lines.length > 1 && counts[0] > 1 && counts.every((count) => count === counts[0]);
  });
}

async function* readNotes(
  source: ByteSource,
  context: ReadContext,
  tools: () => Promise<NoteTools>,
): AsyncIterable<RowBatch> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open()) {
    context.signal.throwIfAborted();
    context.progress(chunk.byteLength);
    chunks.push(chunk);
  }
  const name = source.name.split("/").at(-1) ?? source.name;
  // The list tells whose notes are; it is none itself.
  if (name === LIST) return;
  const bytes = Buffer.concat(chunks);
  const { read, sectionKind } = await tools();
  const document = await readDocument(source.name, bytes, sectionKind).catch((error: unknown) => {
    if (!(error instanceof NoteProblem)) throw error;
    context.quarantine({ source: source.name, line: error.line, reason: error.message });
    return undefined;
  });
  if (document === undefined) return;
  const listed = (await listOf(source, context)).get(name);
  const named = whoseByName(name);
  const patient = listed?.patient ?? document.patient ?? named.patient ?? null;
  const when = listed?.time ?? document.time ?? named.time ?? null;
  const time = when !== null && when > context.now ? null : when;
  if (patient === null)
    context.notice(
      "note-without-patient",
      `${source.name}: nothing says whose note it is (${LIST}, or PATIENT_DATE.txt)`,
    );
  if (when !== time) context.notice("note-in-future", `${source.name}: its time is in the future and is left out`);
  const { lang, mentions } = read(document.text, { sections: document.sections });
  const hash = hashBytes(bytes);
  const kept = context.options?.keepText === true ? document.text : null;
  yield batch("notes", NOTES, [[patient, source.name, time, lang, hash, document.text.length, kept]]);
  yield batch(
    "note_phenotypes",
    PHENOTYPES,
    mentions.map(({ term, label, status, start, end, cue }) => [
      patient,
      source.name,
      time,
      term,
      label,
      status,
      start,
      end,
      cue?.type ?? null,
    ]),
  );
}

/** The list beside a file, read once for an ingest. */
async function listOf({ path }: ByteSource, { shared }: ReadContext): Promise<ReadonlyMap<string, Whose>> {
  if (path === undefined) return new Map();
  const key = `notes ${path.slice(0, path.lastIndexOf("/"))}`;
  const known = shared?.get(key);
  if (known instanceof Map) return known;
  const list = await listBeside(path);
  shared?.set(key, list);
  return list;
}

function batch(table: string, schema: readonly LakeColumn[], rows: readonly (readonly LakeValue[])[]): RowBatch {
  return {
    table,
    rows: rows.length,
    columns: Object.fromEntries(schema.map(({ name }, i) => [name, rows.map((row) => row[i])])),
  };
}
