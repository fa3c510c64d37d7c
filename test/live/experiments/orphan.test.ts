import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "../../../src/core/store.ts";
import { readZip } from "../../../src/lake/archives/zip.ts";
import { disease, type Outcome, startDisease } from "../../support/cli.ts";
import { SOLVED } from "../../support/knowledge.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "..", "experiments");
const HARD = "rules:\n  - metric: { name: top10, min: 0.999, judge: value, min_n: 10 }\n";
const VAGUE = "rules:\n  - net-benefit: { classes: [OMIM:1], threshold: 0.2 }\n";
/** One repeat of the shipped experiment, and of the learned ranker one setting: five trials. */
const SHORT = ["--set", "seeds=1", "--set", "families.orphan.learning_rate=0.06"];

let project: TestProject;
let first: { readonly finished: number; readonly reused: number };
let runs: readonly Run[];
const command = (...args: readonly string[]): Promise<Outcome> =>
  disease(args, { cwd: project.root, env: { DISEASE_CACHE: join(project.root, "cache"), COLUMNS: "80" } });
async function json(...args: readonly string[]) {
  const { stdout, stderr } = await command(...args, "--json");
  expect(stdout, stderr).not.toBe("");
  return JSON.parse(stdout);
}
const runOf = (family: string): Run => runs.find((run) => run.params.family === family)!;
const artifact = (run: Run, path: string): Promise<string> =>
  project.reading(async (store) => new TextDecoder().decode(await store.readArtifact(run.info.runId, path)));

beforeAll(async () => {
  const shipped = (name: string): string => readFileSync(join(SHIPPED, name), "utf8");
  project = makeProject({
    "data/phenopackets.zip": readFileSync(SOLVED),
    "experiments/orphan.yaml": shipped("orphan.yaml"),
    "experiments/gates/orphan.yaml": shipped("gates/orphan.yaml"),
    "experiments/gates/hard.yaml": HARD,
    "experiments/gates/vague.yaml": VAGUE,
  });
  first = await json("exp", "run", "orphan", ...SHORT);
  runs = (await project.runs("orphan")).filter((run) => run.params.family !== undefined);
});
afterAll(() => project[Symbol.dispose]());

test("the shipped experiment runs, and a second run repeats nothing", async () => {
  expect(first).toMatchObject({ finished: 5, reused: 0 });
  expect(await json("exp", "run", "orphan", ...SHORT)).toMatchObject({ finished: 0, reused: 5 });
});

test("the leaderboard ranks the families by what a new patient gets, with (a) beside it, also on a narrow terminal", async () => {
  const { rows, rankMetric } = await json("exp", "leaderboard", "orphan");
  expect(rankMetric).toBe("top10");
  expect(rows).toHaveLength(5);
  for (const { metrics, versusBest, rank } of rows) {
    expect(metrics.top10_all_annotations.mean).toBeGreaterThanOrEqual(metrics.top10.mean);
    expect(metrics.top10.low).toBeLessThan(metrics.top10.high);
    if (rank > 1) expect(versusBest).toMatchObject({ comparable: true });
  }
  const { stdout } = await command("exp", "leaderboard", "orphan");
  expect(stdout).toMatch(/top10 +top10 \(a\)/);
  expect(stdout).toContain("(a): with all annotations");
});

test("a run says which knowledge it is of, and keeps rankings of validation cases alone", async () => {
  const run = runOf("orphan-cases");
  const { knowledge } = JSON.parse(await artifact(run, "facts.json"));
  expect(knowledge).toMatchObject({
    hpo: "2025-01-16",
    hpoa: "2025-01-16",
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const { rows } = JSON.parse(await artifact(run, "split.json"));
  const lines = (await artifact(run, "rankings/validation.jsonl")).trim().split("\n");
  expect(lines).toHaveLength(rows.validation.length);
  expect(run.params).not.toHaveProperty("preparation");
});

test("an interrupted sweep over cases is gone on with", async () => {
  const temperatures = Array.from({ length: 12 }, (_, i) => i + 1).join(", ");
  const text = `data: { cases: data/phenopackets.zip }\njobs: 1\nfamilies: { orphan-lr: { temperature: [${temperatures}] } }\n`;
  project.write("experiments/hot.yaml", text);
  await using program = await startDisease(["exp", "run", "hot"], { cwd: project.root });
  await program.said(/✓ \[ *1\/12\]/);
  program.kill("SIGINT");
  expect(await program.ended).toMatchObject({ code: 130 });
  const resumed = await json("exp", "resume");
  expect(resumed.reused).toBeGreaterThan(0);
  expect(resumed.reused + resumed.finished).toBe(12);
});

test("a gate reads the test publications, counts its looks, and passes, fails or cannot tell with the reason", async () => {
  const { runId } = runOf("orphan-lr").info;
  const gate = (name: string): Promise<Outcome> => command("models", "gate", runId, "--gate", name);
  const passed = await gate("orphan");
  expect(passed, passed.stdout + passed.stderr).toMatchObject({ code: 0 });
  expect(passed.stdout).toContain("look number 1");
  expect(await gate("hard")).toMatchObject({ code: 3, stdout: expect.stringContaining("look number 2") });
  const vague = await json("models", "gate", runId, "--gate", "vague");
  expect(vague.verdict).toBe("inconclusive");
  expect(vague.rules[0].message).toContain("the probability of every class");
});

test("the best is promoted without a model for Python, which is told, and ranks by its registered name as in its trial", async () => {
  const { rows } = await json("exp", "leaderboard", "orphan");
  const [best, other] = [rows[0], rows[1]].map((row) => runs.find(({ info }) => info.runId === row.runs[0])!) as [
    Run,
    Run,
  ];
  const { code, stderr, stdout } = await command(
    ...["models", "promote", "--from-experiment", "orphan", "--to", "Production", "--gate", "orphan"],
  );
  expect(code, stdout + stderr).toBe(0);
  expect(stderr).toContain("not packaged for MLflow: it ranks diseases for cases");
  expect(await command("models", "package", other.info.runId)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("more than ONNX can express"),
  });
  const judged = await json("models", "gate", other.info.runId, "--gate", "orphan");
  expect(judged).toMatchObject({ championRunId: best.info.runId, championProblem: null });
  const versus = judged.rules.find(({ rule }: { readonly rule: string }) => rule.startsWith("champion top10"));
  expect(versus).toMatchObject({ n: judged.patients, value: expect.any(Number) });
  const [line] = (await artifact(best, "rankings/validation.jsonl")).split("\n");
  const kept = JSON.parse(line!) as { readonly case: string; readonly ranking: readonly string[] };
  for (const entry of readZip(SOLVED))
    if (entry.name.endsWith(kept.case)) writeFileSync(join(project.root, "one.json"), entry.bytes(1 << 20));
  for (const model of ["models:/orphan@champion", "models:/orphan/1", best.info.runId.slice(0, 12)]) {
    const { answers } = await json("cases", "rank", "one.json", "--model", model, "--top", "20");
    expect(answers[0].ranking.slice(0, 10), model).toEqual(kept.ranking.slice(0, 10));
  }
  expect(await command("cases", "rank", "one.json", "--model", "models:/orphan@nobody")).toMatchObject({ code: 2 });
});
