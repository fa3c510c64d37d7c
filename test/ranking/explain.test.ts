import { expect, test } from "vitest";
import { ASPECTS, type KnowledgeBase } from "../../src/core/knowledge.ts";
import { diseaseFacts, explainDisease } from "../../src/ranking/explain.ts";
import { resolveCase } from "../../src/ranking/query.ts";
import { patient, smallKnowledge, TERMS } from "../support/knowledge.ts";
import { knowledgeOf, rankerOf, scoresOf } from "./support.ts";

const base = await smallKnowledge(
  [
    { disease: "OMIM:1", term: "ataxia", reference: "PMID:1", frequency: "9/9" },
    { disease: "OMIM:1", term: "rhythm", reference: "PMID:2", frequency: "8/9" },
    { disease: "OMIM:2", term: "seizure", reference: "PMID:1" },
  ],
  [
    { orpha: "7", omim: ["1", "2"], terms: [] },
    { orpha: "8", omim: ["1"], terms: [] },
  ],
);
const one = patient("x", ["ataxia", "febrile"], {
  excluded: [
    { id: TERMS.rhythm, label: "" },
    { id: TERMS.murmur, label: "" },
  ],
});

test("the factors of a case's terms are what its score is made of", async () => {
  const knowledge = knowledgeOf(base);
  const { query } = resolveCase(one, knowledge.terms);
  const said = explainDisease(knowledge, diseaseFacts(knowledge), knowledge.whole, query, 0);
  const sum = [...said.for, ...said.against].reduce((total, { factor }) => total + Math.log(factor), 0);
  expect(sum).toBeCloseTo(scoresOf(await rankerOf("orphan-lr", knowledge, false), knowledge, one)["OMIM:1"], 10);
  expect(said.for.map(({ id }) => id)).toEqual([TERMS.ataxia]);
  expect(said.against.map(({ id }) => id)).toEqual([TERMS.febrile]);
  expect(said.lacking.map(({ id }) => id)).toEqual([TERMS.rhythm]);
});

test("without the case's publication its annotations explain nothing", () => {
  const knowledge = knowledgeOf(base);
  const { query } = resolveCase(one, knowledge.terms);
  const said = explainDisease(knowledge, diseaseFacts(knowledge), knowledge.without("PMID:1"), query, 0);
  expect(said.for).toEqual([]);
});

test("a disease links to OMIM and to Orphanet's entries, the one about it most first", () => {
  const { links, prevalence } = diseaseFacts(knowledgeOf(base))(0);
  expect(links).toEqual([
    "https://omim.org/entry/1",
    "https://www.orpha.net/en/disease/detail/8",
    "https://www.orpha.net/en/disease/detail/7",
  ]);
  expect(prevalence).toBeNull();
});

test.each([
  ["X-linked recessive inheritance", "female", 1],
  ["X-linked recessive inheritance", "male", 0],
  ["Y-linked inheritance", "female", 1],
  ["X-linked dominant inheritance", "female", 0],
] as const)("%s in a %s patient: %i notices", (mode, sex, notices) => {
  const names = [...base.ontology.names];
  names[base.annotations.term[0]] = mode;
  const inherited: KnowledgeBase = {
    ...base,
    ontology: { ...base.ontology, names },
    annotations: {
      ...base.annotations,
      aspect: base.annotations.aspect.map((_, i) => (i === 0 ? ASPECTS.indexOf("I") : 0)),
    },
  };
  const knowledge = knowledgeOf(inherited);
  const { query } = resolveCase({ ...one, sex }, knowledge.terms);
  const said = explainDisease(knowledge, diseaseFacts(knowledge), knowledge.whole, query, 0);
  expect(said.inheritance).toEqual([mode]);
  expect(said.notices).toHaveLength(notices);
});
