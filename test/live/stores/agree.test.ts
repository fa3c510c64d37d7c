import { join } from "node:path";
import { createClient, type MlflowClient } from "mlflow-js-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.ts";
import type { SearchRuns, TrackingStore } from "../../../src/core/store.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { openRemoteStore } from "../../../src/stores/remote/store.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";

/**
 * The same fifteen runs, a … o, in the embedded store and on the real server. Searches are sent to the server as they are, not
 * through our parser of filters, so that it is our reading of MLflow's language that is tested.
 */
let server: MlflowServer;
let client: MlflowClient;
let embedded: TrackingStore;
const experiments = { embedded: "", remote: "" };

beforeAll(async () => {
  server = await startMlflowServer();
  client = createClient({ baseUrl: server.url, retry: { attempts: 1 } });
  embedded = openEmbeddedStore({ folder: join(server.folder, "ours") });
  const remote = openRemoteStore({ uri: server.url, env: {} });
  experiments.embedded = await fill(embedded);
  experiments.remote = await fill(remote);
  remote.close();
});
afterAll(async () => {
  embedded.close();
  client.close();
  await server.stop();
});

const LOSSES = [
  0.3,
  0.1,
  Number.NaN,
  undefined,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0.1,
  0,
  -0,
  1e-300,
  5,
  0.3,
];
const FAMILIES = ["xgboost", "XGBoost", "logistic", "a%b", "a_b", "ß é 漢"];

async function fill(store: TrackingStore): Promise<string> {
  const { experimentId } = await store.ensureExperiment("agree");
  for (let i = 0; i < 15; i++) {
    const startTime = 1_700_000_000_000 + i * 1000;
    const userId = i % 2 === 1 ? "ana" : "Bob";
    const { runId } = await store.createRun({ experimentId, runName: String.fromCharCode(97 + i), startTime, userId });
    const loss = LOSSES[i];
    const metrics = [{ key: "val loss", value: i, step: 0, timestamp: 0 }];
    const input = { name: i % 2 === 1 ? "wdbc" : "heart", digest: `d${i}`, sourceType: "local", source: "s" };
    await store.write(runId, {
      metrics: loss === undefined ? [] : [...metrics, { key: "loss", value: loss, step: -1, timestamp: 1 }],
      params: { family: FAMILIES[i % 6]!, quote: `q"${i}`, ...(i % 3 === 0 ? {} : { depth: String(i) }) },
      tags: i % 4 === 0 ? {} : { note: ["Fine", "fine", ""][i % 3]!, "a.b": "1" },
      inputs:
        i % 5 === 0 ? [{ ...input, tags: { "mlflow.data.context": i % 2 === 1 ? "training" : "Validation" } }] : [],
      status: i % 2 === 1 ? "FINISHED" : i % 3 === 0 ? "KILLED" : "RUNNING",
      ...(i % 2 === 1 ? { endTime: startTime + 500 } : {}),
    });
  }
  return experimentId;
}

type Search = Pick<SearchRuns, "filter" | "orderBy" | "maxResults">;

async function ofServer(search: Search): Promise<string> {
  const page = await client.runs.searchPage({ experimentIds: [experiments.remote], ...search });
  return page.items.map((run) => run.info.runName).join("");
}

async function ours(search: Search): Promise<string> {
  const columns = { metrics: [], params: [], tags: [] };
  const page = await embedded.searchRuns({ experimentIds: [experiments.embedded], columns, ...search });
  return page.items.map((run) => run.info.runName).join("");
}

describe("the embedded store finds the runs that MLflow finds by", () => {
  test.each([
    ...["= 0", ">= 0", "< 0.2", "!= 0.1", "> 1e3", "= 1e-300", "> .1", "> 1.", ">0"].map((c) => `metrics.loss ${c}`),
    "metrics.`val loss` >= 3",
    'metrics."val loss" >= 3',
    ...["= 'xgboost'", "LIKE 'xgb%'", "ILIKE 'XGB%'", "LIKE 'a_b'", "ILIKE 'ß É%'", "LIKE '%漢'", "!= 'xgboost'"].map(
      (c) => `params.family ${c}`,
    ),
    "params.depth IS NULL",
    "params.depth is not null",
    "params.quote = 'q\"1'",
    'parameters.family = "xgboost"',
    "param.family = 'xgboost'",
    ...["= ''", "= 'Fine'", "IS NULL", "IS NOT NULL and metrics.loss > 0", "LIKE '%'"].map((c) => `tags.note ${c}`),
    "tags.`a.b` = '1'",
    "tags.a.b = '1'",
    "tag.mlflow.user = 'ana'",
    ...["= 'FINISHED'", "= 'finished'", "!= 'FINISHED'", "LIKE 'F%'"].map((c) => `attributes.status ${c}`),
    "attr.status = 'KILLED'",
    "run.status = 'KILLED'",
    "user_id ILIKE 'BOB'",
    "run_name != 'a'",
    "`run name` = 'a'",
    "start_time > 1700000003000",
    "created > 1700000003000",
    "end_time > 0",
    "artifact_uri LIKE '%artifacts'",
    "datasets.name IN ('heart','wdbc')",
    "datasets.name NOT IN ('heart')",
    "dataset.digest LIKE 'd%'",
    "datasets.context != 'training'",
    "datasets.context ILIKE 'VALID%'",
    "metrics.loss > 0 AND metrics.loss < 1 and params.depth = '1'",
    "params.family='xgboost'AND metrics.loss>0",
    "run_id NOT IN ('x')",
  ])("%s", async (filter) => {
    expect(await ours({ filter })).toBe(await ofServer({ filter }));
  });
});

describe("the embedded store orders runs as MLflow does by", () => {
  test.each([
    [["metrics.loss", "run_name"]],
    [["metrics.loss DESC", "run_name"]],
    [["metrics.`val loss` desc"]],
    [["params.family", "start_time"]],
    [["params.depth DESC", "created"]],
    [["tags.note", "run_name DESC"]],
    [["end_time", "run_name"]],
    [["end_time DESC", "run_name"]],
    [["status", "user_id", "start_time DESC"]],
    [["metrics.absent"]],
    [["METRICS.loss"]],
    [["tags.`mlflow.user`"]],
  ])("%j", async (orderBy) => {
    const outcomes = await Promise.allSettled([ours({ orderBy }), ofServer({ orderBy })]);
    expect(outcomes.map((o) => (o.status === "fulfilled" ? o.value : "refused"))).toEqual(
      outcomes[1].status === "fulfilled" ? Array(2).fill(outcomes[1].value) : ["refused", "refused"],
    );
  });
});

describe("both stores refuse", () => {
  test.each([
    ...[
      "= '0.1'",
      "> +1",
      "IS NULL",
      "LIKE '1'",
      "IN (1)",
      "BETWEEN 0 AND 1",
      "== 0.1",
      "<> 0.1",
      "> params.depth",
    ].map((c) => `metrics.loss ${c}`),
    "params.depth = 4",
    "params.depth IN ('1','2')",
    "params.family = xgboost",
    "Params.family = 'xgboost'",
    "status IN ('FINISHED')",
    "run_name IN ('a')",
    "start_time = '1700000003000'",
    "experiment_id = '1'",
    "lifecycle_stage = 'active'",
    "dataset.name IS NULL",
    "datasets.profile = 'x'",
    "metrics.loss > 0 OR metrics.loss < 0",
    "(metrics.loss > 0)",
    "NOT metrics.loss > 0",
    "tags.note NOT LIKE 'F%'",
    "metrix.loss > 1",
    "loss > 1",
    "metrics.loss > 0 limit 1",
  ])("the filter %s", async (filter) => {
    await expect(ours({ filter })).rejects.toThrow(UserError);
    await expect(ofServer({ filter })).rejects.toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
  });

  test.each([0, -1, 50_001])("a page of %i runs", async (maxResults) => {
    await expect(ours({ maxResults })).rejects.toThrow(UserError);
    await expect(ofServer({ maxResults })).rejects.toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
  });
});

/** What MLflow reads, guessing, where we say what is wrong: a typing error must not widen a search. */
test.each([
  "metrics.loss > 0 AND",
  "AND metrics.loss > 0",
  "metrics.loss > 0 AND AND metrics.loss < 1",
  "metrics. > 1",
  "tags.'note' = 'Fine'",
  "params.family = 'it''s'",
])("the embedded store is stricter than MLflow with %s", async (filter) => {
  await expect(ours({ filter })).rejects.toThrow(UserError);
  await expect(ofServer({ filter })).resolves.toBeTypeOf("string");
});
