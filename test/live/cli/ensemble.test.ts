import { expect, test } from "vitest";
import type { Leaderboard, SweepResult } from "../../../src/app.ts";
import { disease } from "../../support/cli.ts";
import { makeProject, QUICK } from "../../support/project.ts";

const FAMILIES = `{
  baseline: {}, naive-bayes: {}, random-forest: { n_estimators: 10 },
  ensemble: [{ method: [greedy, stack] }, { method: vote, members: [naive-bayes, random-forest], calibrate: temperature }],
}`;
const TEXT = QUICK.replace("{ baseline: {} }", FAMILIES);

test("ensembles run after the other trials and combine them; they are kept while these are the same", async () => {
  using project = makeProject({ "experiments/ens.yaml": `${TEXT}seeds: [1, 2]\n` });
  const cwd = { cwd: project.root };
  const run = async (...args: string[]) => {
    const { code, stdout } = await disease(["exp", "run", "ens", "--json", ...args], cwd);
    expect(code).toBe(0);
    return JSON.parse(stdout) as SweepResult;
  };
  expect(await run()).toMatchObject({ total: 12, finished: 12, failed: 0 });
  const all = await project.runs("ens");
  expect(all.find((r) => r.tags["disease.kind"] === "sweep")!.tags["disease.trials"]).toBe("12");
  const runs = all.filter((r) => r.tags["disease.kind"] === "trial");
  const isEnsemble = (r: (typeof runs)[number]): boolean => r.params.family === "ensemble";
  const last = Math.max(...runs.filter((r) => !isEnsemble(r)).map((r) => r.info.endTime!));
  expect(Math.min(...runs.filter(isEnsemble).map((r) => r.info.startTime))).toBeGreaterThanOrEqual(last);

  // What was combined is told, and all of it is of the same repeat.
  const vote = runs.filter((r) => r.params.method === "vote");
  expect(vote.length).toBe(2);
  for (const one of vote) {
    const text = await project.reading((store) => store.readArtifact(one.info.runId, "ensemble/members.json"));
    const members = JSON.parse(new TextDecoder().decode(text)) as { name: string; run: string }[];
    const of = members.map((m) => runs.find((r) => r.info.runId === m.run)!);
    expect(of.map((r) => r.params.family).sort()).toEqual(["naive-bayes", "random-forest"]);
    expect(of.every((r) => r.params.seed === one.params.seed)).toBe(true);
  }

  const board = JSON.parse((await disease(["exp", "leaderboard", "ens", "--json"], cwd)).stdout) as Leaderboard;
  expect(board.rows.map((r) => r.name).filter((name) => name.startsWith("ensemble")).length).toBe(3);
  expect(board.rows.every((r) => r.repeats === 2)).toBe(true);

  // Nothing runs twice, and with another trial beside them ensembles are others.
  expect(await run()).toMatchObject({ total: 12, reused: 12, finished: 0 });
  expect(await run("--set", "families.naive-bayes.var_smoothing=0.1,0.01")).toMatchObject({ reused: 4, finished: 10 });
});

test("an ensemble's model is judged by a gate and packaged like any other", async () => {
  using project = makeProject({
    "experiments/ens.yaml": TEXT,
    "experiments/gates/easy.yaml": "rules: [{ metric: { name: accuracy, min: 0.3, judge: value, min_n: 10 } }]\n",
  });
  const cwd = { cwd: project.root };
  expect((await disease(["exp", "run", "ens"], cwd)).code).toBe(0);
  const runs = await project.runs("ens");
  const { runId } = runs.find((r) => r.params.method === "stack")!.info;
  expect((await disease(["models", "gate", runId, "--gate", "easy"], cwd)).code).toBe(0);
  const packaged = await disease(["models", "package", runId], cwd);
  expect(packaged.code).toBe(0);
  const files = await project.reading((store) => store.listArtifacts(runId, "model"));
  expect(files.map((f) => f.path)).toEqual(expect.arrayContaining(["model/MLmodel", "model/model.onnx"]));
});

test.each([
  ["{ ensemble: {} }", "combines other families, and none is named"],
  ["{ baseline: {}, ensemble: { members: [baselin] } }", 'Did you mean "baseline"?'],
  ["{ baseline: {}, ensemble: { C: { low: 1, high: 2 } } }", "Name the values in a list."],
  ["{ baseline: {}, ensemble: { class_weight: balanced } }", 'unknown key "class_weight"'],
])("families: %s is refused with file and line", async (families, words) => {
  using project = makeProject({ "experiments/ens.yaml": QUICK.replace("{ baseline: {} }", families) });
  const { code, stderr } = await disease(["exp", "run", "ens"], { cwd: project.root });
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).toContain("experiments/ens.yaml:4");
});
