import { expect, test } from "vitest";
import type { CaseTerm } from "../../src/core/cases.ts";
import { nearestTerm, resolveCase } from "../../src/ranking/query.ts";
import { patient, smallKnowledge, TERMS } from "../support/knowledge.ts";
import { knowledgeOf, rankerOf, scoresOf } from "./support.ts";

const knowledge = knowledgeOf(await smallKnowledge([{ disease: "OMIM:1", term: "ataxia", reference: "x" }]));
const { ontology } = knowledge.terms;

function resolve(present: readonly CaseTerm[], excluded: readonly CaseTerm[] = []) {
  const { query, notices } = resolveCase(patient("x", [], { present, excluded }), knowledge.terms);
  const ids = (terms: Uint32Array): string[] => Array.from(terms, (term) => ontology.ids[term]);
  return { observed: ids(query.observed), excluded: ids(query.excluded), notices };
}
const ATAXIA = { id: TERMS.ataxia, label: "ataxia" };

test("an obsolete term counts as what replaced it, and this is said", () => {
  const { observed, notices } = resolve([{ id: "HP:0009999", label: "fits" }]);
  expect(observed).toEqual([TERMS.seizure]);
  expect(notices).toEqual([expect.stringMatching(/HP:0009999 fits is obsolete: HP:0001250 seizure takes its place/)]);
});

test.each([
  [{ id: "HP:7654321", label: "Febril" }, /nearest is HP:0002373 febrile$/],
  [{ id: "", label: "epileptic fits" }, /nearest is HP:0001250 seizure$/],
  [{ id: "seizur", label: "" }, /nearest is HP:0001250 seizure$/],
  [{ id: "HP:7654321", label: "xyzzy quux" }, /is left out$/],
])("an unknown term is left out, the nearest suggested, the case ranked by the rest (%#)", (term, notice) => {
  const { observed, notices } = resolve([term, ATAXIA]);
  expect(observed).toEqual([TERMS.ataxia]);
  expect(notices).toEqual([expect.stringMatching(notice)]);
});

test("a term present and excluded at once is present", () => {
  const { observed, excluded, notices } = resolve([ATAXIA], [ATAXIA, { id: TERMS.murmur, label: "" }]);
  expect([observed, excluded]).toEqual([[TERMS.ataxia], [TERMS.murmur]]);
  expect(notices).toEqual([expect.stringMatching(/both present and excluded/)]);
});

test("what is no phenotype is left out; the same term twice counts once", () => {
  const { observed, notices } = resolve([{ id: "HP:0000006", label: "dominant" }, ATAXIA, ATAXIA]);
  expect(observed).toEqual([TERMS.ataxia]);
  expect(notices).toEqual([expect.stringMatching(/no phenotype/)]);
});

test("a case without a known term is said to have nothing to rank by, and no disease stands out", async () => {
  expect(resolve([]).notices).toEqual([expect.stringMatching(/nothing to rank by/)]);
  const scores = scoresOf(await rankerOf("orphan-lr", knowledge, false), knowledge, patient("x", []));
  expect(scores).toEqual({ "OMIM:1": 0 });
});

test("the nearest term is by name or synonym, whatever the case", () => {
  expect(nearestTerm(ontology, "ATAXIE")).toBe(ontology.indexOf(TERMS.ataxia));
  expect(nearestTerm(ontology, "")).toBeUndefined();
});
