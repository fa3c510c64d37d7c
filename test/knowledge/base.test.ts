import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ASPECTS, FrequencyClass, type KnowledgeBase } from "../../src/core/knowledge.ts";
import { loadKnowledge } from "../../src/knowledge/base.ts";
import {
  EXCERPT,
  HPOA_COLUMNS,
  hpoaLine,
  type Row,
  smallKnowledge,
  TERMS,
  temporary,
  writeKnowledge,
} from "../support/knowledge.ts";

const row = (of: Partial<Row> = {}): Row => ({ disease: "OMIM:1", term: "seizure", reference: "PMID:1", ...of });

async function load(folder: string, cache?: string): Promise<{ base: KnowledgeBase; notices: string[] }> {
  const notices: string[] = [];
  const base = await loadKnowledge(folder, { cache, notify: ({ message }) => notices.push(message) });
  return { base, notices };
}

test("annotations have their counts, percentages, classes, references and negations", async () => {
  const { annotations, diseases, ontology } = await smallKnowledge([
    row({ disease: "OMIM:2", term: "ataxia", frequency: "3/7", reference: "PMID:9;PMID:8" }),
    row({ frequency: "45%" }),
    row({ frequency: "HP:0040283", not: true }),
    row({ disease: "OMIM:2", term: "murmur" }),
  ]);
  expect(diseases).toEqual(["OMIM:1", "OMIM:2"]);
  expect([...annotations.offsets]).toEqual([0, 2, 4]);
  expect(Array.from(annotations.term, (term) => ontology.ids[term])).toEqual([
    TERMS.seizure,
    TERMS.seizure,
    TERMS.ataxia,
    TERMS.murmur,
  ]);
  expect([...annotations.hits]).toEqual([0, 0, 3, 0]);
  expect([...annotations.total]).toEqual([0, 0, 7, 0]);
  expect(annotations.share[0]).toBeCloseTo(0.45);
  expect(annotations.share[2]).toBeNaN();
  expect([...annotations.frequency]).toEqual([0, FrequencyClass.occasional, 0, 0]);
  expect([...annotations.negated]).toEqual([0, 1, 0, 0]);
  expect(annotations.references[annotations.reference[2]]).toBe("PMID:9;PMID:8");
});

test("onset, sex, modifier and inheritance of a true release are read", async () => {
  const { base } = await load(EXCERPT);
  const { annotations, ontology } = base;
  const { aspect, term, sex, onset, modifier } = annotations;
  const count = (test: (i: number) => boolean): number => [...term.keys()].filter(test).length;
  const inheritance = new Set(
    [...term.keys()].filter((i) => aspect[i] === ASPECTS.indexOf("I")).map((i) => ontology.names[term[i]]),
  );
  expect(inheritance).toContain("Autosomal dominant inheritance");
  expect(count((i) => sex[i] === 2)).toBeGreaterThan(count((i) => sex[i] === 1));
  expect(count((i) => onset[i] >= 0)).toBeGreaterThan(10);
  expect(annotations.modifiers[0]).toBe("");
  expect(count((i) => modifier[i] > 0)).toBeGreaterThan(0);
  expect(base.orphanet.ids.length).toBeGreaterThan(100);
  expect(
    base.orphanet.prevalenceText.some((text) => /^1-9 \/ 100 000 \(point prevalence, worldwide\)$/.test(text)),
  ).toBe(true);
});

test("what the cache gives is what the files gave, and a damaged cache is not believed", async () => {
  using cache = temporary();
  const { indexOf: _, ...ontology } = (await load(EXCERPT)).base.ontology;
  const { ontology: __, ...rest } = (await load(EXCERPT, cache.path)).base;
  const same = async (): Promise<void> => {
    const { base } = await load(EXCERPT, cache.path);
    expect({ ...base, ontology: undefined }).toEqual({ ...rest, ontology: undefined });
    expect(base.ontology).toMatchObject(ontology);
    expect(base.ontology.indexOf("HP:0001250")).toBe(ontology.ids.indexOf("HP:0001250"));
  };
  await same();
  const [file] = readdirSync(join(cache.path, "knowledge"));
  truncateSync(join(cache.path, "knowledge", file), 1000);
  await same();
});

test("other files have another hash; the same ones the same", async () => {
  using folder = temporary();
  cpSync(EXCERPT, folder.path, { recursive: true });
  const [first, again] = [(await load(EXCERPT)).base.release, (await load(folder.path)).base.release];
  expect(again).toEqual(first);
  const path = join(folder.path, "phenotype.hpoa.gz");
  writeFileSync(
    path,
    gzipSync(gunzipSync(readFileSync(path)).toString().replace("#version: 2025-01-16", "#version: 2025-02-01")),
  );
  const { release } = (await load(folder.path)).base;
  expect(release.hash).not.toBe(first.hash);
  expect(release.files[1]).toMatchObject({ what: "hpoa", version: "2025-02-01" });
});

test("files may lie in folders of the folder", async () => {
  using folder = temporary();
  cpSync(EXCERPT, join(folder.path, "deep"), { recursive: true });
  expect((await load(folder.path)).base.diseases.length).toBeGreaterThan(1000);
});

test("an excerpt says that it is one", async () => {
  expect((await load(EXCERPT)).notices).toEqual([expect.stringMatching(/excerpt of \d+ diseases/)]);
});

test("annotations of another release than the ontology are told of, with the rows that were lost", async () => {
  using folder = temporary();
  writeKnowledge(folder.path, [row()]);
  const path = join(folder.path, "phenotype.hpoa");
  const unknown = hpoaLine(row()).replace(TERMS.seizure, "HP:7777777");
  writeFileSync(
    path,
    `${readFileSync(path, "utf8").replace("releases/2025-01-16", "releases/2026-02-03")}${unknown}\n`,
  );
  const { base, notices } = await load(folder.path);
  expect(notices).toEqual([expect.stringMatching(/made with HPO 2026-02-03, the ontology is of 2025-01-16; 1 rows/)]);
  expect(base.annotations.term).toHaveLength(1);
});

test.each<[string, (text: string) => string | Uint8Array, RegExp, RegExp]>([
  ["within a row", (text) => text.slice(0, -20), /cut short or broken/, /phenotype.hpoa, line 6$/],
  [
    "between two rows",
    (text) => `${text.trimEnd().split("\n").slice(0, -1).join("\n")}\n`,
    /announces 2 diseases of OMIM and holds 1/,
    /phenotype.hpoa$/,
  ],
  ["after its header", (text) => text.slice(0, text.indexOf("database_id")), /its columns are not those/, /line 3$/],
  ["as a .gz", (text) => gzipSync(text).subarray(0, 100), /cannot be read: unexpected end/, /phenotype.hpoa$/],
])("an annotation file cut short %s is refused", async (_, cut, what, where) => {
  using folder = temporary();
  writeKnowledge(folder.path, [row(), row({ disease: "OMIM:2" })]);
  const path = join(folder.path, "phenotype.hpoa");
  writeFileSync(path, cut(readFileSync(path, "utf8")));
  await expect(load(folder.path)).rejects.toThrow(what);
  await expect(load(folder.path)).rejects.toMatchObject({ where: expect.stringMatching(where) });
});

test("a file with other columns, a broken line of Orphanet, and what is missing are named", async () => {
  using folder = temporary();
  writeKnowledge(folder.path, [row()]);
  const say = async (file: string, text: string): Promise<unknown> => {
    writeFileSync(join(folder.path, file), text);
    const failure = await load(folder.path).catch((error: unknown) => error);
    writeKnowledge(folder.path, [row()]);
    return failure;
  };
  expect(await say("phenotype.hpoa", HPOA_COLUMNS.replace("hpo_id", "term"))).toMatchObject({
    message: expect.stringMatching(/columns/),
  });
  expect(await say("orphanet.jsonl", '{"orpha": "1"}\n')).toMatchObject({
    where: expect.stringMatching(/orphanet.jsonl, line 1$/),
  });
  expect(await say("orphanet.jsonl", '{"orpha": "1')).toMatchObject({
    message: expect.stringMatching(/cut short or broken/),
  });
  await expect(load(join(folder.path, "nowhere"))).rejects.toThrow("there is no folder");
  using empty = temporary();
  await expect(load(empty.path)).rejects.toThrow("no ontology is in the folder");
});
