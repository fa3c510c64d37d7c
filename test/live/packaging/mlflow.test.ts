import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { modelFiles } from "../../../src/core/model-files.ts";
import { loadModel } from "../../../src/experiments/model.ts";
import { readDataset } from "../../../src/lake/read.ts";
import { disease, type Outcome, userEnv } from "../../support/cli.ts";
import { freePort } from "../../support/mlflow-server.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { largestDifference } from "../../support/serving/packaged.ts";
import { venvPython } from "../../support/venv.ts";

/** Columns with missing values, yes/no, categories; the winner is a tree model that takes them as they are. */
const EXPERIMENT = `data: { path: data/heart.csv, target: severity }
bootstrap: { resamples: 100 }
charts: none
families:
  baseline: {}
  xgboost: { n_estimators: 20, max_depth: [2, 3] }
preparations:
  trees:
    - impute: { numeric: none, categorical: none, boolean: none, indicator: false }
    - encode: { missing: nan }
`;
const root = join(import.meta.dirname, "..", "..", "..");
const heart = readFileSync(join(root, "data", "heart_disease.csv"), "utf8");

let project: TestProject;
let sweep: Outcome;
let winner: string;
let rows: {
  readonly csv: string;
  readonly proba: Float32Array;
  readonly columns: readonly string[];
  readonly cells: (string | number | boolean | null)[][];
};

beforeAll(async () => {
  project = makeProject({ "data/heart.csv": heart, "experiments/heart.yaml": EXPERIMENT });
  const at = { cwd: project.root };
  sweep = await disease(["exp", "run", "experiments/heart.yaml", "--json"], at);
  winner = JSON.parse(sweep.stdout).packaged[0].runId;
  rows = await patients();
});

afterAll(() => project[Symbol.dispose]());

/** Fifty patients as a CSV file without the target, and as a client would write them in JSON. */
async function patients(): Promise<typeof rows> {
  const { frame } = await readDataset(join(project.root, "data", "heart.csv"), { target: "severity" });
  const lines = heart
    .trim()
    .split("\n")
    .filter((_, i) => i === 0 || i % 19 === 0);
  const cells = lines.map((line) => line.split(",").slice(0, -1));
  const csv = project.write("rows.csv", `${cells.map((line) => line.join(",")).join("\n")}\n`);
  const chosen = Int32Array.from(lines.keys())
    .subarray(1)
    .map((i) => i * 19 - 1);
  const files = await project.reading((store) => modelFiles(store, winner));
  const model = await loadModel(files, winner);
  const all = model.predictProba(frame);
  model.dispose();
  const width = all.length / frame.rows;
  const proba = Float32Array.from(
    Array.from(chosen, (row) => [...all.subarray(row * width, (row + 1) * width)]).flat(),
  );
  const json = (cell: string, kind: string) =>
    cell === "" ? null : kind === "numeric" ? Number(cell) : cell === "true" ? true : cell === "false" ? false : cell;
  const kinds = cells[0]!.map((name) => frame.columns.find((column) => column.name === name)?.kind ?? "categorical");
  return {
    csv,
    proba,
    columns: cells[0]!,
    cells: cells.slice(1).map((line) => line.map((cell, j) => json(cell, kinds[j]!))),
  };
}

test("a sweep packages its winner and nothing else", async () => {
  expect(sweep.code).toBe(0);
  const trials = (await project.runs("heart")).filter((run) => run.tags["disease.kind"] === "trial");
  expect(trials).toHaveLength(3);
  const packaged = await project.reading(async (store) => {
    const has = async (id: string) => ["MLmodel", "model.onnx"].every((name) => name in files[id]!);
    const files = Object.fromEntries(
      await Promise.all(trials.map(async (t) => [t.info.runId, await modelFiles(store, t.info.runId)])),
    );
    return (await Promise.all(trials.map(async (t) => [t.info.runId, await has(t.info.runId)] as const))).filter(
      ([, yes]) => yes,
    );
  });
  expect(packaged.map(([id]) => id)).toEqual([winner]);
});

test("runs:/, models:/NAME/VERSION, @champion and models:/m-… give the probabilities that we give", async () => {
  const at = { cwd: project.root };
  const registered = await disease(["models", "register", winner, "--name", "heart", "--json"], at);
  expect(registered.stderr + registered.stdout).toContain('"isNew": true');
  const promoted = await disease(
    ["models", "promote", "heart", "--to", "Production", "--no-gate", "--reason", "a test", "--json"],
    at,
  );
  expect(promoted.code, promoted.stdout + promoted.stderr).toBe(0);
  const { source } = JSON.parse(registered.stdout);
  const addresses = [`runs:/${winner}/model`, "models:/heart/1", "models:/heart@champion", source];
  const script = join(root, "test", "fixtures", "packaging", "addresses.py");
  const env = userEnv({ MLFLOW_TRACKING_URI: `sqlite:///${join(project.root, "mlruns", "mlflow.db")}` });
  const answers = JSON.parse(
    execFileSync(await venvPython("onnx"), ["-W", "ignore", script, rows.csv, ...addresses], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  for (const address of addresses) {
    expect(largestDifference(answers[address].probabilities, rows.proba), address).toBeLessThan(1e-5);
    expect(answers[address].run).toBe(winner);
  }
  expect(answers.booster).toBeGreaterThan(0);
  expect(answers.onnx).toEqual(rows.columns);
  expect(answers.logged).toContain(winner);
});

test("mlflow models serve answers split and records, with missing values, as we do", async () => {
  const [port, python] = [await freePort(), await venvPython("onnx")];
  const folder = await project.reading((store) => store.localArtifacts(winner));
  const server = spawn(
    python,
    [
      ...["-m", "mlflow", "models", "serve", "-m", join(folder!, "model"), "--env-manager", "local"],
      ...["-h", "127.0.0.1", "-p", String(port)],
    ],
    // It starts uvicorn by name.
    { env: userEnv({ PATH: `${dirname(python)}${delimiter}${process.env.PATH}` }), stdio: "ignore", detached: true },
  );
  const ended = once(server, "exit");
  try {
    const url = `http://127.0.0.1:${port}`;
    while ((await fetch(`${url}/ping`).catch(() => undefined))?.status !== 200) {
      if (server.exitCode !== null) throw new Error(`mlflow models serve ended with ${server.exitCode}`);
      await delay(200);
    }
    const ask = async (body: object) => {
      const answer = await fetch(`${url}/invocations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      return (JSON.parse(text).predictions as Record<string, number>[]).flatMap((row) => Object.values(row));
    };
    const { columns, cells } = rows;
    const split = await ask({ dataframe_split: { columns, data: cells } });
    expect(largestDifference(split, rows.proba)).toBeLessThan(1e-5);
    const records = cells.map((line) => Object.fromEntries(columns.map((name, j) => [name, line[j]])));
    expect(largestDifference(await ask({ dataframe_records: records }), rows.proba)).toBeLessThan(1e-5);
    const wide = rows.proba.length / cells.length;
    const alone = await ask({ dataframe_records: records.slice(7, 8) });
    expect(largestDifference(alone, rows.proba.subarray(7 * wide, 8 * wide))).toBeLessThan(1e-5);
    const refused = await fetch(`${url}/invocations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dataframe_records: [{ ...records[0], age: "old" }] }),
    });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("column 'age' holds something that is not a number");
  } finally {
    if (server.exitCode === null) process.kill(-server.pid!, "SIGTERM");
    await ended;
  }
});
