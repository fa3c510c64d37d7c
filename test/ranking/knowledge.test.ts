import { expect, test } from "vitest";
import type { KnowledgeBase } from "../../src/core/knowledge.ts";
import { buildKnowledge } from "../../src/ranking/knowledge.ts";
import { rowOf } from "../../src/ranking/sparse.ts";
import { type Row, smallKnowledge, TERMS, type TermName } from "../support/knowledge.ts";
import { knowledgeOf, vectorOf } from "./support.ts";

const row = (disease: string, term: TermName, reference = "PMID:1", frequency = ""): Row => ({
  disease,
  term,
  reference,
  frequency,
});
const near = (of: Partial<Record<TermName, number>>) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [TERMS[name as TermName], expect.closeTo(value, 6)]));

test("an ancestor is as frequent as the most frequent of what is below it, up to the root and no further", async () => {
  const base = await smallKnowledge([
    row("OMIM:1", "febrile", "PMID:1", "1/4"),
    row("OMIM:1", "ataxia", "PMID:1", "3/4"),
  ]);
  expect(vectorOf(knowledgeOf(base), "OMIM:1")).toEqual(
    near({ febrile: 0.32, seizure: 0.32, ataxia: 0.72, nerve: 0.72, root: 0.72 }),
  );
});

test.each([
  ["a count", ["2/3"], 2.6 / 4],
  ["counts of two papers", ["2/3", "1/5"], 3.6 / 9],
  ["no frequency", [""], 0.6],
  ["obligate", ["HP:0040280"], 1],
  ["very frequent", ["HP:0040281"], 0.9],
  ["frequent", ["HP:0040282"], 0.55],
  ["occasional", ["HP:0040283"], 0.17],
  ["very rare", ["HP:0040284"], 0.03],
  ["a percentage", ["45.5%"], 0.455],
])("frequency of %s", async (_, frequencies, expected) => {
  const base = await smallKnowledge(frequencies.map((text, i) => row("OMIM:1", "ataxia", `PMID:${i}`, text)));
  expect(vectorOf(knowledgeOf(base), "OMIM:1")[TERMS.ataxia]).toBeCloseTo(expected, 6);
});

test("what no patient has, what is negated and what is excluded is not in a disease", async () => {
  const base = await smallKnowledge([
    row("OMIM:1", "ataxia", "PMID:1", "0/4"),
    row("OMIM:1", "murmur", "PMID:1", "HP:0040285"),
    { ...row("OMIM:1", "seizure"), not: true },
  ]);
  expect(vectorOf(knowledgeOf(base), "OMIM:1")).toEqual({});
});

const ENTRIES = [
  {
    orpha: "5",
    omim: ["1"],
    terms: [
      ["ataxia", "Very frequent (99-80%)"],
      ["murmur", "Occasional (29-5%)"],
    ],
  },
  { orpha: "6", omim: ["2", "3", "4", "7"], terms: [["seizure", "Obligate (100%)"]] },
] as const;

test("Orphanet counts half of what HPOA does, a quarter where its entry is of many diseases", async () => {
  const base = await smallKnowledge(
    ["OMIM:1", "OMIM:2"].map((id) => row(id, "ataxia", "PMID:1", "HP:0040283")),
    ENTRIES,
  );
  const knowledge = knowledgeOf(base, [], { enriched: true });
  expect(vectorOf(knowledge, "OMIM:1")).toMatchObject(
    near({ ataxia: (0.17 + 0.5 * 0.9) / 1.5, murmur: (0.5 * 0.17) / 1.5 }),
  );
  expect(vectorOf(knowledge, "OMIM:2")).toMatchObject(near({ ataxia: 0.17 / 1.25, seizure: 0.25 / 1.25 }));
  expect(vectorOf(knowledgeOf(base), "OMIM:1")).toMatchObject(near({ ataxia: 0.17 }));
});

test("terms in a disease's name count, by their synonyms too, but make nothing known of an unknown disease", async () => {
  const base = await smallKnowledge([row("OMIM:1", "murmur")]);
  const named: KnowledgeBase = { ...base, names: ["Epileptic fit with ATAXIA, type 3"] };
  const others = [{ id: "OMIM:2", name: "Ataxia 2" }];
  const knowledge = buildKnowledge(named, { enriched: true, others });
  expect(vectorOf(knowledge, "OMIM:1")).toMatchObject(near({ seizure: 0.6, ataxia: 0.6, nerve: 0.6 }));
  expect(vectorOf(knowledge, "OMIM:2")).toEqual({});
});

test("the background is the smoothed mean over all diseases", async () => {
  const base = await smallKnowledge([row("OMIM:1", "ataxia"), row("OMIM:2", "murmur")]);
  const { whole, terms } = knowledgeOf(base);
  const at = (name: TermName): number => whole.background[terms.ontology.indexOf(TERMS[name])!];
  expect(at("ataxia")).toBeCloseTo((0.6 + 1) / 4);
  expect(at("root")).toBeCloseTo((1.2 + 1) / 4);
  expect(at("seizure")).toBeCloseTo(1 / 4);
});

test("without a publication all is as if its rows had never been written, for every disease", async () => {
  const rows = [
    row("OMIM:1", "ataxia", "PMID:1", "2/3"),
    row("OMIM:1", "ataxia", "PMID:2", "1/5"),
    row("OMIM:1", "febrile", "PMID:1"),
    row("OMIM:2", "murmur", "PMID:1"),
    row("OMIM:3", "murmur", "PMID:1;PMID:3"),
    row("OMIM:3", "seizure", "PMID:11"),
  ];
  const never = rows.filter(({ reference }) => reference !== "PMID:1");
  const whole = await smallKnowledge(rows, ENTRIES);
  const others = [{ id: "OMIM:2", name: "Disease 2" }];
  for (const enriched of [false, true]) {
    const knowledge = buildKnowledge(whole, { enriched });
    const expected = buildKnowledge(await smallKnowledge(never, ENTRIES), { enriched, others });
    const view = knowledge.without("PMID:1");
    expect([...view.background]).toEqual([...expected.whole.background].map((value) => expect.closeTo(value, 12)));
    expect(expected.ids).toEqual(knowledge.ids);
    knowledge.ids.forEach((_, disease) => {
      expect(view.changed.get(disease) ?? rowOf(knowledge.rows, disease)).toEqual(rowOf(expected.rows, disease));
    });
  }
  expect(buildKnowledge(whole).without("PMID:404").changed.size).toBe(0);
});

test("candidates are of the databases that are asked for, and those of cases", async () => {
  const base = await smallKnowledge([row("OMIM:1", "ataxia"), row("ORPHA:5", "ataxia"), row("DECIPHER:1", "ataxia")]);
  expect(buildKnowledge(base).ids).toEqual(["OMIM:1"]);
  expect(buildKnowledge(base, { databases: ["ORPHA"] }).ids).toEqual(["ORPHA:5"]);
  expect(buildKnowledge(base, { databases: ["OMIM", "ORPHA"], others: [{ id: "OMIM:9", name: "n" }] }).ids).toEqual([
    "OMIM:1",
    "OMIM:9",
    "ORPHA:5",
  ]);
});
