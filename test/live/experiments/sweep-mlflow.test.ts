import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { makeProject } from "../../support/project.ts";
import { type VenvName, venvPython } from "../../support/venv.ts";

const script = join(import.meta.dirname, "..", "..", "fixtures", "sweep", "read_sweep.py");
const SWEEP = `data: { path: data/patients.csv, target: disease }
bootstrap: { resamples: 100 }
families: { baseline: {}, xgboost: { n_estimators: 20 } }
`;

async function readWith(venv: VenvName, root: string): Promise<Record<string, unknown>> {
  const python = await venvPython(venv);
  const { stdout } = await promisify(execFile)(python, [script, `sqlite:///${root}/mlruns/mlflow.db`, "sweep"], {
    cwd: root,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

test("the real MLflow, old and new, reads a sweep with its nested trials, curves, inputs, charts and predictions, and after it has upgraded the file the next sweep goes in", async () => {
  using project = makeProject({ "experiments/sweep.yaml": SWEEP });
  const run = (...flags: string[]) => disease(["exp", "run", "sweep", ...flags], { cwd: project.root });
  expect((await run()).code).toBe(0);
  for (const venv of ["mlflow-3.5.1", "reference"] as const) {
    const seen = await readWith(venv, project.root);
    expect(seen).toMatchObject({ runs: 2, nested: true, status: ["FINISHED"] });
    expect(seen.best).toBeGreaterThan(seen.worst as number);
    expect(seen.accuracy).toBeCloseTo(seen.logged_accuracy as number, 12);
    const history = seen.history as number[][];
    expect(history.length).toBeGreaterThanOrEqual(seen.rounds as number);
    expect(history.map(([step]) => step)).toEqual(history.map((_, i) => i + 1));
    expect(seen.inputs).toEqual([
      ["patients", { "mlflow.data.context": "training" }],
      ["patients", { "mlflow.data.context": "validation" }],
    ]);
    expect(seen.artifacts).toEqual(
      expect.arrayContaining([
        "charts/confusion_matrix.png",
        "charts/confusion_matrix.svg",
        "charts/learning_curve.png",
        "charts/reliability.svg",
        "config/experiment.yaml",
        "facts.json",
        "model/model.json",
        "reports/feature_importance.csv",
        "reports/per_class.csv",
        "reports/per_class.md",
        "split.json",
      ]),
    );
    expect(seen.parent_artifacts).toEqual(
      expect.arrayContaining(["experiment.yaml", "facts.json", "splits/seed-1.json", "sweep.json"]),
    );
  }
  expect((await run("--set", "seeds=1,2")).code).toBe(0);
  expect(await readWith("reference", project.root)).toMatchObject({ runs: 4, status: ["FINISHED"] });
});
