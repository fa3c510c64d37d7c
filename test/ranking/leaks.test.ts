import { describe, expect, test } from "vitest";
import { patient, type Row, smallKnowledge } from "../support/knowledge.ts";
import { knowledgeOf, rankerOf, scoresOf } from "./support.ts";

const rows: Row[] = [
  { disease: "OMIM:1", term: "ataxia", reference: "PMID:1", frequency: "4/4" },
  { disease: "OMIM:1", term: "murmur", reference: "PMID:2" },
  { disease: "OMIM:2", term: "ataxia", reference: "PMID:3" },
  { disease: "OMIM:1", term: "seizure", reference: "PMID:1", frequency: "4/4" },
  { disease: "OMIM:2", term: "rhythm", reference: "PMID:1", frequency: "1/4" },
  { disease: "OMIM:3", term: "fibrillation", reference: "PMID:3" },
];

/** The case whose paper was annotated: planted. */
const planted = patient("planted", ["ataxia", "seizure"], {
  publication: "PMID:1",
  diagnoses: [{ id: "OMIM:1", label: "" }],
});
/** One whose disease nothing but its own paper, and a case of it, tell of. */
const ghost = patient("ghost", ["fibrillation"], {
  publication: "PMID:7",
  diagnoses: [{ id: "OMIM:7", label: "Fibrillation 7" }],
});
const ghostRows: Row[] = [{ disease: "OMIM:7", term: "fibrillation", reference: "PMID:7", frequency: "9/9" }];
const others = [
  patient("other", ["murmur"], { publication: "PMID:4", diagnoses: [{ id: "OMIM:1", label: "" }] }),
  patient("sibling", ["ataxia", "seizure"], { publication: "PMID:1", diagnoses: [{ id: "OMIM:1", label: "" }] }),
];

describe.each(["orphan-lr", "orphan-cases"])("%s", (method) => {
  test("has the planted paper's annotations in (a), and in (b) scores as if no one had ever written them", async () => {
    const knowledge = knowledgeOf(await smallKnowledge(rows));
    const clean = knowledgeOf(await smallKnowledge(rows.filter(({ reference }) => reference !== "PMID:1")));
    const seen = scoresOf(await rankerOf(method, knowledge, false, [others[0]]), knowledge, planted);
    const blind = scoresOf(await rankerOf(method, knowledge, true, [others[0]]), knowledge, planted);
    const never = scoresOf(await rankerOf(method, clean, false, [others[0]]), clean, planted);
    for (const id of clean.ids) expect(blind[id]).toBeCloseTo(never[id], 10);
    expect(Math.max(...Object.values(seen))).toBe(seen["OMIM:1"]);
    expect(Math.max(...Object.values(blind))).toBe(blind["OMIM:2"]);
  });

  test("never learns from a case of the asking case's paper, in either setting", async () => {
    const knowledge = knowledgeOf(await smallKnowledge(rows), others);
    for (const leaveOut of [false, true]) {
      const both = scoresOf(await rankerOf(method, knowledge, leaveOut, others), knowledge, planted);
      const one = scoresOf(await rankerOf(method, knowledge, leaveOut, [others[0]]), knowledge, planted);
      for (const id of knowledge.ids) expect(both[id]).toBeCloseTo(one[id], 12);
    }
  });

  test("a ghost is no answer in (b), neither by its rows, its cases nor its name", async () => {
    const base = await smallKnowledge([...rows, ...ghostRows]);
    const knowledge = knowledgeOf(base, [ghost], { enriched: true });
    const ranker = await rankerOf(method, knowledge, true, [...others, ghost]);
    expect(scoresOf(ranker, knowledge, ghost)["OMIM:7"]).toBe(Number.NEGATIVE_INFINITY);
    expect(scoresOf(ranker, knowledge, { ...ghost, publication: "PMID:8" })["OMIM:7"]).toBeGreaterThan(0);
  });
});
