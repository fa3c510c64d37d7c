import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type MlflowServer, startMlflowServer } from "../../../../test/support/mlflow-server.ts";
import { createClient, MlflowError, REQUEST_TAG } from "../../src/index.ts";
import { clientOf } from "../support/stand-in.ts";

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(() => server.stop());

const T = 1_700_000_000_000;
const client = () => clientOf(server.url);
const point = (key: string, value: number, step = 0) => ({ key, value, step, timestamp: T + step });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function freshRun() {
  const api = client();
  const experimentId = await api.experiments.create({ name: `live-${randomUUID()}` });
  const run = await api.runs.create({ experimentId, runName: "a", startTime: T, userId: "ana", tags: { note: "é" } });
  return { api, experimentId, runId: run.info.runId, run };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "mlflow-js-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("on the real server", () => {
  test("health, version and abilities", async () => {
    expect(await client().server.isHealthy()).toBe(true);
    expect(await client().server.version()).toMatch(/^3\./);
    expect(await client().server.info()).toMatchObject({ storeType: "SqlStore", multipartUploads: false });
    expect(await clientOf("http://127.0.0.1:1").server.isHealthy()).toBe(false);
  });

  test("experiments: create once, get, rename, tag, search, delete, restore", async () => {
    const api = client();
    const name = `déjà vu/${randomUUID()} & "co"`;
    const requestId = randomUUID();
    const id = await api.experiments.create({ name, tags: { team: "cardio" }, requestId });
    expect(await api.experiments.create({ name, requestId })).toBe(id);
    await expect(api.experiments.create({ name })).rejects.toMatchObject({ errorCode: "RESOURCE_ALREADY_EXISTS" });
    expect(await api.experiments.getByName(name)).toMatchObject({
      experimentId: id,
      name,
      lifecycleStage: "active",
      tags: { team: "cardio", [REQUEST_TAG]: requestId },
      artifactLocation: expect.stringMatching(/^mlflow-artifacts:/),
    });
    expect(await api.experiments.getByName(`no-${name}`)).toBeUndefined();
    await api.experiments.setTag(id, "team", "neuro");
    await api.experiments.setTag(id, "gone", "1");
    await api.experiments.deleteTag(id, "gone");
    await api.experiments.rename(id, `${name} 2`);
    const found = await all(api.experiments.search({ filter: "tags.team = 'neuro'", maxResults: 1 }));
    expect(found.map((e) => [e.experimentId, e.name])).toEqual([[id, `${name} 2`]]);
    await api.experiments.delete(id);
    expect(await all(api.experiments.search({ view: "DELETED_ONLY" }))).toMatchObject([{ experimentId: id }]);
    await api.experiments.restore(id);
    expect((await api.experiments.get(id)).lifecycleStage).toBe("active");
  });

  test("runs: everything that is logged is read back", async () => {
    const { api, runId, run, experimentId } = await freshRun();
    expect(run.info).toMatchObject({
      runName: "a",
      status: "RUNNING",
      startTime: T,
      endTime: undefined,
      userId: "ana",
    });
    await api.runs.logMetric(runId, point("nan", Number.NaN));
    await api.runs.logMetric(runId, { ...point("inf", Number.NEGATIVE_INFINITY), step: -3 });
    await api.runs.logParam(runId, "family", "xgboost 🧬");
    await api.runs.logParam(runId, "family", "xgboost 🧬");
    await expect(api.runs.logParam(runId, "family", "svm")).rejects.toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    await api.runs.setTag(runId, "x", "1");
    await api.runs.setTag(runId, "y", "1");
    await api.runs.deleteTag(runId, "y");
    const dataset = { name: "wdbc", digest: "d1", sourceType: "local", source: "{}", schema: "{}", profile: "{}" };
    const input = { dataset, tags: { "mlflow.data.context": "training" } };
    await api.runs.logInputs(runId, { datasets: [input] });
    await api.runs.logInputs(runId, { datasets: [input] });
    await api.runs.update(runId, { status: "FINISHED", endTime: T + 5, runName: "b" });
    const read = await api.runs.get(runId);
    expect(read.info).toMatchObject({ status: "FINISHED", endTime: T + 5, runName: "b" });
    expect(read.params).toEqual({ family: "xgboost 🧬" });
    expect(read.tags).toMatchObject({ x: "1", note: "é", "mlflow.runName": "b" });
    expect(read.tags).not.toHaveProperty("y");
    expect(read.inputs.datasets).toEqual([input]);
    expect(read.metrics.find((m) => m.key === "nan")!.value).toBeNaN();
    expect(read.metrics.find((m) => m.key === "inf")).toMatchObject({ value: Number.NEGATIVE_INFINITY, step: -3 });
    await api.runs.delete(runId);
    expect(await all(api.runs.search({ experimentIds: [experimentId], view: "DELETED_ONLY" }))).toHaveLength(1);
    await api.runs.restore(runId);
    expect(await all(api.runs.search({ experimentIds: [experimentId] }))).toHaveLength(1);
  });

  test("a batch of any size, twice the same, and its histories", async () => {
    const { api, runId } = await freshRun();
    const metrics = Array.from({ length: 2600 }, (_, i) => point(`m${i % 2}`, i, Math.floor(i / 2)));
    const params = Object.fromEntries(Array.from({ length: 230 }, (_, i) => [`p${i}`, "v".repeat(6000)]));
    const tags = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`t${i}`, "w"]));
    await api.runs.logBatch(runId, { metrics, params, tags });
    await api.runs.logBatch(runId, { metrics, params, tags });
    const read = await api.runs.get(runId);
    expect(Object.keys(read.params)).toHaveLength(230);
    expect(read.tags).toMatchObject(tags);
    const history = await all(api.metrics.history(runId, "m1", { maxResults: 500 }));
    expect(history).toHaveLength(1300);
    expect(new Set(history.map((m) => m.step)).size).toBe(1300);
    expect((await api.metrics.historyPage(runId, "m1", { maxResults: 10 })).items).toHaveLength(10);
    expect(await all(api.metrics.history(runId, "absent"))).toEqual([]);
    const bulk = await api.metrics.bulkHistory({ runIds: [runId], metricKey: "m0", maxResults: 10 });
    expect(bulk.length).toBeGreaterThan(5);
    expect(bulk[0]).toMatchObject({ runId, key: "m0" });
  });

  test("runs are made once, though the caller asks twice", async () => {
    const { api, experimentId } = await freshRun();
    const requestId = "sweep:1.2-x_y";
    const first = await api.runs.create({ experimentId, requestId });
    await api.runs.delete(first.info.runId); // found all the same
    expect((await api.runs.create({ experimentId, requestId })).info.runId).toBe(first.info.runId);
  });

  test("a search of several pages", async () => {
    const { api, experimentId } = await freshRun();
    for (const i of [1, 2, 3, 4]) {
      const { info } = await api.runs.create({ experimentId, runName: `r${i}`, startTime: T + i });
      await api.runs.logMetric(info.runId, point("f1", i / 10));
    }
    const search = {
      experimentIds: [experimentId],
      filter: "metrics.f1 > 0.1",
      orderBy: ["metrics.f1 DESC"],
      maxResults: 2,
    };
    expect((await all(api.runs.search(search))).map((r) => r.info.runName)).toEqual(["r4", "r3", "r2"]);
    const { items, nextPageToken } = await api.runs.searchPage(search);
    expect(items).toHaveLength(2);
    const rest = await api.runs.searchPage({ ...search, pageToken: nextPageToken });
    expect(rest.items.map((r) => r.info.runName)).toEqual(["r2"]);
    expect(rest.nextPageToken).toBeUndefined();
    await expect(api.runs.searchPage({ ...search, filter: "metrics.f1 >" })).rejects.toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
  });

  test("logged models, outputs and their files", async () => {
    const { api, experimentId, runId } = await freshRun();
    const requestId = randomUUID();
    const create = {
      experimentId,
      name: "tree",
      modelType: "xgboost",
      sourceRunId: runId,
      params: { depth: "3" },
      requestId,
    };
    const model = await api.loggedModels.create({ ...create, tags: { a: "1" } });
    expect((await api.loggedModels.create(create)).modelId).toBe(model.modelId);
    const { modelId } = model;
    expect(model).toMatchObject({
      status: "LOGGED_MODEL_PENDING",
      name: "tree",
      sourceRunId: runId,
      params: { depth: "3" },
    });
    await api.artifacts.upload({ modelId }, "MLmodel", Buffer.from("flavors: {}\n"));
    await api.artifacts.upload({ modelId }, "data/model.bin", new Uint8Array(10));
    expect(await all(api.artifacts.walk({ modelId }))).toMatchObject([
      { path: "MLmodel", size: 12 },
      { path: "data/model.bin", size: 10 },
    ]);
    expect(Buffer.from(await api.artifacts.read({ modelId }, "MLmodel")).toString()).toBe("flavors: {}\n");
    expect((await api.loggedModels.finalize(modelId)).status).toBe("LOGGED_MODEL_READY");
    await api.loggedModels.setTags(modelId, { a: "2", "b c": "x" });
    await api.loggedModels.deleteTag(modelId, "b c");
    await api.loggedModels.logParams(modelId, { eta: "0.1" });
    await api.runs.logOutputs(runId, [{ modelId, step: 0 }]);
    await api.runs.logOutputs(runId, [{ modelId, step: 0 }]);
    await api.runs.logInputs(runId, { modelIds: [modelId] });
    await api.runs.logBatch(runId, { metrics: [{ ...point("f1", 0.9), modelId }] });
    const read = await api.loggedModels.get(modelId);
    expect(read).toMatchObject({
      tags: { a: "2" },
      params: { depth: "3", eta: "0.1" },
      metrics: [{ key: "f1", value: 0.9, runId }],
    });
    expect(read.tags).not.toHaveProperty("b c");
    const run = await api.runs.get(runId);
    expect(run.outputs).toEqual([{ modelId, step: 0 }]);
    expect(run.inputs.modelIds).toEqual([modelId]);
    const search = {
      experimentIds: [experimentId],
      filter: "metrics.f1 > 0.5",
      orderBy: [{ field: "metrics.f1", ascending: false }],
    };
    expect((await all(api.loggedModels.search(search))).map((m) => m.modelId)).toEqual([modelId]);
    await api.loggedModels.delete(modelId);
    expect(await all(api.loggedModels.search({ experimentIds: [experimentId] }))).toEqual([]);
  });

  test("registered models, versions, stages, aliases and tags", async () => {
    const { api, runId } = await freshRun();
    await api.artifacts.upload({ runId }, "model/MLmodel", Buffer.from("x"));
    const name = `orphan's "model" ${randomUUID()}`;
    const requestId = randomUUID();
    const made = await api.registeredModels.create({ name, description: "first", tags: { a: "1" }, requestId });
    expect(await api.registeredModels.create({ name, requestId })).toMatchObject({ name });
    await expect(api.registeredModels.create({ name })).rejects.toMatchObject({ errorCode: "RESOURCE_ALREADY_EXISTS" });
    expect(made).toMatchObject({ name, description: "first" });
    expect(await api.registeredModels.get(`no ${name}`)).toBeUndefined();
    const create = { name, source: `runs:/${runId}/model`, runId, tags: { hash: "h1" } };
    const [first, same, second] = [
      await api.modelVersions.create({ ...create, requestId }),
      await api.modelVersions.create({ ...create, requestId }),
      await api.modelVersions.create(create),
    ];
    expect([first, same, second].map((v) => v.version)).toEqual(["1", "1", "2"]);
    expect(first).toMatchObject({ stage: "None", runId, status: "READY" });
    await api.modelVersions.transitionStage(name, "1", "Production");
    await api.modelVersions.transitionStage(name, "2", "Production", { archiveExisting: true });
    expect((await api.modelVersions.get(name, "1"))!.stage).toBe("Archived");
    expect((await api.registeredModels.latestVersions(name, ["Production"])).map((v) => v.version)).toEqual(["2"]);
    await api.registeredModels.setAlias(name, "champion", "1");
    await api.registeredModels.setAlias(name, "champion", "2");
    await api.registeredModels.setAlias(name, "champion", "2");
    expect(await api.registeredModels.getByAlias(name, "champion")).toMatchObject({
      version: "2",
      aliases: ["champion"],
    });
    expect((await api.registeredModels.get(name))!.aliases).toEqual({ champion: "2" });
    await api.registeredModels.deleteAlias(name, "champion");
    expect(await api.registeredModels.getByAlias(name, "champion")).toBeUndefined();
    await api.registeredModels.setTag(name, "a", "2");
    await api.registeredModels.deleteTag(name, "a");
    await api.registeredModels.update(name, { description: "second" });
    await api.modelVersions.setTag(name, "1", "t", "1");
    await api.modelVersions.deleteTag(name, "1", "t");
    await api.modelVersions.update(name, "1", { description: "v1" });
    expect((await api.modelVersions.get(name, "1"))!.description).toBe("v1");
    expect(await api.modelVersions.get(name, "9")).toBeUndefined();
    expect(await api.modelVersions.downloadUri(name, "1")).toContain(runId);
    const found = await all(
      api.modelVersions.search({ filter: `run_id = '${runId}'`, orderBy: ["version_number DESC"], maxResults: 1 }),
    );
    expect(found.map((v) => v.version)).toEqual(["2", "1"]);
    const renamed = await api.registeredModels.rename(name, `${name} 2`);
    expect(renamed.name).toBe(`${name} 2`);
    expect(await all(api.registeredModels.search({ filter: `name LIKE '%${requestId.slice(0, 1)}%'` }))).toBeInstanceOf(
      Array,
    );
    await api.modelVersions.delete(renamed.name, "1");
    await api.registeredModels.delete(renamed.name);
    expect(await api.registeredModels.get(renamed.name)).toBeUndefined();
  });
});

describe("artifacts on the real server", () => {
  test("any bytes and any honest name, there and back", async () => {
    const { api, runId } = await freshRun();
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const names = [
      "a b.txt",
      "année/ß 漢字 🧬.bin",
      "plus+and&=;,'().bin",
      "50%.txt",
      "deep/er/and/deeper.bin",
      "empty",
    ];
    for (const name of names) await api.artifacts.upload({ runId }, name, name === "empty" ? new Uint8Array(0) : bytes);
    expect((await all(api.artifacts.walk({ runId }))).map((f) => f.path).sort()).toEqual([...names].sort());
    for (const name of names) {
      const read = await api.artifacts.read({ runId }, name);
      expect([...read], name).toEqual(name === "empty" ? [] : [...bytes]);
    }
    expect(await all(api.artifacts.list({ runId }, "deep"))).toEqual([
      { path: "deep/er", isDirectory: true, size: undefined },
    ]);
    expect(await all(api.artifacts.list({ runId }, "absent"))).toEqual([]);
    await expect(api.artifacts.read({ runId }, "absent")).rejects.toBeInstanceOf(MlflowError);
    await api.artifacts.delete({ runId }, "deep");
    expect(await all(api.artifacts.list({ runId }, "deep"))).toEqual([]);
  });

  test("folders, and a download that goes on where it was cut", async () => {
    const { api, runId, run } = await freshRun();
    const folder = temporaryFolder();
    const file = join(folder, "big.bin");
    writeFileSync(file, Buffer.alloc(3_000_000, "0123456789"));
    const sent: number[] = [];
    await api.artifacts.upload({ runId }, "model/big.bin", file, { onProgress: (moved) => sent.push(moved) });
    expect(sent.at(-1)).toBe(3_000_000);
    await api.artifacts.uploadFolder({ runId }, folder, "copy");
    const target = join(folder, "got.bin");
    await api.artifacts.download({ runId }, "model/big.bin", target);
    expect(readFileSync(target).equals(readFileSync(file))).toBe(true);

    // cut: keep a third of it, with the version that the server gave
    const place = run.info.artifactUri.replace(/^mlflow-artifacts:\/*/, "");
    const head = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${place}/model/big.bin`);
    await head.body?.cancel();
    writeFileSync(join(folder, "again.bin.part"), readFileSync(file));
    truncateSync(join(folder, "again.bin.part"), 1_000_000);
    writeFileSync(join(folder, "again.bin.part.version"), head.headers.get("etag")!);
    const got: number[] = [];
    await api.artifacts.download({ runId }, "model/big.bin", join(folder, "again.bin"), {
      onProgress: (n) => got.push(n),
    });
    expect(got[0]).toBeGreaterThan(1_000_000);
    expect(readFileSync(join(folder, "again.bin")).equals(readFileSync(file))).toBe(true);

    await api.artifacts.downloadFolder({ runId }, "model", join(folder, "out"));
    expect(readFileSync(join(folder, "out", "big.bin")).length).toBe(3_000_000);
  });

  test("of an experiment that keeps its files in a folder of the server's", async () => {
    const api = client();
    const experimentId = await api.experiments.create({ name: randomUUID(), artifactLocation: temporaryFolder() });
    const { info } = await api.runs.create({ experimentId });
    await api.artifacts.upload({ runId: info.runId }, "a/b.txt", Buffer.from("hello"));
    expect(await all(api.artifacts.list({ runId: info.runId }, "a"))).toEqual([
      { path: "a/b.txt", isDirectory: false, size: 5 },
    ]);
    expect(Buffer.from(await api.artifacts.read({ runId: info.runId }, "a/b.txt")).toString()).toBe("hello");
  });
});

test("a client without keep-alive trouble after an idle time works on", async () => {
  const api = createClient({ baseUrl: server.url, retry: { attempts: 1 } });
  onTestFinished(() => api.close());
  for (let i = 0; i < 50; i++) await api.server.version();
});
