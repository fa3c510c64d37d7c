import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Run } from "../../../src/core/store.ts";
import { Tag } from "../../../src/core/trial.ts";
import { disease, startDisease } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

const HEAD = `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
rank: { metric: log_loss }
`;
const FAMILIES = `families:
  logistic: { C: { low: 0.01, high: 100, log: true } }
  random-forest: { n_estimators: 10, min_samples_leaf: { low: 1, high: 9, int: true } }
`;

const trialsOf = async (project: TestProject, name: string): Promise<readonly Run[]> =>
  (await project.runs(name)).filter((run) => run.tags[Tag.kind] === "trial");
const namesOf = (runs: readonly Run[]): string[] =>
  runs.filter((r) => r.info.status === "FINISHED").map((r) => r.info.runName);

test("a search that is killed and resumed runs the points that it would have run, none twice, with all limits on record", async () => {
  const search = "search: { strategy: tpe, trials: 14, startup: 4, seed: 3 }\njobs: 1\n";
  using project = makeProject({
    "experiments/a.yaml": HEAD + FAMILIES + search,
    "experiments/b.yaml": HEAD + FAMILIES + search,
  });
  expect((await disease(["exp", "run", "a"], { cwd: project.root })).code).toBe(0);
  await using program = await startDisease(["exp", "run", "b"], { cwd: project.root });
  await program.said(/✓ \[ 6\/14\]/);
  program.kill("SIGKILL");
  await program.ended;
  const resumed = await disease(["exp", "resume", "--json"], { cwd: project.root });
  expect(JSON.parse(resumed.stdout)).toMatchObject({ total: 14, failed: 0, pruned: 0, end: null });
  const [a, b] = [await trialsOf(project, "a"), await trialsOf(project, "b")];
  expect(namesOf(a)).toHaveLength(14);
  expect(namesOf(b)).toEqual(namesOf(a));

  const sweep = (await project.runs("b")).find((run) => run.tags[Tag.kind] === "sweep")!;
  expect(sweep.tags).toMatchObject({
    "disease.search.strategy": "tpe",
    "disease.search.seed": "3",
    "disease.search.trials": "14",
  });
  const more = await disease(["exp", "resume", sweep.info.runId, "--trials", "16", "--json"], { cwd: project.root });
  expect(JSON.parse(more.stdout)).toMatchObject({ total: 16, reused: 14, finished: 2, sweepId: sweep.info.runId });
  const again = await disease(["exp", "resume", sweep.info.runId, "--json"], { cwd: project.root });
  expect(JSON.parse(again.stdout)).toMatchObject({ total: 16, reused: 16, finished: 0 });
});

test("parallel trials are at different points, and a small space ends the search", async () => {
  const families =
    "families: { random-forest: { n_estimators: 5, min_samples_leaf: [1, 2, 3, 4, 5], max_depth: [2, 3] } }\n";
  using project = makeProject({ "experiments/small.yaml": HEAD + families });
  const args = ["exp", "run", "small", "--strategy", "tpe", "--trials", "50", "--jobs", "2", "--json"];
  const result = JSON.parse((await disease(args, { cwd: project.root })).stdout);
  expect(result).toMatchObject({
    total: 10,
    finished: 10,
    end: expect.stringContaining("exhausted: all of its 10 points"),
  });
  const keys = (await trialsOf(project, "small")).map((run) => run.tags[Tag.configKey]);
  expect(new Set(keys).size).toBe(10);
});

test("a target ends the search with the first trial that reaches it, and time lets no trial start", async () => {
  using project = makeProject({ "experiments/goal.yaml": HEAD + FAMILIES });
  const goal = await disease(["exp", "run", "goal", "--trials", "30", "--until", "accuracy>=0.1", "--jobs", "1"], {
    cwd: project.root,
  });
  expect(goal.code).toBe(0);
  expect(goal.stdout).toMatch(/^ended: accuracy>=0\.1 is reached: 0\.\d+ by \S+/m);
  const runs = await project.runs("goal");
  expect(namesOf(runs.filter((r) => r.tags[Tag.kind] === "trial"))).toHaveLength(1);
  const sweep = runs.find((r) => r.tags[Tag.kind] === "sweep")!;
  expect(sweep.info.status).toBe("FINISHED");
  expect(sweep.tags).toMatchObject({
    "disease.search.end": expect.stringContaining("is reached"),
    "disease.search.until": "accuracy>=0.1",
  });

  const late = await disease(["exp", "run", "goal", "--time", "1s", "--strategy", "random", "--json"], {
    cwd: project.root,
  });
  expect(JSON.parse(late.stdout)).toMatchObject({ end: "the time is over", interrupted: false });
});

const ROUNDS = `families:
  xgboost: { n_estimators: 3000, early_stopping_rounds: 20, learning_rate: [0.02, 0.00011, 0.00012, 0.03] }
`;

test("weak trials are stopped at a rung: killed for MLflow, pruned for us, with their curve; survivors are as without pruning", async () => {
  const asha = "search: { strategy: grid, pruner: { kind: asha, reduction: 2, min_rounds: 20 } }\n";
  using project = makeProject({
    "experiments/cut.yaml": HEAD + ROUNDS + asha,
    "experiments/whole.yaml": HEAD + ROUNDS.replace("0.00011, 0.00012, ", ""),
  });
  const cut = await disease(["exp", "run", "cut", "--jobs", "1"], { cwd: project.root });
  expect(cut.code).toBe(0);
  expect(cut.stderr).toMatch(
    /✂ \[2\/4\] xgboost learning_rate=0\.00011 {2}pruned at rung 1, 20 rounds: worse than 1 of the 1 others there/,
  );
  expect(cut.stdout).toMatch(/^cut: 2 finished, 2 pruned, 0 failed, 0 kept from before$/m);
  expect(cut.stdout).toMatch(/^pruning saved about [\d,]+ rounds/m);
  expect(cut.stdout).toMatch(/learning_rate=0\.00011 ✂ pruned at rung 1, 20 rounds/);

  const trials = await trialsOf(project, "cut");
  const pruned = trials.filter((run) => run.tags[Tag.pruned] !== undefined);
  expect(pruned.map((run) => run.info.status)).toEqual(["KILLED", "KILLED"]);
  for (const run of pruned) {
    expect(run.metrics.pruned_round).toBe(20);
    expect(run.metrics.rounds).toBeGreaterThanOrEqual(20);
    expect(run.metrics.rounds).toBeLessThan(3000);
    const curve = await project.reading((store) => store.metricHistory(run.info.runId, "curve_val_log_loss"));
    expect(curve.map((p) => p.step)).toEqual(Array.from({ length: run.metrics.rounds! }, (_, i) => i + 1));
  }
  const list = await disease(["exp", "ls", "cut", "--json"], { cwd: project.root });
  expect(
    JSON.parse(list.stdout)
      .runs.map((r: { status: string }) => r.status)
      .sort(),
  ).toEqual(["finished", "finished", "finished", "pruned", "pruned"]);
  const shown = await disease(["exp", "show", pruned[0]!.info.runId], { cwd: project.root });
  expect(shown.stdout).toMatch(/pruned +rung 1, 20 rounds: worse than/);

  expect((await disease(["exp", "run", "whole", "--jobs", "1"], { cwd: project.root })).code).toBe(0);
  const model = (run: Run): string =>
    readFileSync(
      join(project.root, "mlruns", run.info.artifactUri.split("/mlruns/")[1]!, "model/family/model.ubj"),
      "base64",
    );
  const whole = (await trialsOf(project, "whole")).filter((run) => run.info.status === "FINISHED");
  const survivors = trials.filter((run) => run.info.status === "FINISHED");
  expect(survivors.map(model)).toEqual(whole.map(model));
  expect(survivors.map((run) => run.metrics.val_log_loss)).toEqual(whole.map((run) => run.metrics.val_log_loss));

  // Pruned trials are answered; only --force asks again.
  const sweep = (await project.runs("cut")).find((run) => run.tags[Tag.kind] === "sweep")!;
  const resumed = await disease(["exp", "resume", sweep.info.runId, "--json"], { cwd: project.root });
  expect(JSON.parse(resumed.stdout)).toMatchObject({ finished: 0, pruned: 0, reused: 4 });
});

test("the shipped example is planned: its spaces, and what the strategy will do", async () => {
  using project = makeProject();
  const file = join(import.meta.dirname, "../../../experiments/search.yaml");
  project.write(
    "experiments/search.yaml",
    readFileSync(file, "utf8").replace("data/dermatology.csv", "data/patients.csv"),
  );
  const shown = await disease(["exp", "plan", "search", "--time", "10m"], { cwd: project.root });
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^ logistic +C +0\.001 … 100, logarithmic/m);
  expect(shown.stdout).toMatch(/no trial starts later than 600 s/);
  expect(shown.stdout).toMatch(/^the first 10 trials$/m);
  const refused = await disease(["exp", "plan", "search", "--strategy", "grid"], { cwd: project.root });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/experiments\/search\.yaml:\d+\n {2}fix: Give it a step/),
  });
});
