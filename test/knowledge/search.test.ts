import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { SearchOptions } from "../../src/core/serving/term-search.ts";
import { loadKnowledge } from "../../src/knowledge/base.ts";
import { keptParts } from "../../src/knowledge/cache.ts";
import { loadTranslations, parseBabelon } from "../../src/knowledge/search/babelon.ts";
import { editsFrom, fold } from "../../src/knowledge/search/fold.ts";
import { createDiseaseSearch, createTermSearch, diseasesByTerm, PHENOTYPES } from "../../src/knowledge/search/terms.ts";
import type { IndexedText, IndexParts } from "../../src/knowledge/search/text-index.ts";
import { collectCases } from "../../src/lake/phenopackets/read.ts";
import { EXCERPT, SOLVED, smallKnowledge, temporary } from "../support/knowledge.ts";

const base = await loadKnowledge(EXCERPT, { notify() {} });
const spanish = await loadTranslations([EXCERPT], "es");
const { ontology } = base;
const diseases = diseasesByTerm(base);
const terms = createTermSearch({ ontology, diseases, translations: [spanish], root: PHENOTYPES });
const labels = (query: string, options?: SearchOptions): string[] =>
  terms.search(query, options).map(({ label }) => label);

describe("a search for terms", () => {
  test.each([
    ["the label itself", "ataxia", "Ataxia"],
    ["the start of a label", "seiz", "Seizure"],
    ["the start of a word in a label", "pectus exc", "Pectus excavatum"],
    ["words in another order", "weakness muscle", "Muscle weakness"],
    ["a synonym", "squint", "Strabismus"],
    ["small words left out", "pain of the abdomen", "Abdominal pain"],
    ["other case and diacritics", "CAFÉ-au-lait spot", "Cafe-au-lait spot"],
    ["a letter too many", "seizzure", "Seizure"],
    ["two letters swapped", "siezure", "Seizure"],
    ["two wrong letters in a long word", "hepatomagely", "Hepatomegaly"],
    ["an id", "hp:0001250", "Seizure"],
    ["an id that stands no longer", "HP:0010520", "Seizure"],
  ])("finds %s", (_, query, label) => {
    expect(labels(query)[0]).toBe(label);
  });

  test("ranks the exact label before labels that go on, and both before synonyms", () => {
    const found = terms.search("short stature", { limit: 30 });
    expect(found[0].label).toBe("Short stature");
    const synonyms = found.findIndex(({ label, matched }) => label !== matched);
    expect(found.slice(0, synonyms).every(({ matched }) => /short/i.test(matched))).toBe(true);
    expect(labels("ataxia")[0]).toBe("Ataxia");
  });

  test("ranks what many diseases have first, each term once", () => {
    const found = terms.search("s", { limit: 50 }).map(({ id }) => id);
    expect(new Set(found).size).toBe(50);
    expect(found.slice(0, 3)).toContain("HP:0001250");
  });

  test.each(["", "  ", "- , .", "zzzzzzz", "xqz", "\u0000", "💊"])("finds nothing for %j", (query) => {
    expect(terms.search(query)).toEqual([]);
  });

  test("finds no more than it may, and takes a text of any length", () => {
    expect(terms.search("a", { limit: 3 })).toHaveLength(3);
    expect(terms.search("a", { limit: 0 })).toEqual([]);
    expect(terms.search("seizure ".repeat(10_000))[0].label).toBe("Seizure");
  });

  test("finds only what a patient can have", () => {
    expect(labels("autosomal recessive inheritance")).toEqual([]);
    expect(labels("phenotypic abnormality")).toEqual([]);
    const all = createTermSearch({ ontology });
    expect(all.search("autosomal recessive inh")[0].id).toBe("HP:0000007");
  });

  test("says nothing of ids that it does not know", () => {
    expect(terms.labelOf("HP:9999999")).toBeUndefined();
    expect(terms.search("HP:9999999")).toEqual([]);
  });
});

describe("translations", () => {
  const table = (...rows: string[][]): string =>
    [
      [
        "source_language",
        "translation_language",
        "subject_id",
        "predicate_id",
        "translation_value",
        "translation_status",
      ],
      ...rows,
    ]
      .map((row) => row.join("\t"))
      .join("\r\n");

  test("are read by the names of the columns; definitions, other languages and what is not translated are left out", () => {
    const text = table(
      ["en", "es", "HP:0000001", "rdfs:label", '"Todo, ""todo"""', "OFFICIAL"],
      ["en", "es", "HP:0000001", "oio:hasExactSynonym", " Cada cosa ", "CANDIDATE"],
      ["en", "es", "HP:0000002", "IAO:0000115", "Una definición", "OFFICIAL"],
      ["en", "fr", "HP:0000003", "rdfs:label", "Autre", "OFFICIAL"],
      ["en", "es", "HP:0000004", "rdfs:label", "Four", "NOT_TRANSLATED"],
      ["en", "es", "HP:0000005", "rdfs:label", "", "OFFICIAL"],
    );
    expect(parseBabelon(text, "hp-es.babelon.tsv", "es")).toEqual([
      { id: "HP:0000001", value: 'Todo, "todo"', label: true },
      { id: "HP:0000001", value: "Cada cosa", label: false },
    ]);
  });

  test("a table of synonyms is read without the line that is for ROBOT", () => {
    const text = "subject_id\ttranslation_value\tcomment\nID\tAL oboInOwl:hasExactSynonym@es\t\nHP:0001250\tataque\t\n";
    expect(parseBabelon(text, "hp-es.synonyms.tsv", "es")).toEqual([
      { id: "HP:0001250", value: "ataque", label: false },
    ]);
  });

  test("another table is refused by its first line", () => {
    expect(() => parseBabelon("a\tb\n1\t2\n", "hp-es.babelon.tsv", "es")).toThrow(
      /no columns subject_id and translation_value/,
    );
  });

  test("of the first folder give the label, those of the next its synonyms; also from a .gz", async () => {
    using own = temporary();
    const row = ["en", "es", "HP:0001250", "rdfs:label", "Crisis del usuario", "OFFICIAL"];
    writeFileSync(join(own.path, "hp-es.babelon.tsv.gz"), gzipSync(table(row)));
    const { terms: both } = await loadTranslations([own.path, EXCERPT], "es");
    const { label, synonyms } = both.get("HP:0001250")!;
    expect(label).toBe("Crisis del usuario");
    expect(synonyms).toContain(spanish.terms.get("HP:0001250")!.label);
  });

  test("that are not there are none", async () => {
    using empty = temporary();
    expect((await loadTranslations([empty.path, join(empty.path, "nowhere")], "es")).terms.size).toBe(0);
  });
});

test("the Spanish names that ship are of every term of the cases that ship, one label each, beside the name of today", () => {
  const terms = collectCases(SOLVED).cases.flatMap(({ present, excluded }) => [...present, ...excluded]);
  const places = terms.map(({ id }) => ontology.indexOf(id)).filter((place) => place !== undefined);
  const ids = new Set(places.map((place) => ontology.ids[place]));
  expect([...ids].filter((id) => spanish.terms.get(id)?.label === undefined)).toEqual([]);

  const [, ...lines] = readFileSync(join(EXCERPT, "hp-es.tsv"), "utf8").trimEnd().split("\n");
  const rows = lines.map((line) => line.split("\t"));
  for (const [, , id, , name] of rows) expect([id, name]).toEqual([id, ontology.names[ontology.indexOf(id!)!]]);
  const labels = rows.filter(([, , , predicate]) => predicate === "rdfs:label");
  expect(new Set(labels.map(([, , id]) => id)).size).toBe(labels.length);
  expect(new Set(labels.map((row) => row[5]!.toLowerCase())).size).toBe(labels.length);
});

describe("in Spanish a search", () => {
  test.each([
    ["convulsiones", "HP:0001250"],
    ["CONVULSION", "HP:0001250"],
    ["convulcion", "HP:0001250"],
    ["talla baja", "HP:0004322"],
    ["hipotonia", "HP:0001252"],
    ["dolor de cabeza", "HP:0002315"],
    ["dolor del abdomen", "HP:0002027"],
    ["estrabismo", "HP:0000486"],
    ["fiebre", "HP:0001945"],
  ])("for %j finds %s", (query, id) => {
    expect(terms.search(query, { lang: "es" })[0].id).toBe(id);
  });

  test("gives Spanish labels, and marks those that are English for want of one", () => {
    expect(terms.search("seizure", { lang: "es" })[0]).toMatchObject({
      id: "HP:0001250",
      lang: "es",
      matched: "Seizure",
    });
    const untranslated = ontology.ids.find((id) => terms.labelOf(id) && !spanish.terms.has(id))!;
    expect(terms.labelOf(untranslated, "es")).toEqual({ ...terms.labelOf(untranslated, "en"), lang: "en" });
  });

  test("finds by English words too, and an English search by Spanish ones", () => {
    expect(terms.search("strabismus", { lang: "es" })[0].id).toBe("HP:0000486");
    expect(terms.search("estrabismo")[0]).toMatchObject({ id: "HP:0000486", label: "Strabismus", lang: "en" });
  });
});

test("diseases are found by name, by other name and by id", () => {
  const diseases = createDiseaseSearch(base);
  const some = base.names.findIndex((name) => !name.includes(";") && name.length > 20);
  expect(diseases.search(base.names[some], { limit: 50 }).map(({ id }) => id)).toContain(base.diseases[some]);
  expect(diseases.search(base.diseases[some])).toMatchObject([{ id: base.diseases[some] }]);
});

test.each([
  ["Síndrome de Sjögren–Larsson", "sindrome de sjogren larsson"],
  ["  T2 «hypointense»\tthalamus ", "t2 hypointense thalamus"],
  ["Niño", "nino"],
  ["ΑΒΓ ά", "αβγ α"],
])("%j is compared as %j", (text, folded) => {
  expect(fold(text)).toBe(folded);
});

test.each([
  ["seizure", "seizures", 1, 0],
  ["siezure", "seizure", 1, 1],
  ["sezure", "seizure", 1, 1],
  ["seizzure", "seizure", 1, 1],
  ["xeizure", "seizure", 1, 1],
  ["seizure", "ataxia", 1, 2],
  ["convulcionez", "convulsiones", 2, 2],
  ["convulsion", "con", 2, 3],
])("from %s to %s with at most %i it is %i edits", (typed, word, most, edits) => {
  const from = editsFrom(typed, most);
  expect([from(word), from(word)]).toEqual([edits, edits]);
});

test("the parts of an index that are kept find the same, and damaged ones are made anew", async () => {
  using cache = temporary();
  const base = await smallKnowledge([{ disease: "OMIM:1", term: "seizure", reference: "PMID:1" }]);
  const find = (parts?: (texts: readonly IndexedText[]) => IndexParts): unknown =>
    createTermSearch({ ontology: base.ontology, parts }).search("epileptc fit");
  const kept = (texts: readonly IndexedText[]): IndexParts => keptParts(cache.path, texts);
  const want = find();
  expect(want).toMatchObject([{ id: "HP:0001250" }]);
  expect(find(kept)).toEqual(want);
  const [file] = readdirSync(join(cache.path, "knowledge"));
  expect(find(kept)).toEqual(want);
  truncateSync(join(cache.path, "knowledge", file), 60);
  expect(find(kept)).toEqual(want);
});
