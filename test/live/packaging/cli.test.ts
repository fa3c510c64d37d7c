import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

const EXPERIMENT = `data: { path: data/patients.csv, target: disease }
bootstrap: { resamples: 100 }
charts: none
families: { baseline: {}, gbm: { n_estimators: 5 } }
`;

async function finished(project: TestProject): Promise<string[]> {
  const runs = await project.runs("small");
  return runs.filter((run) => run.tags["disease.kind"] === "trial").map((run) => run.info.runId);
}

const files = (project: TestProject, runId: string): Promise<string[]> =>
  project.reading(async (store) => readdirSync(join((await store.localArtifacts(runId))!, "model")).sort());

test("--log-models none packages nothing, all packages every trial; packaging again changes nothing", async () => {
  using project = makeProject({ "experiments/small.yaml": EXPERIMENT });
  const at = { cwd: project.root };
  const none = await disease(["exp", "run", "small", "--log-models", "none", "--json"], at);
  expect(JSON.parse(none.stdout).packaged).toEqual([]);
  const runs = await finished(project);
  expect(runs).toHaveLength(2);
  for (const run of runs) expect(await files(project, run)).toEqual(["family", "model.json", "preparation.bin"]);

  const all = await disease(["exp", "run", "small", "--log-models", "all", "--json"], at);
  const { reused, packaged } = JSON.parse(all.stdout);
  expect(reused, "trials of before are kept and packaged").toBe(2);
  expect(packaged.map((p: { runId: string }) => p.runId).sort()).toEqual(runs.toSorted());
  expect(packaged.every((p: { isNew: boolean }) => p.isNew)).toBe(true);
  for (const run of runs) expect(await files(project, run)).toContain("MLmodel");

  const again = await disease(["models", "package", runs[0]!.slice(0, 8), "--json"], at);
  expect(JSON.parse(again.stdout)).toEqual({ runId: runs[0], uri: `runs:/${runs[0]}/model`, isNew: false, bytes: 0 });
});

test("models package tells how to load the model, and refuses what has none", async () => {
  using project = makeProject({ "experiments/small.yaml": EXPERIMENT });
  const at = { cwd: project.root };
  await disease(["exp", "run", "small", "--log-models", "none"], at);
  const [run] = await finished(project);
  const made = await disease(["models", "package", run!], at);
  expect(made.code, made.stderr).toBe(0);
  const store = `sqlite:///${project.root}/mlruns/mlflow.db`;
  expect(made.stdout).toContain(`mlflow.set_tracking_uri("${store}"); mlflow.pyfunc.load_model("runs:/${run}/model")`);
  const sweep = (await project.runs("small")).find((r) => r.tags["disease.kind"] === "sweep");
  const refused = await disease(["models", "package", sweep!.info.runId], at);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("the run has no model files");
});

test("what is registered is packaged first", async () => {
  using project = makeProject({ "experiments/small.yaml": EXPERIMENT });
  const at = { cwd: project.root };
  await disease(["exp", "run", "small", "--log-models", "none"], at);
  const registered = await disease(["models", "register", "--from-experiment", "small", "--json"], at);
  expect(registered.code, registered.stdout + registered.stderr).toBe(0);
  expect(await files(project, JSON.parse(registered.stdout).runId)).toContain("MLmodel");
});
