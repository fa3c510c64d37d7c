import { expect, test } from "vitest";
import type { PatientCase } from "../../src/core/cases.ts";
import { calibrate, type HeldOut } from "../../src/ranking/learned/calibrate.ts";
import { SOLVED_WEIGHT } from "../../src/ranking/learned/features.ts";
import { drawCases, makeQueries, makeWithheldQueries, rowsOf } from "../../src/ranking/learned/queries.ts";
import { createShortlister } from "../../src/ranking/learned/shortlist.ts";
import { stemOf } from "../../src/ranking/learned/siblings.ts";
import { resolveCase, solvedCases } from "../../src/ranking/query.ts";
import { patient, type Row, smallKnowledge } from "../support/knowledge.ts";
import { knowledgeOf, rankerOf } from "./support.ts";

const rows: Row[] = [
  { disease: "OMIM:1", term: "ataxia", reference: "PMID:1", frequency: "4/4" },
  { disease: "OMIM:1", term: "murmur", reference: "PMID:2" },
  { disease: "OMIM:2", term: "ataxia", reference: "PMID:3" },
  { disease: "OMIM:1", term: "seizure", reference: "PMID:1", frequency: "4/4" },
  { disease: "OMIM:3", term: "fibrillation", reference: "PMID:3" },
  { disease: "OMIM:7", term: "fibrillation", reference: "PMID:7", frequency: "9/9" },
];
const of = (name: string, terms: Parameters<typeof patient>[1], publication: string, disease: string): PatientCase =>
  patient(name, terms, { publication, diagnoses: [{ id: disease, label: "" }] });
const planted = of("planted", ["ataxia", "seizure"], "PMID:1", "OMIM:1");
const other = of("other", ["murmur"], "PMID:4", "OMIM:1");
const sibling = of("sibling", ["ataxia", "febrile"], "PMID:1", "OMIM:1");
const ghost = of("ghost", ["fibrillation"], "PMID:7", "OMIM:7");
const { signal } = new AbortController();

test.each([false, true])("a case's own paper is out of all that the ranker sees; left out: %s", async (pruned) => {
  const knowledge = knowledgeOf(await smallKnowledge(rows));
  const { query } = resolveCase(planted, knowledge.terms);
  const seen = (cases: readonly PatientCase[]): unknown => {
    const { candidates, features } = createShortlister(knowledge, solvedCases(cases, knowledge), pruned).of(
      query,
      "PMID:1",
    );
    // Group means are sums that rows are taken out of again, which rounds.
    return { candidates, features: Array.from(features, (value) => Math.round(value * 1e5)) };
  };
  expect(seen([other, sibling, planted])).toEqual(seen([other]));
  expect(seen([other, { ...sibling, publication: "PMID:5" }])).not.toEqual(seen([other]));
});

test("with the paper left out no feature is of annotations alone, and scores are as if it had never been annotated", async () => {
  const knowledge = knowledgeOf(await smallKnowledge(rows));
  const clean = knowledgeOf(await smallKnowledge(rows.filter(({ reference }) => reference !== "PMID:1")));
  const columns = (pruned: boolean): readonly string[] => createShortlister(knowledge, [], pruned).names;
  expect(columns(false).filter((name) => name.startsWith("known"))).not.toEqual([]);
  expect(columns(true).filter((name) => name.startsWith("known"))).toEqual([]);
  const { query } = resolveCase(planted, knowledge.terms);
  const blind = createShortlister(knowledge, [], true).of(query, "PMID:1").fused;
  const never = createShortlister(clean, [], false).of(query, undefined).fused;
  blind.forEach((score, disease) => {
    expect(score).toBeCloseTo(never[disease], 5);
  });
});

test("a ghost is neither an answer nor a query to learn from", async () => {
  const knowledge = knowledgeOf(await smallKnowledge(rows), [ghost]);
  const solved = solvedCases([planted, other, ghost], knowledge);
  const shortlister = createShortlister(knowledge, solved, true);
  const { candidates, fused } = shortlister.of(solved[2], "PMID:7");
  expect(fused[solved[2].target!]).toBe(Number.NEGATIVE_INFINITY);
  expect([...candidates]).not.toContain(solved[2].target);
  const queries = await makeQueries(shortlister, solved, signal);
  expect(queries.map(({ right }) => right >= 0)).toEqual([true, true, false]);
  expect(rowsOf(shortlister.names.length, queries).sizes).toHaveLength(2);
});

test("at most a dozen cases of a paper are learned from", async () => {
  const knowledge = knowledgeOf(await smallKnowledge(rows));
  const many = Array.from({ length: 30 }, (_, i) => of(`c${i}`, ["ataxia"], "PMID:9", "OMIM:2"));
  const drawn = drawCases(solvedCases([...many, other], knowledge), 1);
  expect(drawn.map(({ publication }) => publication)).toEqual([...Array(12).fill("PMID:9"), "PMID:4"]);
});

test("cases whose disease has solved ones are learned from as if it had none, too", async () => {
  const knowledge = knowledgeOf(await smallKnowledge(rows));
  const solved = solvedCases([planted, other, of("alone", ["ataxia"], "PMID:8", "OMIM:2")], knowledge);
  const shortlister = createShortlister(knowledge, solved, false);
  const weights = (queries: Awaited<ReturnType<typeof makeQueries>>): readonly number[] =>
    queries.map(
      ({ features, right }) => features[right * shortlister.names.length + shortlister.names.indexOf(SOLVED_WEIGHT)],
    );
  const withheld = await makeWithheldQueries(
    (kept) => createShortlister(knowledge, kept, false),
    solved,
    solved,
    signal,
  );
  expect(weights(await makeQueries(shortlister, solved, signal))).toEqual([1, 1, 0]);
  expect(withheld.map(({ publication }) => publication)).toEqual(["PMID:1", "PMID:4"]);
  expect(weights(withheld)).toEqual([0, 0]);
});

test("probabilities are as sharp as held-out answers allow, and none of these as likely as it was", () => {
  const heldOut = Array.from({ length: 1000 }, (_, i): HeldOut => {
    const right = i % 5 === 0 ? -1 : i % 5 === 1 ? 1 : 0;
    return { scores: Float32Array.of(2, 0, -60), right };
  });
  const { temperature, none } = calibrate(heldOut);
  const odds = [2, 0, none].map((score) => Math.exp(score / temperature));
  const shares = odds.map((odd) => odd / odds.reduce((a, b) => a + b, 0));
  expect(shares[2]).toBeCloseTo(0.2, 3);
  expect(shares[0]).toBeCloseTo(0.6, 1);
});

test("too few solved cases are refused with what to do", async () => {
  const knowledge = knowledgeOf(await smallKnowledge(rows));
  await expect(rankerOf("orphan", knowledge, false, [planted, other])).rejects.toMatchObject({
    message: expect.stringContaining("cannot learn from 2 solved cases"),
    fix: expect.arrayContaining([expect.stringContaining("orphan-cases")]),
  });
});

test("numbered subtypes have one stem", () => {
  expect(stemOf("Joubert syndrome 5")).toBe(stemOf("Joubert syndrome 12"));
  expect(stemOf("Cardiomyopathy, dilated, 1A")).toBe("cardiomyopathy dilated");
  expect(stemOf("Usher syndrome, type IIA")).toBe("usher syndrome");
  expect(stemOf("Marfan syndrome")).toBe("marfan syndrome");
});
