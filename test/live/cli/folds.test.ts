import { expect, test } from "vitest";
import type { Leaderboard, SweepResult } from "../../../src/app.ts";
import { disease } from "../../support/cli.ts";
import { makeProject, QUICK } from "../../support/project.ts";

const FOLDS = `${QUICK.replace("{ baseline: {} }", "{ baseline: {}, random-forest: { n_estimators: 10 } }")}split: { folds: 3 }\nseeds: [1, 2]\n`;

test("a cross-validation runs each configuration once a fold and seed, and shows their mean", async () => {
  using project = makeProject({ "experiments/folds.yaml": FOLDS });
  const cwd = { cwd: project.root };
  const ran = await disease(["exp", "run", "folds", "--json"], cwd);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout) as SweepResult).toMatchObject({ total: 12, finished: 12 });

  const runs = (await project.runs("folds")).filter((r) => r.tags["disease.kind"] === "trial");
  expect(runs.map((r) => r.info.runName)).toContain("random-forest · seed 2 · fold 3");
  const rows = await project.reading((store) =>
    Promise.all(
      runs.map(async (r) => {
        const { rows } = JSON.parse(new TextDecoder().decode(await store.readArtifact(r.info.runId, "split.json")));
        return {
          seed: r.params.seed,
          fold: r.params.fold,
          ...(rows as Record<"train" | "validation" | "test", number[]>),
        };
      }),
    ),
  );
  // The test rows are the same everywhere; of each seed the folds hold every other row once.
  expect(new Set(rows.map((r) => r.test.join())).size).toBe(1);
  for (const seed of ["1", "2"]) {
    const folds = new Map(rows.filter((r) => r.seed === seed).map((r) => [r.fold, r.validation]));
    expect([...folds.keys()].sort()).toEqual(["1", "2", "3"]);
    const validated = [...folds.values()].flat();
    expect(new Set(validated).size).toBe(validated.length);
    expect(validated.length).toBe(120 - rows[0]!.test.length);
  }

  const board = JSON.parse((await disease(["exp", "leaderboard", "folds", "--json"], cwd)).stdout) as Leaderboard;
  expect(board.rows.map((r) => [r.name, r.repeats])).toEqual([
    ["random-forest", 6],
    ["baseline", 6],
  ]);
  const best = runs.filter((r) => r.info.runName.startsWith("random-forest")).map((r) => r.metrics.val_f1_macro!);
  expect(board.rows[0]!.metrics.f1_macro!.mean).toBeCloseTo(best.reduce((a, b) => a + b) / 6, 12);
  expect(board.rows[0]!.tied).toBe(true);
  expect(board.rows[1]!.tied).toBe(false);

  const compared = await disease(["exp", "compare", "folds#1", "folds#2"], cwd);
  expect(compared.stdout).toContain("mean of 6 repeats");

  const again = await disease(["exp", "run", "folds", "--json"], cwd);
  expect(JSON.parse(again.stdout) as SweepResult).toMatchObject({ total: 12, reused: 12, finished: 0 });
});

test("a model of a fold says so when it is registered or packaged, with what it learned from", async () => {
  using project = makeProject({ "experiments/folds.yaml": FOLDS, "experiments/whole.yaml": QUICK });
  const cwd = { cwd: project.root };
  for (const name of ["folds", "whole"]) expect((await disease(["exp", "run", name], cwd)).code).toBe(0);
  const registered = await disease(["models", "register", "--from-experiment", "folds"], cwd);
  expect(registered).toMatchObject({ code: 0 });
  const notice = /model is that of fold 1, trained on (\d+) of the (\d+) patients that are not test \((\d+) %\)/;
  const [, train, all, share] = notice.exec(registered.stderr)!.map(Number) as [number, number, number, number];
  expect(share).toBe(Math.round((100 * train) / all));
  expect(train / all).toBeCloseTo(2 / 3, 1);
  const last = (await project.runs("folds")).find((r) => r.info.runName.endsWith("seed 2 · fold 3"))!;
  expect((await disease(["models", "package", last.info.runId], cwd)).stderr).toContain("the model is that of fold 3,");
  expect((await disease(["models", "register", "--from-experiment", "whole"], cwd)).stderr).not.toContain("fold");
});

test("folds and a split file cannot both be asked for", async () => {
  using project = makeProject({ "experiments/folds.yaml": FOLDS.replace("folds: 3", "folds: 3, file: splits.json") });
  const { code, stderr } = await disease(["exp", "run", "folds"], { cwd: project.root });
  expect(code).toBe(2);
  expect(stderr).toContain("Leave out folds, or file.");
  expect(stderr).toContain("experiments/folds.yaml:");
});

test("more than fifty folds are refused", async () => {
  using project = makeProject({ "experiments/folds.yaml": FOLDS.replace("folds: 3", "folds: 51") });
  const { code, stderr } = await disease(["exp", "run", "folds"], { cwd: project.root });
  expect(code).toBe(2);
  expect(stderr).toContain("split.folds");
});
