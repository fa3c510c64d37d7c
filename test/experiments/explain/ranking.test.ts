import { expect, test } from "vitest";
import { explainedDisease } from "../../../src/experiments/explain/ranking.ts";
import { knowledgeFor } from "../../../src/ranking/answers.ts";
import { diseaseFacts, explainDisease } from "../../../src/ranking/explain.ts";
import { resolveCase } from "../../../src/ranking/query.ts";
import { likelihoodRatio } from "../../../src/ranking/score.ts";
import { rowOf } from "../../../src/ranking/sparse.ts";
import { patient, smallKnowledge, TERMS } from "../../support/knowledge.ts";

const base = await smallKnowledge([
  { disease: "OMIM:1", term: "seizure", reference: "PMID:1" },
  { disease: "OMIM:2", term: "murmur", reference: "PMID:2" },
  { disease: "OMIM:3", term: "ataxia", reference: "PMID:3" },
]);
const knowledge = knowledgeFor(base, { candidates: "omim", enriched: false }, []);

function explained(disease: string, present: Parameters<typeof patient>[1], excluded: readonly string[] = []) {
  const one = patient("case", present);
  const { query } = resolveCase({ ...one, excluded: excluded.map((id) => ({ id, label: "" })) }, knowledge.terms);
  const number = knowledge.indexOf(disease)!;
  const explanation = explainDisease(knowledge, diseaseFacts(knowledge), knowledge.whole, query, number);
  return { query, number, made: explainedDisease(explanation, knowledge.ids.length) };
}

test("terms of a case are evidence by their ids and names, and add up to the likelihood ratio", () => {
  const { query, number, made } = explained("OMIM:1", ["seizure", "murmur"]);
  expect(made).toMatchObject({ unit: "log-odds", base: -Math.log(2) });
  const [first, second] = made.evidence;
  expect(first).toMatchObject({ feature: TERMS.murmur, value: true });
  expect(first!.weight).toBeLessThan(0);
  expect(second).toMatchObject({ feature: TERMS.seizure, label: expect.stringMatching(/\w/), value: true });
  expect(second!.weight).toBeGreaterThan(0);
  const { terms, whole, rows } = knowledge;
  const ratio = likelihoodRatio(terms, rowOf(rows, number), whole.background, query.observed);
  expect(first!.weight + second!.weight).toBeCloseTo(ratio, 9);
});

test("a term that is excluded speaks against a disease whose patients have it", () => {
  const { made } = explained("OMIM:1", ["murmur"], [TERMS.seizure]);
  expect(made.evidence.find(({ feature }) => feature === TERMS.seizure)).toMatchObject({ value: false });
  expect(made.evidence.find(({ value }) => value === false)!.weight).toBeLessThan(-0.3);
});
