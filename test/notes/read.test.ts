import { expect, test } from "vitest";
import type { NoteTerm } from "../../src/notes/lexicon.ts";
import { createNoteReader } from "../../src/notes/read.ts";
import { resolveMentions } from "../../src/notes/resolve.ts";

const term = (id: string, en: string, es = ""): NoteTerm => {
  const [english, spanish] = [en.split("|"), es === "" ? [] : es.split("|")];
  return {
    id: `HP:${id}`,
    labels: { en: english[0], es: spanish[0] },
    names: [
      ...english.map((text) => ({ text, lang: "en" as const })),
      ...spanish.map((text) => ({ text, lang: "es" as const })),
    ],
  };
};

const read = createNoteReader([
  term("0001250", "Seizure|Seizures|Fits", "Convulsión|crisis"),
  term("0004322", "Short stature", "Talla baja"),
  term("0000365", "Hearing impairment|Hearing loss|Deafness", "Hipoacusia|sordera"),
  term("0008619", "Bilateral sensorineural hearing impairment|Hearing impairment, bilateral"),
  term("0001945", "Fever", "Fiebre"),
  term("0012735", "Cough", "Tos"),
  term("0002076", "Migraine", "Migraña"),
  term("0100749", "Chest pain", "Dolor torácico"),
  term("0002027", "Abdominal pain", "Dolor abdominal"),
  term("0200055", "Small hand|Small hands"),
  term("0001773", "Short foot|Small feet"),
  term("0001631", "Atrial septal defect|ASD"),
  term("0000729", "Autistic behavior|ASD"),
  term("0002480", "Hepatic encephalopathy"),
  term("0002097", "Emphysema"),
  term("0000717", "Autism", "Autismo"),
  term("0032792", "Tonic seizure", "Crisis tónica"),
  term("0000252", "Microcephaly", "Microcefalia"),
  term("0000256", "Macrocephaly", "Macrocefalia"),
  term("0001792", "Small nail", "Uña pequeña"),
]);

/** "status term" of each mention, with the words that were found. */
const found = (text: string, lang: "en" | "es"): string[] =>
  read(text, { lang }).mentions.map(({ status, term: id, matched }) => `${status} ${id.slice(3)} ${matched}`);

test.each([
  ["Seizures since birth, later a seizure a day.", "en", ["present 0001250 Seizures", "present 0001250 seizure"]],
  [
    "Presentó CONVULSIONES y una convulsion aislada.",
    "es",
    ["present 0001250 CONVULSIONES", "present 0001250 convulsion"],
  ],
  ["Talla muy baja.", "es", ["present 0004322 Talla muy baja"]],
  ["Hearing loss, bilateral.", "en", ["present 0000365 Hearing loss"]],
  ["Bilateral hearing impairment.", "en", ["present 0008619 Bilateral hearing impairment"]],
  ["Small hands and feet.", "en", ["present 0200055 Small hands", "present 0001773 Small hands and feet"]],
  [
    "Dolor torácico y abdominal.",
    "es",
    ["present 0100749 Dolor torácico", "present 0002027 Dolor torácico y abdominal"],
  ],
  ["Encefalopatía hepática y enfisema.", "es", ["present 0002480 Encefalopatía hepática", "present 0002097 enfisema"]],
  ["Presenta macrocefaila.", "es", ["present 0000256 macrocefaila"]],
])("finds the names of %s", (text, lang, expected) => {
  expect(found(text, lang as "en" | "es")).toEqual(expected);
});

test.each([
  ["The shoe fits well.", "en", "a word of every day"],
  ["Seizure-free for a year.", "en", "a part of a compound"],
  ["Crisis tónico-clónica.", "es", "the beginning of a compound, beside its own noun"],
  ["Short fingers. Stature normal.", "en", "words of two sentences"],
  ["Hernia pequeña.", "es", "an article that is a noun without its tilde"],
])("finds no term that is not meant in %s", (text, lang) => {
  expect(found(text, lang as "en" | "es").filter((line) => !line.startsWith("present 0001250 Crisis"))).toEqual([]);
});

test("an abbreviation of two terms is read where the note tells which", () => {
  expect(found("Echo: small ASD.", "en")).toEqual(["present 0001631 ASD"]);
  expect(found("Dx: ASD.", "en")).toEqual([]);
});

test.each([
  ["No fever, cough or seizures.", "en", ["excluded", "excluded", "excluded"]],
  ["Denies fever but has cough.", "en", ["excluded", "present"]],
  ["No fever, has cough.", "en", ["excluded", "present"]],
  ["Fever was ruled out.", "en", ["excluded"]],
  ["Fever: none.", "en", ["excluded"]],
  ["No increase in seizures.", "en", ["present"]],
  ["Not only fever but also cough.", "en", ["present", "present"]],
  ["Possible seizures.", "en", ["uncertain"]],
  ["Seizures cannot be ruled out.", "en", ["uncertain"]],
  ["Seizures?", "en", ["uncertain"]],
  ["Return if fever.", "en", ["uncertain"]],
  ["Mother has migraine.", "en", ["family"]],
  ["Mother reports seizures.", "en", ["present"]],
  ["Mother denies fever.", "en", ["excluded"]],
  ["Deafness in his brother.", "en", ["family"]],
  ["No family history of seizures.", "en", ["family"]],
  ["Father had migraine; the patient has seizures.", "en", ["family", "present"]],
  ["History of seizures.", "en", ["present"]],
  ["Niega fiebre, tos o convulsiones.", "es", ["excluded", "excluded", "excluded"]],
  ["No presenta fiebre pero sí tos.", "es", ["excluded", "present"]],
  ["Sin fiebre, con tos.", "es", ["excluded", "present"]],
  ["Convulsiones: no. Fiebre.", "es", ["excluded", "present"]],
  ["Fiebre no, tos.", "es", ["excluded", "present"]],
  ["Se descarta autismo.", "es", ["excluded"]],
  ["Migraña descartada.", "es", ["excluded"]],
  ["No se puede descartar migraña.", "es", ["uncertain"]],
  ["No sólo fiebre sino también tos.", "es", ["present", "present"]],
  ["Sospecha de autismo.", "es", ["uncertain"]],
  ["¿Migraña?", "es", ["uncertain"]],
  ["Si presenta fiebre, acudir.", "es", ["uncertain"]],
  ["Madre con migraña.", "es", ["family"]],
  ["La madre refiere convulsiones.", "es", ["present"]],
  ["La madre niega fiebre.", "es", ["excluded"]],
  ["Antecedente de convulsiones.", "es", ["present"]],
])("judges %s", (text, lang, expected) => {
  expect(read(text, { lang: lang as "en" | "es" }).mentions.map(({ status }) => status)).toEqual(expected);
});

test("a heading of family history holds for its line or for the lines under it, no further", () => {
  const inline = "AF: migraña y sordera.\nPresenta fiebre.";
  expect(read(inline, { lang: "es" }).mentions.map(({ status }) => status)).toEqual(["family", "family", "present"]);
  const block = "Family history\nMigraine.\nDeafness.\n\nExam\nFever.";
  expect(read(block, { lang: "en" }).mentions.map(({ status }) => status)).toEqual(["family", "family", "present"]);
});

test("what the format says of a section holds", () => {
  const text = "Migraine.";
  const sections = [{ start: 0, end: text.length, kind: "family" as const, title: "Relatives" }];
  expect(read(text, { lang: "en", sections }).mentions[0]).toMatchObject({
    status: "family",
    cue: { type: "section", text: "Relatives" },
  });
});

test("places are those of the original text, whatever its letters and line ends", () => {
  const text = "Año 😀\r\nSin convulsiones.\r\n";
  const [mention] = read(text).mentions;
  expect(text.slice(mention.start, mention.end)).toBe("convulsiones");
  expect(mention).toMatchObject({ line: 2, label: "Convulsión", lang: "es", cue: { type: "negation", text: "Sin" } });
});

test("the language of a note is told by its words", () => {
  expect(read("The patient has had a fever for two days.").lang).toBe("en");
  expect(read("La paciente presenta fiebre desde hace dos días.").lang).toBe("es");
});

test("of what is said of a term more than once, what was ever present holds", () => {
  const { mentions } = read("Seizures at age 2. Now denies seizures. Possible migraine. Migraine was ruled out.", {
    lang: "en",
  });
  expect(resolveMentions(mentions)).toEqual([
    { term: "HP:0001250", label: "Seizure", status: "present", mentions: 2, conflict: true },
    { term: "HP:0002076", label: "Migraine", status: "excluded", mentions: 2, conflict: false },
  ]);
});

test("noise is read without harm: no words, one endless line, control characters", () => {
  expect(read("").mentions).toEqual([]);
  expect(read("\0\u200b\ud800 ,,,;;;").mentions).toEqual([]);
  expect(read("no seizures and ".repeat(20_000), { lang: "en" }).mentions).toHaveLength(20_000);
});
