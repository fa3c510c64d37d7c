import { expect, test } from "vitest";
import { z } from "zod";
import { evaluateMethod, publicationFolds } from "../../src/ranking/evaluate.ts";
import { orphanetGroups } from "../../src/ranking/groups.ts";
import { listBest, probabilities } from "../../src/ranking/listing.ts";
import type { RankingMethod } from "../../src/ranking/method.ts";
import { type RankedCase, rankingQuality, rankOf } from "../../src/ranking/quality.ts";
import { type SolvedCase, solvedCases } from "../../src/ranking/query.ts";
import { patient, smallKnowledge } from "../support/knowledge.ts";
import { knowledgeOf } from "./support.ts";

const solved = (name: string, publication: string | undefined): SolvedCase => ({
  name,
  publication,
  observed: new Uint32Array(0),
  excluded: new Uint32Array(0),
  sex: "unknown",
  age: undefined,
  onset: undefined,
  disease: "OMIM:1",
  target: 0,
});

test("the best are listed, equal scores by id; what cannot be an answer is left out", () => {
  const scores = Float64Array.of(1, 3, Number.NEGATIVE_INFINITY, 3, 2);
  expect([...listBest(scores, 3).diseases]).toEqual([1, 3, 4]);
  expect([...listBest(scores, 50).diseases]).toEqual([1, 3, 4, 0]);
});

test("those of one score are listed all or none", () => {
  expect([...listBest(Float64Array.of(5, 1, 1, 1), 2).diseases]).toEqual([0]);
  expect([...listBest(Float64Array.of(1, 1, 1, 1), 2).diseases]).toEqual([]);
  expect([...listBest(new Float64Array(9000).fill(2), 50).diseases]).toEqual([]);
});

test("the list of thousands is that of a full sort", () => {
  const scores = Float64Array.from({ length: 9000 }, (_, i) =>
    i % 7 === 0 ? Number.NEGATIVE_INFINITY : Math.sin(i * i),
  );
  const sorted = [...scores.keys()].filter((i) => i % 7 !== 0).sort((a, b) => scores[b] - scores[a] || a - b);
  for (const top of [1, 10, 100, 1000, 8000, 20_000]) {
    expect([...listBest(scores, top).diseases]).toEqual(sorted.slice(0, top));
  }
});

test("probabilities are shares that add up to 1; a higher temperature evens them out", () => {
  const scores = Float64Array.of(2, 0, Number.NEGATIVE_INFINITY);
  const [sharp, even] = [probabilities(scores, 1), probabilities(scores, 4)];
  expect(sharp[0] + sharp[1]).toBeCloseTo(1);
  expect([sharp[2], even[0] < sharp[0]]).toEqual([0, true]);
  expect([...probabilities(Float64Array.of(Number.NEGATIVE_INFINITY), 1)]).toEqual([0]);
});

test("ties count against us; the best of several right ones counts", () => {
  const ids = ["a", "b", "c", "d"];
  const scores = [9, 5, 5, 1];
  expect(rankOf(ids, scores, new Set(["a"]))).toBe(1);
  expect(rankOf(ids, scores, new Set(["b"]))).toBe(3);
  expect(rankOf(ids, scores, new Set(["b", "c"]))).toBe(2);
  expect(rankOf(ids, scores, new Set(["e"]))).toBe(Number.POSITIVE_INFINITY);
});

test("a paper's cases are in one fold; folds are even, and the same for the same seed", () => {
  const cases = Array.from({ length: 103 }, (_, i) =>
    solved(`c${i}`, i < 20 ? "PMID:1" : i < 90 ? `PMID:${2 + (i % 30)}` : undefined),
  );
  const folds = publicationFolds(cases, 4, 3);
  const of = Map.groupBy([...cases.keys()], (i) => cases[i].publication);
  for (const [publication, rows] of of) {
    if (publication !== undefined) expect(new Set(rows.map((row) => folds[row])).size).toBe(1);
  }
  const sizes = [0, 1, 2, 3].map((fold) => folds.filter((f) => f === fold).length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  expect(publicationFolds(cases, 4, 3)).toEqual(folds);
  expect(publicationFolds(cases, 4, 4)).not.toEqual(folds);
});

test("quality counts by case, disease, publication, training and group", () => {
  const ranked = (
    rank: number,
    disease: string,
    publication: string,
    trained: number,
    groupRank = rank,
  ): RankedCase => {
    return { rank, groupRank, disease, publication, trained };
  };
  const quality = rankingQuality(
    [
      ranked(1, "A", "p", 0),
      ranked(1, "A", "p", 0),
      ranked(4, "A", "q", 3, 1),
      ranked(Number.POSITIVE_INFINITY, "B", "r", 25),
    ],
    1,
  );
  expect(quality.all.top1.value).toBe(0.5);
  expect(quality.all.top3.value).toBe(0.5);
  expect(quality.all.top10.value).toBe(0.75);
  expect(quality.all.mrr.value).toBeCloseTo(2.25 / 4);
  expect(quality.group.top1).toBe(0.75);
  expect(quality.byDisease.top10).toBe(0.5);
  expect(quality.byPublication.top1).toBeCloseTo(1 / 3);
  expect(quality.byTraining.map(({ label, cases, top10 }) => [label, cases, top10])).toEqual([
    ["0", 2, 1],
    ["1–4", 1, 1],
    ["20+", 1, 0],
  ]);
});

test("intervals are over publications: a hundred cases of one paper make them no narrower", () => {
  const of = (cases: number): RankedCase[] =>
    ["p", "q", "r", "s", "t", "u"].flatMap((publication, i) =>
      Array.from({ length: cases }, () => {
        const rank = i % 2 === 0 ? 1 : 5;
        return { rank, groupRank: rank, disease: "A", publication, trained: 0 };
      }),
    );
  const [few, many] = [rankingQuality(of(1), 7), rankingQuality(of(100), 7)];
  expect(many.all.top1).toEqual(few.all.top1);
  expect(many.all.top1.low).toBeLessThan(0.3);
  expect(many.all.top1.high).toBeGreaterThan(0.7);
});

test("diseases under one entry of Orphanet are a group, those of a category are none", async () => {
  const { orphanet } = await smallKnowledge(
    [{ disease: "OMIM:1", term: "ataxia", reference: "x" }],
    [
      { orpha: "5", omim: ["1", "2"], terms: [] },
      { orpha: "6", omim: ["2", "3"], terms: [] },
    ],
  );
  const groups = orphanetGroups(orphanet);
  expect([...groups("OMIM:1")].sort()).toEqual(["OMIM:1", "OMIM:2", "ORPHA:5"]);
  expect([...groups("OMIM:9")]).toEqual(["OMIM:9"]);
  expect(orphanetGroups({ ...orphanet, types: ["Category", "Category"] })("OMIM:1").size).toBe(1);
});

test("each case is ranked once, by what was learned from other papers alone", async () => {
  const base = await smallKnowledge([{ disease: "OMIM:1", term: "ataxia", reference: "x" }]);
  const cases = Array.from({ length: 12 }, (_, i) =>
    patient(`c${i}`, ["ataxia"], {
      publication: `PMID:${i % 6}`,
      diagnoses: [{ id: i % 2 === 0 ? "OMIM:1" : "OMIM:2", label: "" }],
    }),
  );
  const knowledge = knowledgeOf(base, cases);
  const seen: string[] = [];
  const spy: RankingMethod = {
    params: z.strictObject({}),
    id: "spy",
    title: "",
    description: "",
    learns: true,
    async train({ solved: learned }) {
      const papers = new Set(learned.map(({ publication }) => publication));
      return {
        temperature: 1,
        score(query) {
          expect(papers).not.toContain(query.publication);
          seen.push(query.name);
          return Float64Array.of(1, 0);
        },
        dispose() {},
      };
    },
  };
  const quality = await evaluateMethod(spy, knowledge, solvedCases(cases, knowledge), {
    folds: 3,
    seed: 1,
    leavePublicationOut: false,
    top: 50,
    signal: new AbortController().signal,
  });
  expect(seen.sort()).toEqual(cases.map(({ name }) => name).sort());
  expect([quality.all.top1.value, quality.all.top3.value]).toEqual([0.5, 1]);
});
