/** Our metrics against the scorer that is given with the data, copied to test/fixtures/ranking. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EvaluationResult } from "../../../src/app.ts";
import { disease } from "../../support/cli.ts";
import { SOLVED, temporary } from "../../support/knowledge.ts";
import { makeProject } from "../../support/project.ts";

const SCORER = join(import.meta.dirname, "..", "..", "fixtures", "ranking", "score_rankings.py");

interface Summary {
  readonly top1: number;
  readonly top3: number;
  readonly top10: number;
  readonly top50: number;
  readonly mrr: number;
}

function score(rankings: string, truth: string): Record<string, Summary> {
  return JSON.parse(
    execFileSync("python3", [SCORER, rankings, truth, "--by-train", truth, "--json"], { encoding: "utf8" }),
  );
}

test.each([
  ["a", []],
  ["b", ["--leave-publication-out"]],
] as const)("the written rankings of setting (%s) get the same figures from the scorer", async (setting, flags) => {
  using project = makeProject();
  const args = ["cases", "evaluate", SOLVED, "--method", "orphan-cases", "--rankings", "r.jsonl", "--json", ...flags];
  const { code, stdout } = await disease(args, {
    cwd: project.root,
    env: { DISEASE_CACHE: join(project.root, "cache") },
  });
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as EvaluationResult;
  const { all, byDisease, cases } = setting === "a" ? result.all : result.leavePublicationOut;
  const theirs = score(join(project.root, "r.jsonl"), SOLVED);
  expect(theirs.all).toMatchObject({ n: cases, cases_missing: 0, cases_unknown: 0 });
  for (const id of ["top1", "top3", "top10", "top50"] as const) {
    expect(100 * all[id].value).toBeCloseTo(theirs.all[id], 1);
  }
  expect(all.mrr.value).toBeCloseTo(theirs.all.mrr, 3);
  expect(100 * byDisease.top10).toBeCloseTo(theirs["macro by disease"].top10, 1);
});

test("ties and misses are counted as the scorer counts them", async () => {
  const { rankingQuality, rankOf } = await import("../../../src/ranking/quality.ts");
  using folder = temporary();
  const lines = Array.from({ length: 60 }, (_, i) => ({
    case: `PMID_${i}_x.json`,
    ranking: ["A", "B", "C", "D"],
    scores: [4 - (i % 2), 3, i % 3, i % 3 === 2 ? 2 : 0],
    truth: "ABCDE"[i % 5],
  }));
  writeFileSync(join(folder.path, "r.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  writeFileSync(join(folder.path, "t.tsv"), lines.map(({ case: name, truth }) => `${name}\t${truth}`).join("\n"));
  const theirs = score(join(folder.path, "r.jsonl"), join(folder.path, "t.tsv"));
  const ranked = lines.map(({ ranking, scores, truth, case: publication }) => {
    const rank = rankOf(ranking, scores, new Set([truth]));
    return { rank, groupRank: rank, disease: truth, publication, trained: 12 };
  });
  const { all, byTraining } = rankingQuality(ranked, 1);
  expect(100 * all.top1.value).toBeCloseTo(theirs.all.top1, 1);
  expect(100 * all.top3.value).toBeCloseTo(theirs.all.top3, 1);
  expect(all.mrr.value).toBeCloseTo(theirs.all.mrr, 3);
  expect(byTraining.map(({ label }) => label)).toEqual(["5–19"]);
  expect(theirs["train 5-19"]).toMatchObject({ n: 60 });
});
