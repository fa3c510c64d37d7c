import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { PatientCase } from "../../src/core/cases.ts";
import type { Split } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import { pack } from "../../src/core/formats/container.ts";
import type { KnowledgeBase } from "../../src/core/knowledge.ts";
import type { TrialResult } from "../../src/core/trial.ts";
import { parseExperiment } from "../../src/experiments/config.ts";
import { runRanking } from "../../src/experiments/jobs/ranking.ts";
import { rankingKind } from "../../src/experiments/kinds/ranking.ts";
import { rankingFamilies } from "../../src/experiments/kinds/ranking-families.ts";
import { openModel } from "../../src/experiments/model.ts";
import { type Plan, planTrials } from "../../src/experiments/plan.ts";
import { openRankers } from "../../src/experiments/ranking/model.ts";
import { rankRows, ranksFiles, readRanks } from "../../src/experiments/ranking/score.ts";
import { nextRound } from "../../src/experiments/rounds.ts";
import type { CaseConfig } from "../../src/experiments/schema.ts";
import { caseDataset } from "../../src/lake/phenopackets/dataset.ts";
import { patient, smallKnowledge } from "../support/knowledge.ts";

const VALID = `data: { cases: cases.zip }
families:
  orphan-lr: { evidence: [all, hpoa] }
  orphan-cases: {}
`;

async function errorOf(text: string): Promise<UserError> {
  const error = await parseExperiment("experiments/x.yaml", text).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

test("an experiment on cases has defaults of its own", async () => {
  const { config, grids } = await parseExperiment("x.yaml", VALID);
  expect(config).toMatchObject({ data: { candidates: "omim" }, rank: { metric: "top10" }, split: { train: 0.7 } });
  expect(grids.map(({ family }) => family.id)).toEqual(["orphan-lr", "orphan-cases"]);
});

test.each([
  ["a target", VALID.replace("cases.zip", "cases.zip, target: disease"), ":1", /diagnosis/],
  ["a table's path", VALID.replace("cases.zip", "cases.zip, path: x.csv"), ":1", /table .* or cases/],
  ["a group", VALID.replace("cases.zip", "cases.zip, group: paper"), ":1", /publication/],
  ["stratification", `${VALID}split: { stratify: true }\n`, ":5", /Leave it out/],
  ["preparations", `${VALID}preparations: { plain: [impute] }\n`, ":5", /as they are/],
  ["a family of tables", `${VALID}  gbm: {}\n`, ":5", /orphan-lr, orphan-cases, orphan/],
  ["a metric of tables", `${VALID}rank: { metric: f1_macro }\n`, ":5", /top1/],
  ["a param of tables", VALID.replace("[all, hpoa]", "all, class_weight: balanced"), ":3", /evidence/],
  ["a misspelt key", VALID.replace("cases.zip", "cases.zip, candidate: omim"), ":1", /"candidates"/],
])("%s has no place beside cases, and is told with its line", async (_, text, line, fix) => {
  const error = await errorOf(text);
  expect(error.where).toBe(`experiments/x.yaml${line}`);
  expect(error.fix.join(" ")).toMatch(fix);
});

test("a family that ranks diseases, and a metric of rankings, have no place over a table", async () => {
  const table = "data: { path: x.csv, target: y }\nfamilies:\n  orphan: {}\n";
  expect(await errorOf(table)).toMatchObject({
    where: "experiments/x.yaml:3",
    message: expect.stringContaining("table"),
  });
  const ranked = `${table.replace("orphan", "gbm")}rank: { metric: top10 }\n`;
  expect(await errorOf(ranked)).toMatchObject({ where: "experiments/x.yaml:4", message: 'unknown metric "top10"' });
});

/** A disease of a paper of its own (1), one of two papers (2), and one of none (3). */
const knowledge = await smallKnowledge([
  { disease: "OMIM:1", term: "seizure", reference: "PMID:1" },
  { disease: "OMIM:2", term: "murmur", reference: "PMID:2" },
  { disease: "OMIM:2", term: "murmur", reference: "PMID:9" },
  { disease: "OMIM:3", term: "ataxia", reference: "OMIM:3" },
]);
const solved = (name: string, terms: Parameters<typeof patient>[1], disease: number, publication?: string) =>
  patient(name, terms, { diagnoses: [{ id: `OMIM:${disease}`, label: "x" }], publication });
const cases = [
  solved("own", ["seizure"], 1, "PMID:1"),
  solved("others", ["murmur"], 2, "PMID:2"),
  solved("ghost", ["fibrillation"], 4, "PMID:4"),
  solved("learned", ["murmur"], 2, "PMID:5"),
  solved("unheard", ["ataxia"], 3),
];
const rows = { train: Int32Array.of(3), validation: Int32Array.of(0, 1, 2, 4), test: Int32Array.of() };

test("a case's table has its publication as group, and a hash that does not know where it was read", () => {
  const dataset = caseDataset(cases, "data/cases.zip");
  expect(dataset).toMatchObject({ name: "cases", target: { classes: ["OMIM:1", "OMIM:2", "OMIM:3", "OMIM:4"] } });
  expect([...dataset.group!.codes].map((code) => dataset.group!.levels[code])).toEqual([
    ...["PMID:1", "PMID:2", "PMID:4", "PMID:5", "case unheard"],
  ]);
  const moved = cases.map((one) => ({ ...one, source: `elsewhere/${one.source}` }));
  expect(caseDataset(moved, "x.zip").hash).toBe(dataset.hash);
  expect(caseDataset(cases.with(0, { ...cases[0]!, age: 3 }), "data/cases.zip").hash).not.toBe(dataset.hash);
});

async function trialsOf(text: string, base: KnowledgeBase, list: readonly PatientCase[]): Promise<Plan["trials"]> {
  const experiment = await parseExperiment("x.yaml", text);
  const kind = rankingKind(experiment.config as CaseConfig, { cases: list, folder: "k", release: base.release });
  const split = { seed: 1, hash: "s" } as Split;
  return planTrials(experiment, caseDataset(list, "cases.zip"), [split], kind).trials;
}

test("a trial is known by cases, knowledge, candidates and params, and by nothing else", async () => {
  const keys = async (...args: Parameters<typeof trialsOf>) => (await trialsOf(...args)).map(({ key }) => key);
  const before = await keys(VALID, knowledge, cases);
  expect(new Set(before).size).toBe(3);
  const more = await smallKnowledge([{ disease: "OMIM:1", term: "ataxia", reference: "PMID:1" }]);
  expect(await keys(`name: other\njobs: 1\nrank: { metric: mrr }\n${VALID}`, knowledge, cases)).toEqual(before);
  for (const others of [
    await keys(VALID, more, cases),
    await keys(VALID, knowledge, cases.slice(1)),
    await keys(VALID.replace("cases.zip", "cases.zip, candidates: both"), knowledge, cases),
  ])
    expect(others.some((key) => before.includes(key))).toBe(false);
});

async function run(
  family: string,
): Promise<{ result: TrialResult; folder: string; files: Record<string, Uint8Array> }> {
  const folder = mkdtempSync(join(tmpdir(), "disease-ranking-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [casesFile, splitFile] = [join(folder, "cases.bin"), join(folder, "split.bin")];
  const { target, group } = caseDataset(cases, "cases.zip");
  writeFileSync(casesFile, pack({ cases, target, group }));
  writeFileSync(splitFile, pack(rows));
  const text = VALID.replace("orphan-lr: { evidence: [all, hpoa] }", "orphan-lr: {}");
  const trial = (await trialsOf(text, knowledge, cases)).find((t) => t.family === family)!;
  const result = await runRanking(
    {
      ...{ trial, casesFile, splitFile, outDir: folder, candidates: "omim", threads: 1 },
      knowledge: { folder: "k", hash: knowledge.release.hash },
      bootstrap: { resamples: 100, level: 0.95 },
    },
    { ontology: async () => knowledge.ontology, base: async () => knowledge },
    new AbortController().signal,
  );
  const names = ["model.json", "orphan.bin", "orphan_all_annotations.bin"];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, "model", name))]));
  return { result, folder, files };
}

test("a case's own paper helps in (a) alone; a ghost is a miss in both", async () => {
  const { result, folder } = await run("orphan-lr");
  const lines = (file: string): { case: string; ranking: string[] }[] =>
    readFileSync(join(folder, "rankings", file), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const firsts = (file: string) => Object.fromEntries(lines(file).map((one) => [one.case, one.ranking[0]]));
  expect(firsts("validation_all_annotations.jsonl")).toMatchObject({
    own: "OMIM:1",
    others: "OMIM:2",
    unheard: "OMIM:3",
  });
  expect(lines("validation.jsonl").find((one) => one.case === "own")!.ranking).not.toContain("OMIM:1");
  expect(firsts("validation.jsonl")).toMatchObject({ others: "OMIM:2", unheard: "OMIM:3" });
  expect(result.metrics.top1).toMatchObject({ value: 0.5 });
  expect(result.metrics.top1_all_annotations).toMatchObject({ value: 0.75 });
  expect(result.metrics.none_came!.value).toBe(0.5);
  // Of disease 2 there is one solved case to learn from, of the others none.
  expect(result.metrics.solved_1_4_top1!.value).toBe(1);
  expect(result.metrics.solved_0_top1!.value).toBeCloseTo(1 / 3);
  expect(result.metrics).not.toHaveProperty("solved_20_up_top1");
});

test.each(["orphan-lr", "orphan-cases"])("the saved model of %s ranks as the trial did", async (family) => {
  const { folder, files } = await run(family);
  const rankers = await openRankers(files, knowledge, "here");
  const again = rankRows(rankers, { ...caseDataset(cases, "x"), cases }, rows.validation, rows.train).scored;
  const kept = await readRanks(async (name) => readFileSync(join(folder, "predictions", `${name}.npy`)));
  expect(kept.ranks).toEqual(again.ranks);
  expect(kept.y).toEqual(again.y);
  expect(
    Buffer.from(ranksFiles(again).validation).equals(readFileSync(join(folder, "predictions/validation.npy"))),
  ).toBe(true);
});

test("a model is of no use over other knowledge, and is none for Python", async () => {
  const { files } = await run("orphan-cases");
  const other = await smallKnowledge([{ disease: "OMIM:1", term: "ataxia", reference: "PMID:1" }]);
  await expect(openRankers(files, other, "here")).rejects.toThrow(/another knowledge base/);
  await expect(openModel(files, "here")).rejects.toThrow(/more than ONNX can express/);
});

test("rounds narrow the grid around the best, and end where there is nothing to narrow", async () => {
  const families = Object.fromEntries(
    await Promise.all(Object.entries(rankingFamilies).map(async ([id, load]) => [id, await load()] as const)),
  );
  const next = async (text: string) => {
    const experiment = await parseExperiment("x.yaml", text);
    const [trial] = await trialsOf(text, knowledge, cases);
    return nextRound({ experiment, round: 2, best: [trial!], tried: new Set(), steps: {}, families });
  };
  const round = await next("data: { cases: c.zip }\nfamilies: { orphan-cases: { cases_weight: [0.5, 1] } }\n");
  const { grids } = await parseExperiment("round", round!.text);
  expect(grids[0]!.axes.find(({ key }) => key === "cases_weight")!.values).toEqual([0.25, 0.5, 1]);
  expect(await next("data: { cases: c.zip }\nfamilies: { orphan-lr: {} }\n")).toBeUndefined();
});
