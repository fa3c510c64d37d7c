import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { hashBytes } from "../../src/core/hash.ts";
import type { KnowledgeBase } from "../../src/core/knowledge.ts";
import { loadKnowledge } from "../../src/knowledge/base.ts";
import { type Element, readDisorders } from "../../src/knowledge/orphadata/disorders.ts";
import { readNames } from "../../src/knowledge/orphadata/names.ts";
import { describedOf, phenotypesOf, prevalencesOf } from "../../src/knowledge/orphadata/products.ts";
import { EXCERPT, temporary } from "../support/knowledge.ts";

const FILES = join(import.meta.dirname, "..", "fixtures", "knowledge", "orphadata");
const load = (folder: string): Promise<KnowledgeBase> => loadKnowledge(folder, { notify: () => {} });

async function all<T>(path: string, of: (one: Element) => T): Promise<T[]> {
  const found: T[] = [];
  await readDisorders(path, (one) => found.push(of(one)));
  return found;
}

test.each([
  ["en_product1", describedOf],
  ["en_product4", phenotypesOf],
  ["en_product9_prev", prevalencesOf],
])("%s says the same as XML, as JSON and gzipped", async (name, of: (one: Element) => unknown) => {
  using folder = temporary();
  const xml = await all(join(FILES, `${name}.xml`), of);
  expect(await all(join(FILES, `${name}.json`), of)).toEqual(xml);
  const packed = join(folder.path, `${name}.xml.gz`);
  writeFileSync(packed, gzipSync(readFileSync(join(FILES, `${name}.xml`))));
  expect(await all(packed, of)).toEqual(xml);
});

test("cross references keep what kind of mapping they are, and ids of each system look alike", async () => {
  const { date, disorders } = await readNames(join(FILES, "en_product1.xml"), undefined);
  expect(date).toBe("2025-12-09");
  const marfan = disorders.get("ORPHA:558")!;
  expect(marfan).toMatchObject({ label: "Marfan syndrome", type: "Disease", synonyms: ["MFS"] });
  expect(marfan.definition).toBe("A disorder of connective tissue & of the eye.");
  expect(marfan.references).toEqual([
    { id: "OMIM:154700", mapping: "exact" },
    { id: "OMIM:610168", mapping: "narrower" },
    { id: "ICD10:Q87.4", mapping: "exact" },
    { id: "ICD11:LD28.01", mapping: "exact" },
    { id: "UMLS:C0024796", mapping: "exact" },
    { id: "MESH:D008382", mapping: "exact" },
    { id: "GARD:0006975", mapping: "exact" },
    { id: "MedDRA:10026829", mapping: "undecided" },
  ]);
  expect(disorders.get("ORPHA:284979")!.references).toEqual([{ id: "ICD10:Q87.4", mapping: "broader" }]);
});

test("a product in ISO-8859-1 is read by its own encoding", async () => {
  const { disorders } = await readNames(join(FILES, "es_product1.xml"), undefined);
  expect(disorders.get("ORPHA:558")).toMatchObject({ label: "Síndrome de Marfan", synonyms: ["Enfermedad de Marfan"] });
});

test("what a product says stands in place of what is packed, and enters the hash; a folder without products keeps its own", async () => {
  using folder = temporary();
  cpSync(EXCERPT, folder.path, { recursive: true });
  const before = await load(folder.path);
  const files = ["hp.obo.gz", "phenotype.hpoa.gz", "orphanet.jsonl.gz"];
  expect(before.release.hash).toBe(hashBytes(...files.map((name) => hashBytes(readFileSync(join(folder.path, name))))));
  cpSync(join(FILES, "en_product4.xml"), join(folder.path, "en_product4.xml"));
  cpSync(join(FILES, "en_product1.xml"), join(folder.path, "en_product1.xml"));
  const { release, orphanet, ontology } = await load(folder.path);
  expect(release.hash).not.toBe(before.release.hash);
  expect(release.files.slice(3)).toMatchObject([
    { what: "orphanet-phenotypes", version: "2025-12-09" },
    { what: "orphanet-xref", version: "2025-12-09" },
  ]);
  const entry = orphanet.ids.indexOf("ORPHA:558");
  const terms = [...orphanet.term.subarray(orphanet.offsets[entry], orphanet.offsets[entry + 1])];
  expect(terms.map((term) => ontology.names[term])).toEqual([
    "Disproportionate tall stature",
    "Arachnodactyly",
    "Pectus carinatum",
    "Seizure",
  ]);
  expect(orphanet.prevalenceText[entry]).toBe("1-5 / 10 000 (point prevalence, worldwide)");
  expect(orphanet.omim[entry]).toEqual(["OMIM:154700", "OMIM:610168"]);
  const other = orphanet.ids.findIndex((id) => !["ORPHA:558", "ORPHA:284979"].includes(id));
  expect(orphanet.offsets[other + 1] - orphanet.offsets[other]).toBe(0);
  expect(orphanet.ids).not.toContain("ORPHA:98249");
});

test("products alone make what the packed file holds", async () => {
  using folder = temporary();
  for (const name of ["hp.obo.gz", "phenotype.hpoa.gz"]) cpSync(join(EXCERPT, name), join(folder.path, name));
  for (const name of ["en_product1.json", "en_product4.json", "en_product9_prev.json"])
    cpSync(join(FILES, name), join(folder.path, name));
  const { orphanet } = await load(folder.path);
  expect(orphanet.ids).toEqual(["ORPHA:284979", "ORPHA:558"]);
  expect(orphanet.prevalence[0]).toBeNaN();
  expect(orphanet.prevalence[1]).toBeCloseTo(2.5e-4);
  expect(orphanet.types).toEqual(["Disease", "Disease"]);
});

test.each<[string, (xml: string) => string | Uint8Array, RegExp, RegExp]>([
  ["cut short", (xml) => xml.slice(0, 1500), /cannot be read: unclosed tag/, /, line \d+$/],
  ["cut short as .gz", (xml) => gzipSync(xml).subarray(0, 500), /unexpected end/, /en_product4.xml$/],
  ["with tags that do not match", (xml) => xml.replace("</HPO>", "</HPI>"), /tag/, /, line 9$/],
  [
    "with a document type",
    (xml) => xml.replace("<JDBOR", '<!DOCTYPE x [<!ENTITY a "b">]><JDBOR'),
    /has a document type/,
    /, line 3$/,
  ],
  ["with an entity of its own", (xml) => xml.replace("Arachnodactyly", "&boom;"), /undefined entity/, /, line 10$/],
  ["without disorders", () => '<?xml version="1.0"?><JDBOR/>', /holds no disorder/, /en_product4.xml$/],
  ["of broken JSON", () => '{"JDBOR": [', /Unexpected end of JSON|JSON/, /en_product4.xml$/],
  ["in an encoding that nobody knows", (xml) => xml.replace("UTF-8", "EBCDIC-9"), /encoding/, /en_product4.xml$/],
])("a product %s is refused with its place", async (_, spoil, what, where) => {
  using folder = temporary();
  const path = join(folder.path, "en_product4.xml");
  writeFileSync(path, spoil(readFileSync(join(FILES, "en_product4.xml"), "utf8")));
  const failure = await readDisorders(path, () => {}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect(failure).toMatchObject({
    message: expect.stringMatching(what),
    where: expect.stringMatching(where),
  });
});
