import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { freePort } from "../../support/mlflow-server.ts";
import { patients, type TestProject } from "../../support/project.ts";
import { largestDifference } from "../../support/serving/packaged.ts";
import { type ServedProgram, startServe, until } from "../../support/serving/served.ts";
import { skinProject } from "../../support/skin.ts";
import { venvPython } from "../../support/venv.ts";

/** The same model, by `mlflow models serve` and by us. */
let project: TestProject;
let ours: ServedProgram;
let theirs: string;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  project = await skinProject({});
  ends.push(async () => project[Symbol.dispose]());
  const run = (await project.runs("skin")).find(({ params }) => params.family === "logistic")!.info.runId;
  const { code, stderr } = await disease(["models", "package", run], { cwd: project.root });
  if (code !== 0) throw new Error(stderr);
  const address = `runs:/${run}/model`;
  ours = await startServe(project, [address, "--no-log"]);
  ends.push(async () => ours[Symbol.asyncDispose]());
  const python = await venvPython("onnx");
  const port = await freePort();
  const child = spawn(
    python,
    [
      ...["-m", "mlflow", "models", "serve", "-m", address, "--env-manager", "local"],
      "-h",
      "127.0.0.1",
      "-p",
      `${port}`,
    ],
    {
      ...{ cwd: project.root, stdio: "ignore", detached: true },
      env: {
        ...process.env,
        PATH: `${dirname(python)}:${process.env.PATH}`,
        MLFLOW_TRACKING_URI: `sqlite:///${join(project.root, "mlruns", "mlflow.db")}`,
      },
    },
  );
  const exit = once(child, "exit");
  ends.push(() => {
    if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
    return exit;
  });
  theirs = `http://127.0.0.1:${port}`;
  await until(
    "MLflow's server answers",
    () =>
      fetch(`${theirs}/ping`).then(
        (answer) => answer.ok,
        () => false,
      ),
    240,
  );
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const [head, ...lines] = patients(12).map((line) => line.split(","));
const target = head!.indexOf("disease");
const columns = head!.toSpliced(target, 1);
const rows = lines.map((line) => line.toSpliced(target, 1).map((cell) => (cell === "" ? null : Number(cell))));
const records = rows.map((row) => Object.fromEntries(columns.map((name, j) => [name, row[j]])));
const lists = Object.fromEntries(columns.map((name, j) => [name, rows.map((row) => row[j])]));

async function both(path: string, body?: string, type = "application/json") {
  const ask = async (url: string) => {
    const init = body === undefined ? {} : { method: "POST", headers: { "content-type": type }, body };
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, type: answer.headers.get("content-type")?.split(";")[0], text };
  };
  return { ours: await ask(ours.url), theirs: await ask(theirs) };
}

/** Names and probabilities of an answer. */
function predictions(text: string): { names: string[][]; values: number[] } {
  const { predictions: list } = JSON.parse(text) as { predictions: Record<string, number>[] };
  return { names: list.map((row) => Object.keys(row)), values: list.flatMap((row) => Object.values(row)) };
}

test.each([
  ["dataframe_split", { dataframe_split: { columns, data: rows } }],
  [
    "dataframe_split with an index, columns in another order and one more",
    {
      dataframe_split: {
        index: rows.map((_, i) => i + 5),
        columns: [...columns, "more"].reverse(),
        data: rows.map((row) => [...row, "x"].reverse()),
      },
    },
  ],
  ["dataframe_records", { dataframe_records: records }],
  [
    "dataframe_records, one of them with less",
    { dataframe_records: [...records.slice(1), Object.fromEntries(Object.entries(records[0]!).slice(1))] },
  ],
  ["instances as records", { instances: records }],
  ["instances as lists", { instances: lists }],
  ["inputs as records", { inputs: records }],
  ["inputs as lists", { inputs: lists }],
  ["params that the model does not know", { dataframe_records: records, params: { temperature: 1 } }],
])("%s: the same answer as MLflow's", async (_, body) => {
  const { ours, theirs } = await both("/invocations", JSON.stringify(body));
  expect([theirs.status, ours.status, ours.type], theirs.text).toEqual([200, 200, theirs.type]);
  const [mine, reference] = [predictions(ours.text), predictions(theirs.text)];
  expect(mine.names).toEqual(reference.names);
  expect(largestDifference(mine.values, reference.values)).toBeLessThan(1e-5);
});

test("NaN in JSON, as Python writes it: the same answer as MLflow's; CSV, which MLflow refuses for these models: ours", async () => {
  const json = JSON.stringify({ dataframe_split: { columns, data: rows.map((row) => [null, ...row.slice(1)]) } });
  const { ours, theirs } = await both("/invocations", json.replaceAll("[null", "[NaN"));
  expect([theirs.status, ours.status], theirs.text).toEqual([200, 200]);
  const reference = predictions(theirs.text).values;
  expect(largestDifference(predictions(ours.text).values, reference)).toBeLessThan(1e-5);
  const csv = [columns, ...rows.map((row) => ["", ...row.slice(1)])].map((row) => row.join(",")).join("\n");
  const table = await both("/invocations", csv, "text/csv");
  expect([table.theirs.status, table.ours.status]).toEqual([400, 200]);
  expect(largestDifference(predictions(table.ours.text).values, reference)).toBeLessThan(1e-5);
});

test("checks and the version are MLflow's", async () => {
  for (const path of ["/ping", "/health", "/version"]) {
    const { ours, theirs } = await both(path);
    expect(ours).toEqual(theirs);
  }
});

test.each([
  ["malformed JSON", "{"],
  ["a list", "[]"],
  ["no form of the protocol", "{}"],
  ["two forms at once", '{"instances": [], "inputs": []}'],
  ["a split that is a list", '{"dataframe_split": []}'],
  ["a split without data", '{"dataframe_split": {"columns": []}}'],
  ["records that are none", '{"dataframe_records": {"a": 1}}'],
  ["another type", "<a/>", "text/xml"],
  ["another encoding", "{}", "application/json; charset=latin-1"],
])("%s: the status and the code of MLflow's", async (_, body, type?: string) => {
  const { ours, theirs } = await both("/invocations", body, type);
  expect(ours.status, theirs.text).toBe(theirs.status);
  if (theirs.type !== "application/json") return;
  expect(JSON.parse(ours.text).error_code).toBe(JSON.parse(theirs.text).error_code);
});
