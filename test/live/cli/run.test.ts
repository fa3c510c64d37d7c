import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readNpy } from "../../../src/core/formats/npy.ts";
import { selectRows } from "../../../src/core/frame.ts";
import type { Run, TrackingStore } from "../../../src/core/store.ts";
import { Tag } from "../../../src/core/trial.ts";
import { loadModel } from "../../../src/experiments/model.ts";
import { readDataset } from "../../../src/lake/read.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, patients, type TestProject } from "../../support/project.ts";

const HOSTILE = 'lichen \x1b[31m<planus> & "ñ"';
const HOSTILE_COLUMN = '<años> & "\x1b]0;edad\x07"';
const EXPERIMENT = `description: "Skin \\e[31mdiseases"
data: { path: data/named.csv, target: disease, orphans: { max_rows: 10 } }
bootstrap: { resamples: 100 }
preparations: { standard: [{ impute: { indicator: true } }, encode, scale] }
families:
  baseline: {}
  logistic: { C: [0.1, 1] }
  xgboost: { n_estimators: 12, max_depth: 3 }
rank: { metric: log_loss }
`;

let project: TestProject;
let first: Outcome;
let runs: readonly Run[];
let sweep: Run;
let trials: readonly Run[];

beforeAll(async () => {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const csv = patients().map((line) =>
    line.replace(",age,", `,${quoted(HOSTILE_COLUMN)},`).replace("lichen_planus", quoted(HOSTILE)),
  );
  project = makeProject({ "data/named.csv": `${csv.join("\n")}\n`, "experiments/small.yaml": EXPERIMENT });
  first = await disease(["exp", "run", "experiments/small.yaml", "--json"], { cwd: project.root });
  runs = await project.runs("small");
  sweep = runs.find((run) => run.tags[Tag.kind] === "sweep")!;
  trials = runs.filter((run) => run.tags[Tag.kind] === "trial");
});
afterAll(() => project[Symbol.dispose]());

const trialOf = (family: string): Run => trials.find((run) => run.params.family === family)!;

/** All files of a run by path. */
async function filesOf(store: TrackingStore, runId: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { path, isDirectory } of await store.listArtifacts(runId, folder || undefined)) {
      if (isDirectory) folders.push(path);
      else files[path] = await store.readArtifact(runId, path);
    }
  }
  return files;
}

test("with --json the result is one JSON text with the leaderboard, and nothing is said beside it", () => {
  expect(first).toMatchObject({ code: 0, stderr: "" });
  const result = JSON.parse(first.stdout);
  expect(result).toMatchObject({
    experiment: "small",
    sweepId: sweep.info.runId,
    total: 4,
    reused: 0,
    finished: 4,
    failed: 0,
    interrupted: false,
  });
  expect(result.leaderboard.rankMetric).toBe("log_loss");
  const losses = result.leaderboard.rows.map(
    (row: { metrics: { log_loss: { mean: number } } }) => row.metrics.log_loss.mean,
  );
  expect(losses).toHaveLength(4);
  expect(losses).toEqual(losses.toSorted((a: number, b: number) => a - b));
});

test("a sweep is one parent run with its trials nested under it", () => {
  expect(runs.map((run) => run.info.status)).toEqual(Array(5).fill("FINISHED"));
  expect(trials.map((run) => run.tags["mlflow.parentRunId"])).toEqual(Array(4).fill(sweep.info.runId));
  expect(trials.map((run) => run.info.runName).sort()).toEqual([
    "baseline",
    "logistic C=0.1",
    "logistic C=1",
    "xgboost",
  ]);
  expect(sweep.tags).toMatchObject({
    "disease.trials": "4",
    "disease.failed": "0",
    "mlflow.source.name": "experiments/small.yaml",
  });
});

test("a trial keeps its params, tags, metrics with intervals, and the data it was trained and validated on", () => {
  const run = trialOf("xgboost");
  expect(run.params).toMatchObject({
    family: "xgboost",
    preparation: "standard",
    preparation_steps: "impute > encode > scale",
    class_weight: "none",
    seed: "1",
    n_estimators: "12",
    max_depth: "3",
    learning_rate: "0.3",
  });
  const hash = /^[0-9a-f]{64}$/;
  expect(run.tags).toMatchObject({
    [Tag.trialKey]: expect.stringMatching(hash),
    [Tag.dataHash]: expect.stringMatching(hash),
    [Tag.splitHash]: expect.stringMatching(hash),
    [Tag.codeVersion]: expect.stringMatching(/^[0-9a-f]{12}$/),
    "mlflow.runName": "xgboost",
  });
  const loss = run.metrics;
  expect(loss.val_log_loss_low).toBeLessThan(loss.val_log_loss!);
  expect(loss.val_log_loss_high).toBeGreaterThan(loss.val_log_loss!);
  for (const key of ["accuracy", "f1_macro", "recall_orphan", "mse", "roc_auc_ovr", "ece"])
    expect(loss[`val_${key}`], key).toBeTypeOf("number");
  const contexts = run.inputs.map((input) => [
    input.name,
    input.tags["mlflow.data.context"],
    JSON.parse(input.profile!).num_rows,
  ]);
  expect(contexts).toEqual([
    ["named", "training", 84],
    ["named", "validation", 24],
  ]);
  expect(JSON.parse(sweep.inputs[0]!.profile!)).toMatchObject({ num_rows: 120 });
});

test("a trial that learns in rounds keeps its curve", async () => {
  const run = trialOf("xgboost");
  const history = await project.reading((store) => store.metricHistory(run.info.runId, "curve_val_log_loss"));
  expect(history.map((point) => point.step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  expect(history.at(-1)!.value).toBeLessThan(history[0]!.value);
  expect(run.metrics.rounds).toBe(12);
});

test("the sweep keeps what is needed to run it again", async () => {
  const files = await project.reading((store) => filesOf(store, sweep.info.runId));
  expect(Object.keys(files).sort()).toEqual([
    "data.json",
    "experiment.yaml",
    "facts.json",
    "monitoring/training-seed-1.json",
    "splits/seed-1.json",
    "sweep.json",
  ]);
  expect(new TextDecoder().decode(files["experiment.yaml"])).toBe(EXPERIMENT);
  expect(JSON.parse(new TextDecoder().decode(files["facts.json"]))).toMatchObject({
    disease: { version: expect.any(String), codeVersion: sweep.tags[Tag.codeVersion] },
    node: process.version,
    engines: { xgboost: expect.any(String), lightgbm: expect.any(String), openblas: expect.any(String) },
    machine: { host: expect.any(String), cores: expect.any(Number) },
  });
});

test("a trial keeps config, split, facts, model, predictions, tables by class, importances and charts as SVG and PNG", async () => {
  const files = await project.reading((store) => filesOf(store, trialOf("xgboost").info.runId));
  const charts = ["confusion_matrix", "feature_importance", "learning_curve", "reliability"];
  expect(Object.keys(files).sort()).toEqual(
    [
      ...charts.flatMap((name) => [`charts/${name}.png`, `charts/${name}.svg`]),
      ...["config/experiment.yaml", "config/trial.json", "facts.json", "split.json"],
      ...["family/facts.json", "family/model.ubj", "model.json", "preparation.bin"].map((name) => `model/${name}`),
      ...["validation", "validation_rows", "validation_units", "validation_y"].map((name) => `predictions/${name}.npy`),
      "predictions/summary.bin",
      ...["reports/feature_importance.csv", "reports/per_class.csv", "reports/per_class.md"],
    ].sort(),
  );
  for (const name of charts) {
    const png = files[`charts/${name}.png`]!;
    expect([...png.subarray(0, 8)], name).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const svg = new TextDecoder().decode(files[`charts/${name}.svg`]);
    expect(() => new Resvg(svg), `${name}.svg is well-formed`).not.toThrow();
    expect(svg).not.toContain("\x1b");
  }
  const { rows } = JSON.parse(new TextDecoder().decode(files["split.json"]));
  expect([rows.train.length, rows.validation.length, rows.test.length]).toEqual([84, 24, 12]);
  expect(new Set([...rows.train, ...rows.validation, ...rows.test]).size).toBe(120);
  const table = new TextDecoder().decode(files["reports/per_class.csv"]);
  expect(table.trimEnd().split("\r\n").length).toBeGreaterThan(6);
  expect(JSON.parse(new TextDecoder().decode(files["config/trial.json"]))).toMatchObject({
    family: "xgboost",
    seed: 1,
  });
});

test.each(["baseline", "logistic", "xgboost"])(
  "the saved %s, loaded again, predicts from raw patients what the trial predicted",
  async (family) => {
    const files = await project.reading((store) => filesOf(store, trialOf(family).info.runId));
    const npy = (name: string) => readNpy(files[`predictions/${name}.npy`]!);
    const own = Object.entries(files).filter(([path]) => path.startsWith("model/"));
    const model = await loadModel(
      Object.fromEntries(own.map(([path, bytes]) => [path.slice("model/".length), bytes])),
      "model",
    );
    const data = await readDataset(join(project.root, "data", "named.csv"), { name: "named", target: "disease" });
    const rows = npy("validation_rows").data as Int32Array;
    expect(model.card.classes).toContain(HOSTILE);
    expect(npy("validation").shape).toEqual([24, 6]);
    expect(model.predictProba(selectRows(data.frame, rows))).toEqual(npy("validation").data);
    expect(npy("validation_y").data).toEqual(rows.map((row) => data.target.codes[row]!));
    model.dispose();
  },
);

test("the leaderboard goes to standard output, the trials as they end to standard error, without escape codes", async () => {
  using copy = project.copy();
  const { code, stdout, stderr } = await disease(["exp", "run", "small", "--force", "--jobs", "1"], { cwd: copy.root });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^4 trials to run on 1 at a time$/m);
  expect(stderr).toMatch(/^ {2}prepared standard, seed 1: \d+ features \(.* s\)$/m);
  const ended = [...stderr.matchAll(/^✓ \[(\d)\/4\] (.*?) {2}log_loss /gm)].map(([, count, name]) => [count, name]);
  expect(ended.map(([count]) => count)).toEqual(["1", "2", "3", "4"]);
  // the one that was expected to take longest first
  expect(ended.map(([, name]) => name)).toEqual(["logistic C=0.1", "logistic C=1", "xgboost", "baseline"]);
  expect(stdout).toMatch(/^ *# +trial +log_loss +f1_macro/m);
  expect(stdout).toMatch(/^ 4 +baseline +1\.\d{3} \[1\.\d{3}, \d\.\d{3}\]/m);
  expect(stdout).toMatch(/^small: 4 finished, 0 failed, 0 kept from before$/m);
  expect(`${stdout}${stderr}`).not.toContain("\x1b");
  expect(copy.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 10 } });
});

test("a second run keeps everything, --set runs only what is new, other data are other trials", async () => {
  using copy = project.copy();
  const run = async (...args: string[]) => {
    const { code, stdout } = await disease(["exp", "run", "small", "--json", "--set", "charts=none", ...args], {
      cwd: copy.root,
    });
    expect(code).toBe(0);
    const { total, reused, finished, sweepId } = JSON.parse(stdout);
    return { total, reused, finished, sweepId };
  };
  expect(await run()).toEqual({ total: 4, reused: 4, finished: 0, sweepId: null });
  expect(await run("--set", "families.logistic.C=1,10")).toMatchObject({ total: 4, reused: 3, finished: 1 });
  copy.write("data/named.csv", readFileSync(join(copy.root, "data", "named.csv"), "utf8").replace("\n2,", "\n3,"));
  expect(await run()).toMatchObject({ total: 4, reused: 0, finished: 4 });
  expect(new Set((await copy.runs("small")).map((r) => r.tags[Tag.dataHash])).size).toBe(2);
});
