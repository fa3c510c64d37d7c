import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeNotes, readNotes } from "../../src/app/lake/notes.ts";
import { findProject } from "../../src/app/project.ts";
import { parseGold, scoreNotes } from "../../src/notes/gold.ts";

const SET = join(import.meta.dirname, "../fixtures/notes");
const root = join(import.meta.dirname, "../..");

test("the gold set has 66 notes, half of them in Spanish, a third held out, and every annotation's words are in its note", () => {
  for (const [part, count] of [
    ["dev", 44],
    ["heldout", 22],
  ] as const) {
    const folder = join(SET, part);
    const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));
    expect(names).toHaveLength(count);
    expect(names.filter((name) => name.startsWith("es"))).toHaveLength(count / 2);
    for (const name of names) {
      const text = readFileSync(join(folder, name), "utf8");
      const table = name.replace(".txt", ".tsv");
      const gold = parseGold(readFileSync(join(folder, table), "utf8"), text, table);
      expect(gold.length, name).toBeGreaterThan(5);
      const starts = gold.map(({ start }) => start);
      expect(starts, name).toEqual([...starts].sort((a, b) => a - b));
      expect(new Set(starts).size, name).toBe(starts.length);
    }
  }
});

test("on held-out notes precision and recall stay above what docs/notes.md says, less a margin", async () => {
  const report = await judgeNotes(findProject(root), join(SET, "heldout"), {});
  expect(report.notes).toBe(22);
  const of = (lang: string) => report.groups.find((group) => group.lang === lang && group.status === "all")!;
  expect(report.all.precision).toBeGreaterThan(0.88);
  expect(report.all.f1).toBeGreaterThan(0.86);
  expect(of("en").f1).toBeGreaterThan(0.87);
  expect(of("es").f1).toBeGreaterThan(0.84);
  // Whatever is found is judged rightly nearly always.
  expect(report.concepts.f1 - report.all.f1).toBeLessThan(0.02);
}, 60_000);

test("a score counts right, missed, false and misjudged mentions", () => {
  const gold = parseGold(
    "HP:0001250\texcluded\tseizures\nHP:0001945\tpresent\tfever\n",
    "No seizures. High fever.",
    "a.tsv",
  );
  const mention = { label: "", line: 1, matched: "", lang: "en" as const };
  const found = [
    { ...mention, term: "HP:0001250", start: 3, end: 11, status: "present" as const },
    { ...mention, term: "HP:0001945", start: 13, end: 23, status: "present" as const },
    { ...mention, term: "HP:0012735", start: 0, end: 2, status: "present" as const },
  ];
  const report = scoreNotes([{ name: "a", lang: "en", gold, found }]);
  expect(report.all).toMatchObject({ hits: 1, false: 2, missed: 1, precision: 1 / 3, recall: 1 / 2 });
  expect(report.concepts).toMatchObject({ hits: 2, false: 1, missed: 0 });
  expect(report.misses.map(({ kind, term }) => `${kind} ${term}`)).toEqual(["status HP:0001250", "false HP:0012735"]);
});

test("an annotation that is none, and one whose words the note lacks, are told with their line", () => {
  expect(() => parseGold("HP:0001250\tpresent\tseizures\t2", "Seizures: seizures", "a.tsv")).toThrow(/so often/);
  expect(() => parseGold("\nHP:1\tpresent\tx", "x", "a.tsv")).toThrow(expect.objectContaining({ where: "a.tsv:2" }));
});

test("a folder without notes, and one without annotations, are told", async () => {
  const project = findProject(root);
  await expect(readNotes(project, join(root, "src/core"), { lang: "auto" })).rejects.toThrow(/no note/);
  await expect(readNotes(project, "nowhere", { lang: "auto" })).rejects.toThrow(/no such file/);
  await expect(judgeNotes(project, join(root, "src"), {})).rejects.toThrow(/no annotated note/);
});
