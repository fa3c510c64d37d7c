import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import type { MetricPoint, TrackingStore } from "../../../src/core/store.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { venvPython } from "../../support/venv.ts";
import { type MlflowPeer, startPeer } from "./peer.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const START = 1_700_000_000_000;
const NO_COLUMNS = { metrics: [], params: [], tags: [] } as const;
const DATASET = {
  name: "wdbc",
  digest: "0123abcd",
  sourceType: "local",
  source: '{"uri":"data/wdbc.csv"}',
  schema: '{"mlflow_colspec":[]}',
  profile: '{"num_rows":569}',
  tags: { "mlflow.data.context": "training" },
};

/** What the searches of both sides are compared on. */
const FILTERS = [
  "",
  "metrics.f1 > 0.5",
  "metrics.f1 >= 0.5 and metrics.f1 < 0.8",
  "metrics.f1 = 0.5",
  "metrics.f1 != 0.5",
  "metric.`val loss` <= 1e-1",
  "metrics.f1 > -1",
  "params.family = 'xgboost'",
  'params.family = "gbm" AND metrics.f1 > .3',
  "params.family != 'xgboost'",
  "param.family LIKE '%b%'",
  "parameters.family LIKE 'XG%'",
  "parameter.family ILIKE 'XG%'",
  "params.`max depth` = '3'",
  "params.\"max depth\" != '3'",
  "params.absent = '1'",
  "params.absent != '1'",
  "tags.mlflow.runName = 'trial 7'",
  "tags.`mlflow.runName` LIKE 'trial 1_'",
  'tag.note = "it\'s"',
  "tags.note ILIKE '%ÑANDÚ%'",
  "attributes.status = 'FINISHED'",
  "attribute.status != 'FINISHED'",
  "status IN ('FINISHED')",
  "attr.run_name ILIKE 'TRIAL 2%'",
  "run.`Run name` = 'trial 3'",
  "run_name != 'sweep'",
  "start_time > 1700000010000",
  "created <= 1700000010000",
  "end_time < 1700000020000.5",
  "end_time != 0",
  "user_id = 'ana'",
  "artifact_uri LIKE '%/artifacts'",
  "datasets.name = 'wdbc'",
  "dataset.name LIKE 'w%' and dataset.context = 'training'",
  "dataset.context IN ('training', 'validation')",
  "datasets.digest NOT IN ('0123abcd')",
  "dataset.name != 'wdbc'",
  "metrics.up > 1e300",
  "metrics.f1 > 0.2 and params.family = 'gbm' and tags.note = 'plain' and status = 'FINISHED'",
  "metrics.f1 > 0.5 OR metrics.f1 < 0.1",
  "metrics.val-f1 > 0.5",
  "nonsense.x = 1",
  "params.x = 5",
  "metrics.f1 > 'a'",
  "name = 'x'",
];
/** MLflow 3.5.1 counts NaN as 0 in filters, and has no IS NULL. */
const NEWER_FILTERS = [
  "metrics.nan_sometimes < 1",
  "metrics.nan_sometimes != 0",
  "metrics.nan_sometimes = 0",
  "params.rare IS NULL",
  "params.rare IS NOT NULL and metrics.f1 > 0.5",
  "tags.note is null",
];
const ORDERS = [
  ["metrics.f1"],
  ["metrics.f1 DESC"],
  ["metrics.nan_sometimes"],
  ["metrics.nan_sometimes desc", "params.family"],
  ["metrics.`val loss` ASC"],
  ["params.family", "metrics.f1 DESC"],
  ['params."max depth" DESC'],
  ["params.rare"],
  ["tags.note", "attributes.start_time ASC"],
  ["tags.`mlflow.runName` DESC"],
  ["status", "run_name"],
  ["attribute.end_time DESC"],
  ["Created"],
  ["run_id DESC"],
  ["user_id", "artifact_uri"],
  ["metrics.absent", "start_time DESC"],
  ["metrics.up DESC", "metrics.f1"],
  ["metrics.f1", "metrics.f1 DESC"],
  ["metrics.val-f1"],
  ["duration"],
];

test("the schema that we create is the one of MLflow 3.5.1", async () => {
  const target = join(temporaryFolder(), "schema.ts");
  const script = join(ROOT, "scripts", "extract-mlflow-schema.py");
  await promisify(execFile)(await venvPython("mlflow-3.5.1"), [script, target]);
  // MLflow writes the constraints of a table in any order
  const linesOf = (file: string) => readFileSync(file, "utf8").split("\n").toSorted();
  expect(linesOf(target)).toEqual(linesOf(join(ROOT, "src", "stores", "embedded", "schema.ts")));
});

describe.each(["mlflow-3.5.1", "reference"] as const)("the MLflow of %s and the embedded store", (venv) => {
  let home = "";
  let store: TrackingStore;
  let peer: MlflowPeer;
  let experiment = "";
  let sweep = "";
  let trials: string[] = [];

  beforeAll(async () => {
    home = realpathSync(mkdtempSync(join(tmpdir(), "disease-mlflow-")));
    const folder = join(home, "año 100% #1", "mlruns"); // a path that has to be told right
    mkdirSync(folder, { recursive: true });
    store = openEmbeddedStore({ folder });
    ({ experiment, sweep, trials } = await fill(store));
    peer = await startPeer(venv, `sqlite:///${join(folder, "mlflow.db")}`); // it upgrades the file while we have it open
  });
  afterAll(async () => {
    store?.close();
    await peer?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const ours = async (filter: string, orderBy: string[] = []) => {
    const page = await store.searchRuns({ experimentIds: [experiment], filter, orderBy, columns: NO_COLUMNS });
    return page.items.map((r) => r.info.runId);
  };

  test("MLflow finds the experiments", async () => {
    const found = await peer.ask<{ id: string; name: string; location: string }[]>("experiments", { view: "active" });
    const expected = (await store.listExperiments()).map((e) => ({
      id: e.experimentId,
      name: e.name,
      location: e.artifactLocation,
    }));
    expect(found).toEqual(expected);
  });

  test("MLflow finds the trials nested under their sweep", async () => {
    const filter = `tags.mlflow.parentRunId = '${sweep}'`;
    const { ids } = await peer.ask<{ ids: string[] }>("search", { experiment, filter });
    expect(ids.toSorted()).toEqual(trials.toSorted());
  });

  test("MLflow reads a run as it was written", async () => {
    const run = await store.getRun(trials[1]!);
    expect(await peer.ask("run", { id: trials[1] })).toEqual({
      run_id: run.info.runId,
      name: "trial 1",
      status: run.info.status,
      user: "ana",
      start: run.info.startTime,
      end: run.info.endTime,
      artifact_uri: run.info.artifactUri,
      metrics: { ...run.metrics, nan_sometimes: "nan", up: Number.MAX_VALUE },
      params: run.params,
      tags: run.tags,
      inputs: [DATASET],
    });
  });

  test("MLflow reads a metric's history", async () => {
    const history = await store.metricHistory(trials[2]!, "curve");
    expect(history).toHaveLength(20);
    expect(await peer.ask("history", { id: trials[2], key: "curve" })).toEqual(
      history.map((p) => [p.value, p.timestamp, p.step]),
    );
  });

  test("MLflow lists and downloads the artifacts", async () => {
    const id = trials[0];
    expect(await peer.ask("artifacts", { id })).toEqual([
      { path: "config.yaml", is_dir: false, size: 8 },
      { path: "report ñ", is_dir: true, size: null },
    ]);
    expect(await peer.ask("artifacts", { id, path: "report ñ" })).toEqual([
      { path: "report ñ/classes.csv", is_dir: false, size: 5 },
    ]);
    expect(await peer.ask("download", { id, path: "report ñ/classes.csv" })).toBe("a,b\n1");
  });

  test("both find the same runs in the same order", async () => {
    const searches: [string, string[]][] = [
      ...(venv === "reference" ? [...FILTERS, ...NEWER_FILTERS] : FILTERS).map((f): [string, string[]] => [f, []]),
      ...ORDERS.map((o): [string, string[]] => ["", o]),
      ...ORDERS.slice(0, 17).map((o, i): [string, string[]] => [FILTERS[2 * i]!, o]),
    ];
    const theirs = await peer.ask<(string[] | { error: string })[]>("search_many", { experiment, searches });
    const mine = await Promise.all(searches.map(([f, o]) => ours(f, o).catch((e: Error) => ({ error: e.name }))));
    for (const [i, search] of searches.entries()) {
      const answer = theirs[i]!;
      expect([search, mine[i]]).toEqual([search, "error" in answer ? { error: "UserError" } : answer]);
    }
    expect(mine.filter((m) => Array.isArray(m) && m.length > 0 && m.length < 61).length).toBeGreaterThan(30);
  });

  test("a page token of ours goes on in MLflow, and the other way round", async () => {
    const order = ["metrics.f1 DESC"];
    const first = await peer.ask<{ ids: string[]; token: string }>("search", { experiment, order, max: 20 });
    const page = { experimentIds: [experiment], orderBy: order, columns: NO_COLUMNS, maxResults: 20 };
    const second = await store.searchRuns({ ...page, pageToken: first.token });
    const third = await peer.ask<{ ids: string[] }>("search", {
      experiment,
      order,
      max: 100,
      token: second.nextPageToken,
    });
    expect([...first.ids, ...second.items.map((r) => r.info.runId), ...third.ids]).toEqual(await ours("", order));
  });

  test("after MLflow has upgraded the file we write on, and MLflow reads it", async () => {
    const { experimentId } = await store.ensureExperiment("after the upgrade");
    const { runId } = await store.createRun({ experimentId, runName: "late", startTime: START, userId: "ana" });
    await store.write(runId, {
      metrics: [point("f1", 0.9, 3)],
      params: { a: "1" },
      inputs: [DATASET],
      status: "FINISHED",
    });
    await store.writeArtifact(runId, "late.txt", new TextEncoder().encode("late"));
    expect(await peer.ask("run", { id: runId })).toMatchObject({
      name: "late",
      status: "FINISHED",
      metrics: { f1: 0.9 },
      params: { a: "1" },
      inputs: [DATASET],
    });
    expect(await peer.ask("download", { id: runId, path: "late.txt" })).toBe("late");
    expect((await peer.ask<{ name: string }[]>("experiments", { view: "all" })).map((e) => e.name)).toContain(
      "after the upgrade",
    );

    const fresh = openEmbeddedStore({
      folder: join(home, "año 100% #1", "mlruns"),
      notify: (n) => expect.fail(n.message),
    });
    expect((await fresh.getRun(runId)).metrics).toEqual({ f1: 0.9 });
    fresh.close();
  });

  test("we read what MLflow wrote", async () => {
    const id = await peer.ask<string>("write_run", { experiment, artifact: "grüße" });
    expect(await store.getRun(id)).toMatchObject({
      info: { runName: "by mlflow", status: "FINISHED", startTime: START + 900_000, endTime: START + 901_000 },
      metrics: { loss: Number.NaN, up: Number.POSITIVE_INFINITY },
      params: { family: "sklearn" },
      tags: { note: "from python", origin: "python", "mlflow.runName": "by mlflow" },
      inputs: [{ name: "iris", digest: "abc", tags: { "mlflow.data.context": "training" } }],
    });
    expect((await store.metricHistory(id, "loss")).map((p) => p.value)).toEqual([0.75, 0.5, Number.NaN]);
    expect((await store.listArtifacts(id, "texts")).map((a) => a.path)).toEqual(["texts/from_python.txt"]);
    expect(new TextDecoder().decode(await store.readArtifact(id, "texts/from_python.txt"))).toBe("grüße");
    await store.write(id, { tags: { seen: "yes" }, metrics: [point("loss", 0.25, 3)] });
    expect(await peer.ask("run", { id })).toMatchObject({ tags: { seen: "yes" }, metrics: { loss: 0.25 } });
  });

  test("a run that we delete is deleted for MLflow", async () => {
    await store.deleteRun(trials[59]!);
    expect((await peer.ask<{ ids: string[] }>("search", { experiment, view: "deleted" })).ids).toEqual([trials[59]]);
    await store.restoreRun(trials[59]!);
    expect((await peer.ask<{ ids: string[] }>("search", { experiment, view: "deleted" })).ids).toEqual([]);
  });
});

/** A sweep of sixty trials with all that a filter can ask for, some of it absent here and there. */
async function fill(store: TrackingStore): Promise<{ experiment: string; sweep: string; trials: string[] }> {
  const { experimentId } = await store.ensureExperiment("corazón 🫀");
  await store.ensureExperiment("empty");
  const sweep = await store.createRun({ experimentId, runName: "sweep", startTime: START, userId: "ana" });
  const rng = createRng(11);
  const trials: string[] = [];
  for (let i = 0; i < 60; i++) {
    const { runId } = await store.createRun({
      experimentId,
      runName: `trial ${i}`,
      startTime: START + Math.floor(i / 3) * 1000, // ties
      userId: i % 4 === 0 ? "bo" : "ana",
      tags: { "mlflow.parentRunId": sweep.runId },
    });
    const metrics = [
      point("f1", Math.round(rng.next() * 10) / 10),
      point("nan_sometimes", i % 3 === 1 ? Number.NaN : i % 5),
    ];
    if (i % 7 !== 0) metrics.push(point("val loss", rng.next() / 5));
    if (i % 20 === 1) metrics.push(point("up", Number.POSITIVE_INFINITY));
    if (i === 2) metrics.push(...Array.from({ length: 20 }, (_, step) => point("curve", 1 / (step + 1), step)));
    await store.write(runId, {
      metrics,
      params: {
        family: ["xgboost", "gbm", "Logistic"][i % 3]!,
        "max depth": String(i % 6),
        ...(i % 5 === 0 ? { rare: String(i) } : {}),
      },
      tags: i % 2 === 0 ? { note: ["plain", "it's", "el Ñandú", "el ñandú"][(i / 2) % 4]! } : {},
      inputs: i % 3 === 0 ? [] : [i % 3 === 1 ? DATASET : { ...DATASET, name: "heart", digest: `h${i}` }],
      ...(i % 8 === 0 ? {} : { status: i % 9 === 0 ? "FAILED" : "FINISHED", endTime: START + i * 1000 }),
    });
    trials.push(runId);
  }
  await store.writeArtifact(trials[0]!, "config.yaml", new TextEncoder().encode("seed: 1\n"));
  await store.writeArtifact(trials[0]!, "report ñ/classes.csv", new TextEncoder().encode("a,b\n1"));
  await store.write(sweep.runId, { status: "FINISHED", endTime: START + 70_000 });
  return { experiment: experimentId, sweep: sweep.runId, trials };
}

function point(key: string, value: number, step = 0): MetricPoint {
  return { key, value, step, timestamp: START + step };
}
