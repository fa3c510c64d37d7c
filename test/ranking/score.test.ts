import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { solvedCases } from "../../src/ranking/query.ts";
import { CASES_MIX, likelihoodRatio, likelihoodRatios, MIX, termRatio } from "../../src/ranking/score.ts";
import { learnCases } from "../../src/ranking/solved.ts";
import { rowOf } from "../../src/ranking/sparse.ts";
import { patient, type Row, smallKnowledge, TERMS, type TermName } from "../support/knowledge.ts";
import { knowledgeOf, rankerOf, scoresOf } from "./support.ts";

const NAMES = Object.keys(TERMS).filter((name) => name !== "head") as TermName[];

/** Rows and cases drawn at random. */
function drawn(seed: number): { rows: Row[]; cases: ReturnType<typeof patient>[] } {
  const rng = createRng(seed);
  const pick = (): TermName => NAMES[rng.int(NAMES.length)];
  const rows = Array.from({ length: 30 }, (): Row => {
    const total = 1 + rng.int(9);
    return {
      disease: `OMIM:${rng.int(8)}`,
      term: pick(),
      reference: `PMID:${rng.int(6)}`,
      frequency: `${rng.int(total + 1)}/${total}`,
    };
  });
  const cases = Array.from({ length: 25 }, (_, i) =>
    patient(`case${i}`, [pick(), pick(), pick()], {
      diagnoses: [{ id: `OMIM:${rng.int(11)}`, label: "" }],
      publication: rng.int(5) === 0 ? undefined : `PMID:${rng.int(6)}`,
    }),
  );
  return { rows, cases };
}

test("the score is the sum over terms of what the definition says", async () => {
  const base = await smallKnowledge([
    { disease: "OMIM:1", term: "febrile", reference: "PMID:1", frequency: "1/1" },
    { disease: "OMIM:2", term: "seizure", reference: "PMID:1", frequency: "1/1" },
  ]);
  const knowledge = knowledgeOf(base);
  const scores = scoresOf(
    await rankerOf("orphan-lr", knowledge, false),
    knowledge,
    patient("x", ["febrile", "murmur"]),
  );
  const f = 0.8;
  const background = { febrile: (f + 1) / 4, seizure: (2 * f + 1) / 4 };
  const febrile = { 1: 0.92 * (f / background.febrile) + 0.08, 2: 0.04 * (f / background.seizure) + 0.08 };
  // A murmur's ancestors end at the root, which both diseases have.
  const murmur = 0.04 * (f / background.seizure) + 0.08;
  expect(scores["OMIM:1"]).toBeCloseTo(Math.log(febrile[1]) + Math.log(murmur), 6);
  expect(scores["OMIM:2"]).toBeCloseTo(Math.log(febrile[2]) + Math.log(murmur), 6);
});

test.each([1, 2, 3])("scores of all diseases at once agree with those one by one (%i)", async (seed) => {
  const { rows, cases } = drawn(seed);
  const knowledge = knowledgeOf(await smallKnowledge(rows), cases);
  const { terms, ids, columns, whole } = knowledge;
  const learned = learnCases(knowledge, solvedCases(cases, knowledge));
  // More terms than are multiplied at once.
  const all = Uint32Array.from({ length: 40 }, (_, i) => terms.ontology.indexOf(TERMS[NAMES[i % NAMES.length]])!);
  for (const mix of [MIX, CASES_MIX]) {
    const plain = likelihoodRatios(terms, { columns }, whole.background, ids.length, all, new Map(), mix);
    const mixed = likelihoodRatios(terms, learned.fused, whole.background, ids.length, all, new Map(), mix);
    ids.forEach((_, disease) => {
      const row = { ...rowOf(learned.fused.rows, disease), share: learned.fused.shares[disease] };
      expect(plain[disease]).toBeCloseTo(
        likelihoodRatio(terms, rowOf(knowledge.rows, disease), whole.background, all, mix),
        8,
      );
      expect(mixed[disease]).toBeCloseTo(likelihoodRatio(terms, row, whole.background, all, mix), 8);
    });
  }
});

test("solved cases are fused by papers, √n each, as the recipe has it", async () => {
  const base = await smallKnowledge([{ disease: "OMIM:1", term: "ataxia", reference: "PMID:1", frequency: "1/1" }]);
  const of = (name: string, present: TermName[], publication: string, id = "OMIM:1") =>
    patient(name, present, { publication, diagnoses: [{ id, label: "" }] });
  const cases = [
    of("a", ["ataxia"], "PMID:5"),
    of("b", ["seizure"], "PMID:5"),
    of("c", ["seizure"], "PMID:6"),
    of("d", ["murmur"], "PMID:7", "OMIM:9"),
  ];
  const knowledge = knowledgeOf(base, cases);
  const { terms, whole } = knowledge;
  const learned = learnCases(knowledge, solvedCases(cases, knowledge));
  const ratio = (rows: typeof learned.fused, disease: string, name: TermName): number => {
    const d = knowledge.indexOf(disease)!;
    const term = terms.ontology.indexOf(TERMS[name])!;
    const row = { ...rowOf(rows.rows, d), share: rows.shares[d] };
    return termRatio(terms, row, whole.background, term, { own: 1, above: 0, noise: 0 }) * whole.background[term];
  };
  const bg = (name: TermName): number => whole.background[terms.ontology.indexOf(TERMS[name])!];
  const [m, w] = [Math.SQRT2 * 0.5 + 1, Math.SQRT2 + 1];
  expect(ratio(learned.fused, "OMIM:1", "seizure")).toBeCloseTo(m / (1 + w), 6);
  expect(ratio(learned.fused, "OMIM:1", "ataxia")).toBeCloseTo((0.8 + Math.SQRT2 * 0.5) / (1 + w), 6);
  expect(ratio(learned.fused, "OMIM:9", "murmur")).toBeCloseTo((1 + 0.5 * bg("murmur")) / 1.5, 6);
  expect(ratio(learned.fused, "OMIM:9", "ataxia")).toBeCloseTo((0.5 * bg("ataxia")) / 1.5, 6);
  expect(ratio(learned.cases, "OMIM:1", "seizure")).toBeCloseTo((m + bg("seizure")) / (w + 1), 6);
});

test.each([4, 5])("without a publication no case of it has ever been seen (%i)", async (seed) => {
  const { rows, cases } = drawn(seed);
  const knowledge = knowledgeOf(await smallKnowledge(rows), cases);
  const solved = solvedCases(cases, knowledge);
  const learned = learnCases(knowledge, solved);
  for (const publication of ["PMID:0", "PMID:3"]) {
    const expected = learnCases(
      knowledge,
      solved.filter((one) => one.publication !== publication),
    );
    const view = learned.without(knowledge.whole, publication);
    knowledge.ids.forEach((_, disease) => {
      for (const kind of ["fused", "cases"] as const) {
        const row = view[kind].get(disease) ?? {
          ...rowOf(learned[kind].rows, disease),
          share: learned[kind].shares[disease],
        };
        expect(row).toEqual({ ...rowOf(expected[kind].rows, disease), share: expected[kind].shares[disease] });
      }
    });
  }
});

test("a thousand terms neither overflow nor take the scores out of the finite", async () => {
  const { rows } = drawn(6);
  const { terms, columns, whole, ids } = knowledgeOf(await smallKnowledge(rows));
  const many = Uint32Array.from({ length: 1000 }, () => terms.ontology.indexOf(TERMS.febrile)!);
  expect(likelihoodRatios(terms, { columns }, whole.background, ids.length, many).every(Number.isFinite)).toBe(true);
});
