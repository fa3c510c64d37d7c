import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readZip } from "../../../src/lake/archives/zip.ts";
import { DiagnoseAnswer } from "../../../src/serving/clinical/schemas.ts";
import { disease, startDisease } from "../../support/cli.ts";
import { SOLVED } from "../../support/knowledge.ts";
import { patients, type TestProject } from "../../support/project.ts";
import { servedProject, startServe, until } from "../../support/serving/served.ts";

const CHAMPION = "models:/skin@champion";
let project: TestProject;
let ranker: string;
beforeAll(async () => {
  project = await servedProject();
  const args = ["cases", "train", SOLVED, "--experiment", "rare", "--json"];
  const { stdout, stderr } = await disease(args, { cwd: project.root });
  expect(stderr).not.toContain("error");
  ranker = `runs:/${JSON.parse(stdout).run}/model`;
});
afterAll(() => project[Symbol.dispose]());

const lines = patients(40);
const [head, ...cells] = lines.map((line) => line.split(","));
const target = head!.indexOf("disease");
const columns = head!.toSpliced(target, 1);
const rows = cells.map((line) => line.toSpliced(target, 1).map((cell) => (cell === "" ? null : Number(cell))));
const records = rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i]!, value])));
const FHIR = readFileSync(join(import.meta.dirname, "..", "..", "fixtures", "serving", "synthea.json"), "utf8");

async function post(url: string, path: string, body: unknown): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${url}${path}`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: answer.status, json: await answer.json() };
}

const predict = (args: readonly string[], input?: string) =>
  disease(["predict", ...args], { cwd: project.root, ...(input !== undefined && { input }) });

type Row = Readonly<Record<string, unknown>>;
const ndjson = (text: string): Row[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("the same patients have the same probabilities by MLflow's protocol, as diagnoses, and in a batch of each format", async () => {
  await using served = await startServe(project, [CHAMPION]);
  const scored = await post(served.url, "/invocations", { dataframe_split: { columns, data: rows } });
  const { predictions } = scored.json as { predictions: Record<string, number>[] };
  const { json } = await post(served.url, "/v1/diagnose?top=100&explain=1", { patients: records });
  const diagnosed = DiagnoseAnswer.parse(json).patients;
  expect(diagnosed.map(({ diseases }) => Object.fromEntries(diseases.map((d) => [d.name, d.probability])))).toEqual(
    predictions,
  );
  for (const { diseases } of diagnosed) {
    expect(diseases.map(({ probability }) => probability)).toEqual(
      diseases.map(({ probability }) => probability).sort((a, b) => b - a),
    );
    const { evidence } = diseases[0]!;
    expect(evidence!.for.length + evidence!.against.length).toBeGreaterThan(0);
  }

  const csv = `${lines.join("\n")}\n`;
  project.write("rows.csv", csv);
  project.write("rows.ndjson", records.map((row) => JSON.stringify(row)).join("\n"));
  const parquet = join(project.root, "rows.parquet");
  const duck = await DuckDBInstance.create(":memory:");
  await (await duck.connect()).run(`COPY (FROM read_csv('${join(project.root, "rows.csv")}')) TO '${parquet}'`);
  duck.closeSync();
  const args = ["--model", CHAMPION, "--proba", "--out-format", "ndjson"];
  const batches = [
    await predict(["rows.csv", ...args]),
    await predict(["-", ...args], csv),
    await predict(["rows.ndjson", ...args]),
    await predict(["rows.parquet", ...args]),
  ];
  for (const { code, stdout, stderr } of batches) {
    expect(code, stderr).toBe(0);
    const predicted = ndjson(stdout);
    expect(
      predicted.map((row) => Object.fromEntries(Object.keys(predictions[0]!).map((k) => [k, row[`p:${k}`]]))),
    ).toEqual(predictions);
    expect(predicted.map(({ predicted }) => predicted)).toEqual(diagnosed.map(({ diseases }) => diseases[0]!.name));
  }
});

test("a batch goes to CSV or Parquet with the summary as JSON, and is readable by its owner alone", async () => {
  project.write("rows.csv", `${lines.join("\n")}\n`);
  for (const out of ["out.csv", "out.parquet"]) {
    const { code, stdout, stderr } = await predict([
      "rows.csv",
      "--model",
      CHAMPION,
      "--out",
      out,
      "--explain",
      "2",
      "--json",
    ]);
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ rows: 40, out, abstained: 0, model: { name: "skin", version: "1" } });
    expect(Object.values<number>(result.predicted).reduce((a, b) => a + b)).toBe(40);
    expect(statSync(join(project.root, out)).mode & 0o077).toBe(0);
  }
  const duck = await DuckDBInstance.create(":memory:");
  const read = await (await duck.connect()).runAndReadAll(`SELECT * FROM '${join(project.root, "out.parquet")}'`);
  const [, ...csv] = readFileSync(join(project.root, "out.csv"), "utf8").trim().split("\n");
  expect(read.getRowObjectsJson().map((row) => `${row.row},,${row.predicted}`)).toEqual(
    csv.map((line) => line.split(",").slice(0, 3).join(",")),
  );
  duck.closeSync();
});

test.each([
  [
    "a cell that is no number",
    (text: string) => text.replace(/\n(\d+),/, "\nsecret,"),
    /has to be a number[\s\S]*rows-bad\.csv:2/,
  ],
  ["a row that is cut short", (text: string) => `${text}1,2\n`, /rows-bad\.csv:42/],
  [
    "a column that is not there",
    (text: string) => text.replace("erythema", "erithema"),
    /no column "erythema"[\s\S]*erithema/,
  ],
])("%s ends a batch with its place, and leaves no file", async (_, spoil, message) => {
  project.write("rows-bad.csv", spoil(`${lines.join("\n")}\n`));
  const { code, stderr } = await predict(["rows-bad.csv", "--model", CHAMPION, "--out", "bad.csv"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain("secret");
  expect(readdirSync(project.root).filter((name) => name.includes("bad.csv"))).toEqual(["rows-bad.csv"]);
});

test("rows of a stream are answered while it is open; Ctrl-C ends it with 130 and leaves no file", async () => {
  project.write("head.csv", `${lines.slice(0, 3).join("\n")}\n`);
  await using program = await startDisease(["predict", "-", "--model", CHAMPION, "--out", "stream.csv"], {
    cwd: project.root,
    through: ["bash", "-c", 'exec "$@" < <(cat head.csv; exec tail -f /dev/null --pid=$$)', "-"],
  });
  const parts = () => readdirSync(project.root).filter((name) => name.includes("stream.csv"));
  await until("two rows are answered", async () => {
    const [part] = parts();
    return part !== undefined && readFileSync(join(project.root, part), "utf8").split("\n").length === 4;
  });
  expect(existsSync(join(project.root, "stream.csv"))).toBe(false);
  program.kill("SIGINT");
  const { code, stderr } = await program.ended;
  expect(code, stderr).toBe(130);
  expect(parts()).toEqual([]);
});

test("a FHIR patient is asked of a table model by names and by a mapping; what is not told counts as missing", async () => {
  project.write("map.yaml", "columns:\n  erythema: { code: 'LOINC|39156-5', take: max }\n");
  await using served = await startServe(project, [CHAMPION, "--mapping", "map.yaml"]);
  const { status, json } = await post(served.url, "/v1/diagnose", FHIR);
  expect(status, JSON.stringify(json)).toBe(200);
  const [one] = DiagnoseAnswer.parse(json).patients;
  expect(one!.notices.join("\n")).toMatch(/32 of 34 columns are not told/);
  const asTable = { ...Object.fromEntries(columns.map((name) => [name, null])), erythema: 28.67314307934236 };
  const age = (Date.parse("2018-09-17T15:29:24+00:00") - Date.parse("1984-07-02")) / (365.25 * 86_400_000);
  const raw = await post(served.url, "/v1/diagnose", { patients: [{ ...asTable, age }] });
  expect(DiagnoseAnswer.parse(raw.json).patients[0]!.diseases).toEqual(one!.diseases);
});

test("cases have the same ranking over HTTP, as a stream, as a folder, and by `disease cases rank`", async () => {
  const packets: object[] = [];
  for (const entry of readZip(SOLVED)) {
    if (entry.name.endsWith(".json")) packets.push(JSON.parse(entry.bytes(1 << 20).toString("utf8")));
    if (packets.length === 5) break;
  }
  await using served = await startServe(project, [ranker]);
  const asked = await post(served.url, "/v1/diagnose?top=10&explain=2", { patients: packets });
  expect(asked.status, JSON.stringify(asked.json)).toBe(200);
  const answer = DiagnoseAnswer.parse(asked.json);
  expect(answer.knowledge!.sources.length).toBeGreaterThan(0);
  const ids = answer.patients.map(({ diseases }) => diseases.map(({ id }) => id));
  for (const { diseases } of answer.patients) {
    expect(diseases).toHaveLength(10);
    expect(diseases[0]!.evidence!.for.length).toBeGreaterThan(0);
  }

  const text = packets.map((packet) => JSON.stringify(packet)).join("\n");
  const batch = await predict(["-", "--model", ranker, "--proba", "--out-format", "ndjson"], text);
  expect(batch.code, batch.stderr).toBe(0);
  const ranked = ndjson(batch.stdout).map(({ ranking }) => ranking as { id: string; probability: number }[]);
  expect(ranked).toEqual(
    answer.patients.map(({ diseases }) => diseases.map(({ id, probability }) => ({ id, probability }))),
  );

  packets.forEach((packet, i) => {
    project.write(`cases/${i}.json`, JSON.stringify(packet));
  });
  const folder = await predict(["cases", "--model", ranker, "--proba", "--out-format", "ndjson"]);
  expect(ndjson(folder.stdout).map(({ ranking }) => ranking)).toEqual(ranked);
  const run = /[0-9a-f]{32}/.exec(ranker)![0];
  const listed = await disease(["cases", "rank", "cases", "--model", run, "--json"], { cwd: project.root });
  const { answers } = JSON.parse(listed.stdout) as { answers: { ranking: string[] }[] };
  expect(answers.map(({ ranking }) => ranking.slice(0, 10))).toEqual(ids);
});
