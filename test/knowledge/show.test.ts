import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { searchKnowledge } from "../../src/app/knowledge/search.ts";
import { idOf, type Shown, showKnowledge } from "../../src/app/knowledge/show.ts";
import { knowledgeView } from "../../src/cli/knowledge/view.ts";
import { readGenemap2, readMim2gene } from "../../src/knowledge/omim.ts";
import { readTermEntry } from "../../src/knowledge/term-entry.ts";
import { HPO_EXCERPT } from "../support/hpo.ts";
import { EXCERPT, hpoaLine, TERMS, temporary, writeKnowledge } from "../support/knowledge.ts";

const FILES = join(import.meta.dirname, "..", "fixtures", "knowledge", "orphadata");
/** No project: nothing lies beside what is named. */
const project = (root: string) => ({ root }) as Parameters<typeof showKnowledge>[0];
const show = (folder: string, id: string): Promise<Shown> =>
  showKnowledge(project(folder), id, { knowledge: folder, notify: () => {} });

type Disease = Extract<Shown, { kind: "disease" }>;
const disease = async (folder: string, id: string): Promise<Disease> => {
  const shown = await show(folder, id);
  if (shown.kind !== "disease") throw new Error("a term");
  return shown;
};

const cache = temporary();
beforeEach(() => void vi.stubEnv("DISEASE_CACHE", cache.path));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => cache[Symbol.dispose]());

test("the excerpt that ships knows Marfan syndrome by both of its ids", async () => {
  const orpha = await disease(EXCERPT, "ORPHA:558");
  expect(orpha).toMatchObject({ name: "Marfan syndrome", prevalence: { share: 2.5e-4, of: "ORPHA:558" } });
  expect(orpha.phenotypes[0].frequency).toBe("very frequent (80–99 %)");
  expect(orpha.mapped.map(({ id }) => id)).toContain("OMIM:154700");
  const omim = await disease(EXCERPT, "OMIM:154700");
  expect(omim.inheritance).toEqual(["Autosomal dominant inheritance"]);
  expect(omim.prevalence).toMatchObject({ of: "ORPHA:558" });
  expect(omim.phenotypes.find(({ id }) => id === "HP:0001166")).toMatchObject({
    label: "Arachnodactyly",
    frequency: "124/197",
    references: ["PMID:28050285", "PMID:33436942"],
  });
  const shares = omim.phenotypes.map(({ share }) => share ?? -1);
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
});

test("counts of papers are added, what is negated or excluded is apart, and what nobody counted comes last", async () => {
  using folder = temporary();
  const row = { disease: "OMIM:1", reference: "PMID:1" } as const;
  writeKnowledge(
    folder.path,
    [
      { ...row, term: "seizure", frequency: "1/4" },
      { ...row, term: "seizure", frequency: "2/6", reference: "PMID:2" },
      { ...row, term: "ataxia" },
      { ...row, term: "rhythm", frequency: "45%" },
      { ...row, term: "murmur", frequency: "HP:0040285" },
      { ...row, term: "fibrillation", not: true },
    ],
    [{ orpha: "7", omim: ["1"], terms: [["nerve", "Occasional (29-5%)"]] }],
  );
  const { phenotypes, absent, mapped } = await disease(folder.path, "OMIM:1");
  expect(phenotypes.map(({ label, frequency, share }) => [label, frequency, share])).toEqual([
    ["rhythm", "45 %", expect.closeTo(0.45)],
    ["seizure", "3/10", 0.3],
    ["ataxia", "", null],
  ]);
  expect(phenotypes[1].references).toEqual(["PMID:1", "PMID:2"]);
  expect(absent.map(({ label }) => label).sort()).toEqual(["fibrillation", "murmur"]);
  expect(mapped).toEqual([{ id: "ORPHA:7", mapping: "listed", label: "Entry 7" }]);
  const orpha = await disease(folder.path, "ORPHA:7");
  expect(orpha.phenotypes).toMatchObject([
    { id: TERMS.nerve, frequency: "occasional (5–29 %)", references: ["ORPHA:7"] },
  ]);
  expect(orpha.mapped).toEqual([{ id: "OMIM:1", mapping: "listed", label: "Disease 1" }]);
});

test("with Orphanet's names, ids are the same, wider or narrower, seen from either side; Spanish names find them", async () => {
  using folder = temporary();
  cpSync(EXCERPT, folder.path, { recursive: true });
  for (const name of ["en_product1.xml", "es_product1.xml"]) cpSync(join(FILES, name), join(folder.path, name));
  const orpha = await disease(folder.path, "ORPHA:558");
  expect(orpha).toMatchObject({ nameEs: "Síndrome de Marfan", synonyms: ["MFS"], notices: [] });
  expect(orpha.mapped.filter(({ mapping }) => mapping === "exact").map(({ id }) => id)).toContain("ICD10:Q87.4");
  expect(orpha.mapped.find(({ id }) => id === "OMIM:610168")?.mapping).toBe("narrower");
  const wider = (await disease(folder.path, "OMIM:610168")).mapped.find(({ id }) => id === "ORPHA:558");
  expect(wider?.mapping).toBe("broader");
  expect((await disease(folder.path, "OMIM:154700")).mapped).toMatchObject([{ id: "ORPHA:558", mapping: "exact" }]);
  const group = await disease(folder.path, "ORPHA:98249");
  expect(group).toMatchObject({ type: "Category", notices: ["nothing is known here of what its patients have"] });
  const found = await searchKnowledge(project(folder.path), "sindrome marfan neonatl", {
    knowledge: folder.path,
    lang: "es",
    kind: "disease",
    limit: 3,
    notify: () => {},
  });
  expect(found).toMatchObject([{ id: "ORPHA:284979", label: "Síndrome de Marfan neonatal", lang: "es" }]);
  expect((await show(folder.path, "enfermedad de marfan")).id).toBe("ORPHA:558");
});

test("genes come from OMIM's tables where they are", async () => {
  using folder = temporary();
  writeKnowledge(folder.path, [{ disease: "OMIM:999001", term: "seizure", reference: "PMID:1" }]);
  const mim2gene = join(folder.path, "mim2gene.txt");
  writeFileSync(
    mim2gene,
    "# Copyright\n# Generated: 2025-11-20\n# MIM Number\tMIM Entry Type (see FAQ 1.3 at https://omim.org/help/faq)\tEntrez Gene ID (NCBI)\tApproved Gene Symbol (HGNC)\tEnsembl Gene ID (Ensembl)\n999001\tphenotype\t\t\t\n999002\tmoved/removed\t\t\t\n999003\tgene/phenotype\t1\tAAA1\tENSG1\n",
  );
  const genemap = join(folder.path, "genemap2.txt");
  writeFileSync(
    genemap,
    "# Generated: 2025-11-20\n# Chromosome\tGene Symbols\tApproved Gene Symbol\tGene/Locus And Other Related Symbols\tPhenotypes\nchr1\tx\tBBB2\tBBB2, B2\tA disease, mild, 999001 (3), Autosomal dominant; {Other}, 999009 (2)\nchr2\tx\t\tCCC3, C3\tA disease, 999001 (2)\n",
  );
  expect((await readMim2gene(mim2gene)).date).toBe("2025-11-20");
  expect((await readGenemap2(genemap)).rows.size).toBe(2);
  expect((await disease(folder.path, "OMIM:999001")).genes).toEqual([
    { gene: "BBB2", inheritance: "Autosomal dominant", basis: "molecular basis known" },
    { gene: "CCC3", inheritance: "", basis: "mapped by linkage" },
  ]);
  expect((await disease(folder.path, "OMIM:999003")).genes).toMatchObject([{ gene: "AAA1" }]);
  expect((await show(folder.path, "OMIM:999002")).notices).toContain("OMIM has moved or removed OMIM:999002");
  writeFileSync(mim2gene, "# MIM Number\tMIM Entry Type\tApproved Gene Symbol\n999001\tphenotype\t\nhalf");
  await expect(readMim2gene(mim2gene)).rejects.toMatchObject({ where: `${mim2gene}, line 3` });
  writeFileSync(mim2gene, "999001\tphenotype\n");
  await expect(readMim2gene(mim2gene)).rejects.toThrow("a line with its columns is missing");
});

test("a term has its neighbours, the diseases with it or below, and what that tells", async () => {
  using folder = temporary();
  const reference = "PMID:1";
  writeKnowledge(folder.path, [
    { disease: "OMIM:1", term: "febrile", reference },
    { disease: "OMIM:2", term: "seizure", reference },
    { disease: "OMIM:3", term: "seizure", reference, not: true },
    { disease: "OMIM:4", term: "murmur", reference },
  ]);
  const seizure = await show(folder.path, "HP:0001250");
  expect(seizure).toMatchObject({
    kind: "term",
    label: "seizure",
    synonyms: ["Epileptic fit"],
    parents: [{ id: TERMS.nerve, label: "nerve" }],
    children: [{ id: TERMS.febrile, label: "febrile" }],
    diseases: { direct: 1, all: 2, of: 4 },
    information: 1,
    replaces: ["HP:0009999"],
    notices: [],
  });
  expect(await show(folder.path, "HP:0009999")).toMatchObject({
    id: "HP:0001250",
    notices: ["HP:0009999 is no longer in use: HP:0001250 stands for it"],
  });
  expect((await show(folder.path, "epileptic FIT")).id).toBe("HP:0001250");
});

test("definitions are read from hp.obo and hp.json alike; an obsolete term without a successor says so", async () => {
  using folder = temporary();
  const obo =
    '[Term]\nid: HP:0000001\nname: All\ndef: "A \\"whole\\"." [x]\nxref: UMLS:C1\n\n[Term]\nid: HP:0000002\nname: obsolete thing\nis_obsolete: true\nconsider: HP:0000001\n';
  writeFileSync(join(folder.path, "hp.obo"), obo);
  const json = {
    graphs: [
      {
        nodes: [
          {
            id: "http://purl.obolibrary.org/obo/HP_0000001",
            lbl: "All",
            meta: { definition: { val: 'A "whole".' }, xrefs: [{ val: "UMLS:C1" }] },
          },
        ],
      },
    ],
  };
  writeFileSync(join(folder.path, "hp.json"), JSON.stringify(json));
  const plain = await readTermEntry(join(folder.path, "hp.obo"), "HP:0000001");
  expect(plain).toMatchObject({ definition: 'A "whole".', xrefs: ["UMLS:C1"], obsolete: false });
  expect(await readTermEntry(join(folder.path, "hp.json"), "HP:0000001")).toEqual(plain);
  expect(await readTermEntry(join(folder.path, "hp.obo"), "HP:0000009")).toBeUndefined();
  rmSync(join(folder.path, "hp.json"));
  for (const path of [HPO_EXCERPT.obo, HPO_EXCERPT.json])
    expect(await readTermEntry(path, "HP:0003114")).toMatchObject({ obsolete: true, instead: ["HP:0001626"] });
  writeFileSync(
    join(folder.path, "phenotype.hpoa"),
    `${HPOA}\n${hpoaLine({ disease: "OMIM:1", term: "head", reference: "PMID:1" })}\n`,
  );
  await expect(show(folder.path, "HP:0000002")).rejects.toMatchObject({
    message: "the term is obsolete: obsolete thing",
    fix: ["Look at HP:0000001."],
  });
});

const HPOA =
  "database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex\tmodifier\taspect\tbiocuration";

test.each([
  ["Orphanet:558", "ORPHA:558"],
  ["orpha 558", "ORPHA:558"],
  ["MIM154700", "OMIM:154700"],
  ["HP_0001166", "HP:0001166"],
  ["hp:1166", "HP:0001166"],
  ["Factor 8", undefined],
])("%s is the id %s", (text, id) => {
  expect(idOf(text)).toBe(id);
});

test("what is unknown is told with what is near, and how to get more", async () => {
  const failure = (id: string): Promise<unknown> => show(EXCERPT, id).catch((error: unknown) => error);
  expect(await failure("OMIM:154701")).toMatchObject({
    message: "the knowledge base has no such id",
    fix: ["Did you mean OMIM:154700?", expect.stringMatching(/excerpt of 1064 diseases: `disease knowledge pull`/)],
  });
  expect(await failure("XY:1")).toMatchObject({ message: "there are no such ids in the knowledge base" });
  expect(await failure("marfan sindrom")).toMatchObject({
    fix: expect.arrayContaining(["OMIM:154700 Marfan syndrome"]),
  });
  expect(await failure("qqqqqqqq")).toMatchObject({ message: "nothing is so called" });
});

test("text and Markdown have the same facts", async () => {
  const shown = await show(EXCERPT, "ORPHA:558");
  const text = knowledgeView(shown, { markdown: false, limit: 3 });
  expect(text).toMatch(/^ORPHA:558 Marfan syndrome\n/);
  expect(text).toMatch(/prevalence +1-5 \/ 10 000 \(point prevalence, worldwide\), about 1 in 4,000/);
  expect(text).toMatch(/… and \d+ more: --limit 0 shows all/);
  const markdown = knowledgeView(shown, { markdown: true, limit: 3 });
  expect(markdown).toMatch(/^# ORPHA:558 Marfan syndrome\n\n- \*\*type\*\*: Disease/);
  expect(markdown).toContain("| very frequent (80–99 %) | HP:");
});
