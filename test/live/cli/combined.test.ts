import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Leaderboard } from "../../../src/app.ts";
import { disease } from "../../support/cli.ts";
import { makeProject } from "../../support/project.ts";

const shipped = (path: string): Buffer => readFileSync(join(import.meta.dirname, "..", "..", "..", path));

test("the combined experiment finds rare diseases that nobody trained it on, passes its gate and is promoted; rows alone do not", async () => {
  using project = makeProject({
    "data/common_and_rare.csv.gz": shipped("data/common_and_rare.csv.gz"),
    "experiments/combined.yaml": shipped("experiments/combined.yaml"),
    "experiments/gates/combined.yaml": shipped("experiments/gates/combined.yaml"),
  });
  const cwd = { cwd: project.root };
  const quick = [
    "--set",
    "families={ combined: { preparation: as-asked }, logistic: { C: 0.1, preparation: filled } }",
    ...["--set", "seeds=1", "--set", "bootstrap.resamples=200"],
  ];
  const ran = await disease(["exp", "run", "combined", "--json", ...quick], cwd);
  expect(ran).toMatchObject({ code: 0 });
  expect(JSON.parse(ran.stdout)).toMatchObject({ total: 2, finished: 2 });

  const board = JSON.parse((await disease(["exp", "leaderboard", "combined", "--json"], cwd)).stdout) as Leaderboard;
  const metric = (family: string, id: string): number =>
    board.rows.find(({ name }) => name.startsWith(family))!.metrics[id]!.mean;
  expect(board.rows.map(({ name }) => name.split(" ")[0])).toEqual(["combined", "logistic"]);
  expect(metric("combined", "recall_orphan")).toBeGreaterThan(0.25);
  expect(metric("logistic", "recall_orphan")).toBeLessThan(0.1);
  expect(metric("combined", "log_loss")).toBeLessThan(metric("logistic", "log_loss"));

  const trials = (await project.runs("combined")).filter((run) => run.tags["disease.kind"] === "trial");
  const logistic = trials.find((run) => run.info.runName.startsWith("logistic"))!.info.runId;
  const refused = await disease(["models", "gate", logistic, "--gate", "combined"], cwd);
  expect(refused).toMatchObject({ code: 3, stdout: expect.stringMatching(/✗ fail +orphan-recall ≥ 0.1/) });
  // It was trained without the knowledge base that the other one used.
  expect(refused.stdout).toMatch(/✗ fail +knowledge hpo ≥ 2025-01-16/);
  const promoted = await disease(
    ["models", "promote", "--from-experiment", "combined", "--gate", "combined", "--to", "Staging"],
    cwd,
  );
  expect(promoted).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ orphan-recall ≥ 0.1/) });
  expect(promoted.stdout).toMatch(/✓ knowledge hpo ≥ 2025-01-16/);
  expect(promoted.stdout).toMatch(/✓ leakage groups/);
});

test("combined takes no rows that are drawn again or made up", async () => {
  using project = makeProject();
  const set = ["--set", "families={ combined: { resample: smote } }"];
  const refused = await disease(["exp", "plan", "quick", ...set], { cwd: project.root });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown key "resample"') });
});
