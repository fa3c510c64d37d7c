import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readOntology } from "../../src/knowledge/hpo.ts";
import { createKnowledge } from "../../src/knowledge/index.ts";
import { HPO_EXCERPT } from "../support/hpo.ts";

const folder = mkdtempSync(join(tmpdir(), "disease-hpo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const written = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

test("hp.obo gives terms, their parents and the release", async () => {
  const { release, ids, names, parents, indexOf } = await readOntology(HPO_EXCERPT.obo);
  expect(release).toBe("hp/releases/2025-01-16");
  expect(ids).toEqual(ids.toSorted());
  const seizure = indexOf("HP:0001250")!;
  expect([ids[seizure], names[seizure]]).toEqual(["HP:0001250", "Seizure"]);
  expect(parents[indexOf("HP:0032892")!]).toEqual([seizure]);
  expect(parents[indexOf("HP:0000001")!]).toEqual([]);
});

test("alternative ids and obsolete ones stand for today's; obsolete ones without a successor for none", async () => {
  const { ids, indexOf, replaced } = await readOntology(HPO_EXCERPT.obo);
  expect(ids[indexOf("HP:0004715")!]).toBe("HP:0000003");
  expect(ids[indexOf("HP:0003114")!]).toBe("HP:0001626");
  expect(replaced.get("HP:0003114")).toBe("HP:0001626");
  expect(indexOf("HP:0000489")).toBeUndefined();
  expect(ids).not.toContain("HP:0003114");
});

test("hp.json, and either of them packed by gzip, says the same", async () => {
  const plain = await readOntology(HPO_EXCERPT.obo);
  const { indexOf: _, ...want } = plain;
  for (const path of [HPO_EXCERPT.json, written("hp.obo.gz", gzipSync(readFileSync(HPO_EXCERPT.obo)))]) {
    const { indexOf: _, ...made } = await readOntology(path);
    expect({ ...made, replaced: new Map([...made.replaced].sort()) }).toEqual({
      ...want,
      replaced: new Map([...want.replaced].sort()),
    });
  }
});

test("lines as Windows writes them, and comments after ids, are read", async () => {
  const text =
    'data-version: x\r\n\r\n[Term]\r\nid: HP:0000002\r\nis_a: HP:0000001 {source="a"} ! All\r\n\r\n[Term]\r\nid: HP:0000001\r\n';
  const { ids, parents } = await readOntology(written("crlf.obo", text));
  expect([ids, parents]).toEqual([
    ["HP:0000001", "HP:0000002"],
    [[], [0]],
  ]);
});

test("replacements that go round in a circle end", async () => {
  const term = (id: string, by: string): string => `[Term]\nid: ${id}\nis_obsolete: true\nreplaced_by: ${by}\n\n`;
  const path = written(
    "circle.obo",
    `${term("HP:0000003", "HP:0000004")}${term("HP:0000004", "HP:0000003")}[Term]\nid: HP:0000001\n`,
  );
  expect((await readOntology(path)).indexOf("HP:0000003")).toBeUndefined();
});

test.each([
  [
    "loop.obo",
    "[Term]\nid: HP:0000001\nis_a: HP:0000002\n\n[Term]\nid: HP:0000002\nis_a: HP:0000001\n",
    /more general than itself/,
  ],
  ["empty.obo", "", /no term/],
  ["table.csv", "a,b\n1,2\n", /no term/],
  ["broken.json", '{"graphs": [', /broken JSON/],
  ["other.json", '{"a": 1}', /no term/],
  ["broken.obo.gz", Uint8Array.of(0x1f, 0x8b, 8, 0, 1), /cannot be read/],
])("%s is refused, with where to get the right one", async (name, content, what) => {
  const path = written(name, content);
  const failure = readOntology(path);
  await expect(failure).rejects.toThrow(what);
  await expect(failure).rejects.toMatchObject({ where: path, fix: [expect.stringContaining("hpo.jax.org")] });
});

test("a file that is not there is refused, and read once it is", async () => {
  const knowledge = createKnowledge();
  const path = join(folder, "later.obo");
  await expect(knowledge.ontology(path)).rejects.toThrow(/cannot be read/);
  written("later.obo", readFileSync(HPO_EXCERPT.obo));
  const first = await knowledge.ontology(path);
  expect(await knowledge.ontology(path)).toBe(first);
});
