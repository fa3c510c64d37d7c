import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ByteSource, LakeValue, Quarantined, ReadContext } from "../../src/core/lake.ts";
import { createNotesReader } from "../../src/lake/formats/notes.ts";
import { createNoteReader } from "../../src/notes/read.ts";
import { sectionKind } from "../../src/notes/sections.ts";

const read = createNoteReader([
  ...[
    ["HP:0001250", "Seizure", "Convulsión"],
    ["HP:0002076", "Migraine", "Migraña"],
    ["HP:0001945", "Fever", "Fiebre"],
  ].map(([id, en, es]) => ({
    id,
    labels: { en, es },
    names: [
      { text: en, lang: "en" as const },
      { text: es, lang: "es" as const },
    ],
  })),
]);
const reader = createNotesReader(async () => ({ read, sectionKind }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notes-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Taken {
  readonly notes: Record<string, LakeValue>[];
  readonly phenotypes: Record<string, LakeValue>[];
  readonly problems: Quarantined[];
  readonly notices: string[];
}

async function take(name: string, content: string | Uint8Array, options: Record<string, unknown> = {}): Promise<Taken> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const source: ByteSource = {
    name,
    path,
    async *open() {
      yield bytes;
    },
  };
  const [problems, notices]: [Quarantined[], string[]] = [[], []];
  const context: ReadContext = {
    signal: new AbortController().signal,
    now: Date.UTC(2026, 0, 1),
    quarantine: (problem) => problems.push(problem),
    notice: (code) => notices.push(code),
    progress: () => {},
    options,
  };
  const rows: Record<string, Record<string, LakeValue>[]> = { notes: [], note_phenotypes: [] };
  for await (const batch of reader.read(source, context))
    for (let i = 0; i < batch.rows; i++)
      rows[batch.table].push(
        Object.fromEntries(Object.entries(batch.columns).map(([column, values]) => [column, values[i]])),
      );
  return { notes: rows.notes, phenotypes: rows.note_phenotypes, problems, notices };
}

test("a note becomes a row without its text, and a row a phenotype with its place", async () => {
  const text = "Sin fiebre. La niña tiene convulsiones.";
  const { notes, phenotypes } = await take("P1_2024-03-01_alta.txt", text);
  expect(notes).toMatchObject([
    {
      patient: "P1",
      note: "P1_2024-03-01_alta.txt",
      time: Date.UTC(2024, 2, 1),
      lang: "es",
      characters: text.length,
      text: null,
    },
  ]);
  expect(phenotypes).toMatchObject([
    { patient: "P1", hpo: "HP:0001945", status: "excluded", cue: "negation" },
    {
      hpo: "HP:0001250",
      label: "Convulsión",
      status: "present",
      start_offset: text.indexOf("convulsiones"),
      cue: null,
    },
  ]);
});

test("a table that is called .txt is no note", () => {
  const sure = (text: string): number => reader.detect("a.txt", Buffer.from(text));
  expect(sure("Seizures.\nNo fever; no cough.\n")).toBe(0.5);
  expect(sure("id\tage\n1\t2\n")).toBeLessThan(0.2);
});

test("the text is kept where it is asked for", async () => {
  const { notes } = await take("P1_20240301.txt", "Fever.", { keepText: true });
  expect(notes).toMatchObject([{ text: "Fever." }]);
});

test.each([
  ["UTF-8", Buffer.from("Migraña.")],
  ["UTF-8 with a mark", Buffer.from("\ufeffMigraña.")],
  ["Latin-1", Buffer.from("Migraña.", "latin1")],
  ["UTF-16 with a mark", Buffer.from("\ufeffMigraña.", "utf16le")],
  ["UTF-16 without one", Buffer.from("Migraña.", "utf16le")],
  ["UTF-16, big end first", Buffer.from("\ufeffMigraña.", "utf16le").swap16()],
])("a note in %s is read", async (_, bytes) => {
  const { phenotypes, problems } = await take("P1_2024-03-01.txt", bytes);
  expect(problems).toEqual([]);
  expect(phenotypes).toMatchObject([{ hpo: "HP:0002076", status: "present" }]);
});

test("a list beside the notes tells whose they are, and is no note", async () => {
  await take("notes-index.csv", "file,patient,time\na.txt,P7,2024-05-06\n");
  const { notes } = await take("a.txt", "Fever.");
  expect(notes).toMatchObject([{ patient: "P7", time: Date.UTC(2024, 4, 6) }]);
  expect(await take("notes-index.csv", "file,patient,time\n")).toMatchObject({ notes: [], problems: [] });
});

test("a note that nothing gives a patient, and a time to come, are told", async () => {
  expect(await take("a.txt", "Fever.")).toMatchObject({
    notices: ["note-without-patient"],
    notes: [{ patient: null }],
  });
  expect(await take("P1_2031-01-01.txt", "Fever.")).toMatchObject({
    notices: ["note-in-future"],
    notes: [{ time: null }],
  });
});

const cda = (body: string, head = ""): string => `<?xml version="1.0"?>${head}
<ClinicalDocument xmlns="urn:hl7-org:v3"><effectiveTime value="20240203101500+0100"/>
<recordTarget><patientRole><id extension="P9" root="1.2.3"/></patientRole></recordTarget>
<component><structuredBody>${body}</structuredBody></component></ClinicalDocument>`;
const section = (code: string, title: string, text: string): string =>
  `<component><section><code code="${code}" codeSystem="2.16.840.1.113883.6.1"/><title>${title}</title><text>${text}</text></section></component>`;

test("a CDA document says whose it is, of when, and which section is family history", async () => {
  const body = `${section("10157-6", "Relatives", "<list><item>Migraine</item></list>")}${section("11348-0", "Past", "<paragraph>Seizures &amp; no <content>fever</content>.</paragraph>")}`;
  const { notes, phenotypes } = await take("doc.xml", cda(body));
  expect(notes).toMatchObject([{ patient: "P9", time: Date.UTC(2024, 1, 3, 9, 15) }]);
  expect(phenotypes.map(({ hpo, status, cue }) => [hpo, status, cue])).toEqual([
    ["HP:0002076", "family", "section"],
    ["HP:0001250", "present", null],
    ["HP:0001945", "excluded", "negation"],
  ]);
});

test("XML that has a DTD is put aside, and reads no file by it", async () => {
  const dtd = '<!DOCTYPE ClinicalDocument [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
  const { notes, problems } = await take("doc.xml", cda(section("1", "T", "&x;"), dtd));
  expect(notes).toEqual([]);
  expect(problems).toMatchObject([{ source: "doc.xml", reason: expect.stringContaining("DTD") }]);
});

test("broken XML is put aside with its line, without its words", async () => {
  const { problems } = await take("doc.xml", cda("<component>\nsecret</wrong>"));
  expect(problems).toMatchObject([{ line: 5, reason: "broken XML" }]);
});

/** The smallest PDF of a page with these words. */
const pdf = (words: string, trailer = ""): Uint8Array => {
  const stream = `BT /F1 12 Tf 50 700 Td (${words}) Tj ET`;
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    `<</Filter/Standard/V 1/R 2/O<${"00".repeat(32)}>/U<${"00".repeat(32)}>/P -4>>`,
  ];
  const body = objects.map((object, i) => `${i + 1} 0 obj\n${object}\nendobj\n`).join("");
  return Buffer.from(`%PDF-1.4\n${body}trailer<</Root 1 0 R${trailer}>>`, "latin1");
};

test("the text of a PDF is read; one that is a scan, encrypted or broken is put aside", async () => {
  expect((await take("P1_2024-03-01.pdf", pdf("No fever. Seizures."))).phenotypes).toMatchObject([
    { hpo: "HP:0001945", status: "excluded" },
    { hpo: "HP:0001250", status: "present" },
  ]);
  expect((await take("a.pdf", pdf(""))).problems).toMatchObject([{ reason: expect.stringContaining("no text") }]);
  const locked = pdf("Seizures.", `/Encrypt 6 0 R/ID[<${"00".repeat(16)}><${"00".repeat(16)}>]`);
  expect((await take("a.pdf", locked)).problems).toMatchObject([{ reason: "the PDF is encrypted" }]);
  expect((await take("a.pdf", Buffer.from("%PDF-1.4\nnothing"))).problems).toMatchObject([
    { reason: "the PDF is broken" },
  ]);
});

test("what is no note is put aside", async () => {
  expect((await take("a.txt", "")).problems).toMatchObject([{ reason: "empty" }]);
  expect((await take("a.txt", Uint8Array.of(65, 0, 0, 0, 1, 2, 0, 0))).problems).toMatchObject([
    { reason: "it holds zero bytes: it is no text" },
  ]);
});
