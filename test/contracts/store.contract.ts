import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { DatasetInput, MetricPoint, RunBatch, RunInfo, SearchRuns, TrackingStore } from "../../src/core/store.ts";

const START = 1_700_000_000_000;
const NO_COLUMNS = { metrics: [], params: [], tags: [] } as const;

/**
 * What every tracking store promises. `makeStore` gives a store that may hold other experiments: every test works in one
 * of its own.
 */
export function describeStore(name: string, makeStore: () => Promise<TrackingStore>): void {
  async function open(): Promise<{ store: TrackingStore; experimentId: string }> {
    const store = await makeStore();
    onTestFinished(() => store.close());
    return { store, experimentId: (await store.ensureExperiment(`contract-${randomUUID()}`)).experimentId };
  }

  async function openWithRun(batch: RunBatch = {}): Promise<{ store: TrackingStore; run: RunInfo }> {
    const { store, experimentId } = await open();
    const run = await store.createRun({ experimentId, runName: "trial", startTime: START });
    await store.write(run.runId, batch);
    return { store, run };
  }

  /** Five runs a … e, started one second apart; e has no loss, d's is NaN. */
  async function openWithFive() {
    const { store, experimentId } = await open();
    const losses = [0.3, 0.1, 0.2, Number.NaN, undefined];
    for (const [i, runName] of ["a", "b", "c", "d", "e"].entries()) {
      const { runId } = await store.createRun({ experimentId, runName, startTime: START + i * 1000 });
      await store.write(runId, {
        metrics: losses[i] === undefined ? [] : [point("loss", losses[i])],
        params: { family: i % 2 === 0 ? "xgboost" : "logistic", "max depth": String(i) },
        tags: i < 2 ? { note: "Fine" } : {},
        inputs: i === 2 ? [dataset("wdbc", "training")] : [],
        status: i === 4 ? "FAILED" : "FINISHED",
        endTime: START + i * 1000 + 500,
      });
    }
    return async (search: Partial<SearchRuns>): Promise<{ names: string; next: string | undefined }> => {
      const page = await store.searchRuns({ experimentIds: [experimentId], columns: NO_COLUMNS, ...search });
      return { names: page.items.map((r) => r.info.runName).join(""), next: page.nextPageToken };
    };
  }

  describe(`${name} is a tracking store that`, () => {
    test("makes an experiment once and finds it by name", async () => {
      const store = await makeStore();
      onTestFinished(() => store.close());
      const experimentName = `déjà vu ${randomUUID()}`;
      expect(await store.getExperimentByName(experimentName)).toBeUndefined();
      const made = await store.ensureExperiment(experimentName);
      expect(made).toMatchObject({ name: experimentName, lifecycleStage: "active" });
      expect(await store.ensureExperiment(experimentName)).toEqual(made);
      expect(await store.getExperimentByName(experimentName)).toEqual(made);
      expect(await store.listExperiments()).toContainEqual(made);
      expect(await store.listExperiments("deleted")).not.toContainEqual(made);
    });

    test("begins a run as running, named and owned", async () => {
      const { store, experimentId } = await open();
      const info = await store.createRun({
        experimentId,
        runName: "first",
        startTime: START,
        userId: "ana",
        tags: { "mlflow.parentRunId": "0".repeat(32) },
      });
      expect(info).toMatchObject({
        runName: "first",
        status: "RUNNING",
        startTime: START,
        endTime: null,
        userId: "ana",
      });
      expect(info.runId).toMatch(/^[0-9a-f]{32}$/);
      expect((await store.getRun(info.runId)).tags).toMatchObject({
        "mlflow.runName": "first",
        "mlflow.user": "ana",
        "mlflow.parentRunId": "0".repeat(32),
      });
    });

    test("reads back what a flush wrote", async () => {
      const inputs = [dataset("wdbc", "training")];
      const metrics = [point("loss", 0.5), point("odd/metric: name-1", -1e-300), point("nothing", Number.NaN)];
      const { store, run } = await openWithRun({
        metrics: [...metrics, point("up", Number.POSITIVE_INFINITY), point("down", Number.NEGATIVE_INFINITY)],
        params: { family: "xgboost", Größe: "ñ 漢字 🧬" },
        tags: { note: "two\nlines" },
        inputs,
        status: "FINISHED",
        endTime: START + 5,
      });
      expect(await store.getRun(run.runId)).toEqual({
        info: { ...run, status: "FINISHED", endTime: START + 5 },
        metrics: {
          loss: 0.5,
          "odd/metric: name-1": -1e-300,
          nothing: Number.NaN,
          up: Number.POSITIVE_INFINITY,
          down: Number.NEGATIVE_INFINITY,
        },
        params: { family: "xgboost", Größe: "ñ 漢字 🧬" },
        tags: expect.objectContaining({ note: "two\nlines", "mlflow.runName": "trial" }),
        inputs,
      });
    });

    test("keeps a metric's history, and as its latest value the one of the greatest step, time and value", async () => {
      const { store, run } = await openWithRun({
        metrics: [point("loss", 3, 1), point("loss", 1, 7), point("loss", 2, 2)],
      });
      await store.write(run.runId, { metrics: [point("loss", 9, 6), point("loss", 1, 7)] }); // one late, one twice
      expect((await store.getRun(run.runId)).metrics).toEqual({ loss: 1 });
      const history = await store.metricHistory(run.runId, "loss");
      expect(history.map((p) => p.step).sort()).toEqual([1, 2, 6, 7]);
      await store.write(run.runId, { metrics: [point("loss", 4, 7), point("loss", Number.NaN, 8, START - 1)] });
      expect((await store.getRun(run.runId)).metrics).toEqual({ loss: Number.NaN });
      expect(await store.metricHistory(run.runId, "other")).toEqual([]);
    });

    test("takes a param again only with the same value, and nothing of a refused flush", async () => {
      const { store, run } = await openWithRun({ params: { depth: "3" } });
      await store.write(run.runId, { params: { depth: "3", eta: "0.1" } });
      const change = store.write(run.runId, { params: { more: "1", depth: "5" }, metrics: [point("loss", 1)] });
      await expect(change).rejects.toThrow(UserError);
      await expect(change).rejects.toThrow(new RegExp(`${run.runId}.*depth.*3.*5`));
      expect(await store.getRun(run.runId)).toMatchObject({ params: { depth: "3", eta: "0.1" }, metrics: {} });
    });

    test("takes a flush of any size", async () => {
      const params = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`p${i}`, "x".repeat(5000)]));
      const { store, run } = await openWithRun({
        metrics: Array.from({ length: 2500 }, (_, i) => point(`m${i % 50}`, i, Math.floor(i / 50))),
        params,
      });
      const read = await store.getRun(run.runId);
      expect(read.params).toEqual(params);
      expect(read.metrics.m7).toBe(2457);
      expect(await store.metricHistory(run.runId, "m7")).toHaveLength(50);
    });

    test.each([
      ["a metric name with a sign that MLflow refuses", { metrics: [{ ...point("x", 1), key: "f1 (macro)" }] }],
      ["a name that leads elsewhere as a path", { params: { "../x": "1" } }],
      ["an empty name", { tags: { "": "1" } }],
      ["a name that is too long", { tags: { ["k".repeat(251)]: "1" } }],
      ["a param that is too long", { params: { a: "v".repeat(6001) } }],
      ["a tag that is too long", { tags: { a: "v".repeat(8001) } }],
      ["a dataset's digest that is too long", { inputs: [{ ...dataset("a", "b"), digest: "d".repeat(37) }] }],
    ] satisfies [string, RunBatch][])("refuses %s, and keeps nothing of that flush", async (_, batch) => {
      const { store, run } = await openWithRun();
      await expect(store.write(run.runId, { ...batch, status: "FINISHED" })).rejects.toThrow(UserError);
      expect(await store.getRun(run.runId)).toMatchObject({ info: { status: "RUNNING" }, params: {}, metrics: {} });
    });

    test("changes, renames and deletes tags", async () => {
      const { store, run } = await openWithRun({ tags: { a: "1", b: "1" } });
      await store.write(run.runId, { tags: { a: "2", "mlflow.runName": "renamed" } });
      await store.deleteTag(run.runId, "b");
      const { info, tags } = await store.getRun(run.runId);
      expect(info.runName).toBe("renamed");
      expect(tags).toMatchObject({ a: "2", "mlflow.runName": "renamed" });
      expect(tags).not.toHaveProperty("b");
    });

    test("keeps a dataset once, however many runs used it", async () => {
      const { store, run } = await openWithRun({ inputs: [dataset("wdbc", "training"), dataset("wdbc", "training")] });
      await store.write(run.runId, { inputs: [dataset("wdbc", "training")] });
      const other = await store.createRun({ experimentId: run.experimentId, runName: "b", startTime: START });
      await store.write(other.runId, { inputs: [dataset("wdbc", "validation"), dataset("heart", "training")] });
      expect((await store.getRun(run.runId)).inputs).toEqual([dataset("wdbc", "training")]);
      expect((await store.getRun(other.runId)).inputs).toEqual([
        dataset("wdbc", "validation"),
        dataset("heart", "training"),
      ]);
    });

    test("deletes and restores runs; a deleted one takes no writes", async () => {
      const { store, run } = await openWithRun();
      const found = async (view: SearchRuns["view"]) =>
        (await store.searchRuns({ experimentIds: [run.experimentId], view, columns: NO_COLUMNS })).items.length;
      await store.deleteRun(run.runId);
      expect([await found("active"), await found("deleted"), await found("all")]).toEqual([0, 1, 1]);
      await expect(store.write(run.runId, { tags: { a: "1" } })).rejects.toThrow(UserError);
      await store.restoreRun(run.runId);
      await store.write(run.runId, { tags: { a: "1" } });
      expect([await found("active"), await found("deleted")]).toEqual([1, 0]);
    });

    test("takes no files, no status and not even nothing for a deleted run, which can still be read", async () => {
      const { store, run } = await openWithRun();
      await store.writeArtifact(run.runId, "a.txt", new Uint8Array(1));
      await store.deleteRun(run.runId);
      await store.deleteRun(run.runId);
      await expect(store.write(run.runId, {})).rejects.toThrow(UserError);
      await expect(store.write(run.runId, { status: "FINISHED" })).rejects.toThrow(UserError);
      await expect(store.writeArtifact(run.runId, "b.txt", new Uint8Array(1))).rejects.toThrow(UserError);
      expect((await store.getRun(run.runId)).info.lifecycleStage).toBe("deleted");
      expect(await store.listArtifacts(run.runId)).toHaveLength(1);
    });

    test("keeps names and numbers that are seldom as they are", async () => {
      const params = JSON.parse('{"__proto__": "1", "constructor": "2", "A": "3", "a": "", "b": " "}') as Record<
        string,
        string
      >;
      const metrics = [
        point("small", 5e-324),
        point("long", 123456789.12345679),
        point("far", 1, Number.MAX_SAFE_INTEGER, 0),
      ];
      const { store, run } = await openWithRun({ params, metrics: [...metrics, point("before", 1, -7)] });
      const read = await store.getRun(run.runId);
      expect(Object.entries(read.params).sort()).toEqual(Object.entries(params).sort());
      expect(read.metrics).toEqual({ small: 5e-324, long: 123456789.12345679, far: 1, before: 1 });
      expect(await store.metricHistory(run.runId, "before")).toEqual([point("before", 1, -7)]);
      expect((await store.metricHistory(run.runId, "far"))[0]!.step).toBe(Number.MAX_SAFE_INTEGER);
    });

    test("takes of equal steps and times the greatest value, and any number after NaN", async () => {
      const { store, run } = await openWithRun({ metrics: [point("a", 1, 5), point("a", 3, 5), point("a", 2, 5)] });
      await store.write(run.runId, { metrics: [point("b", Number.NaN, 5)] });
      await store.write(run.runId, { metrics: [point("b", 1, 5)] });
      expect((await store.getRun(run.runId)).metrics).toEqual({ a: 3, b: 1 });
    });

    test("says that there is no such run", async () => {
      const { store } = await open();
      const id = "f".repeat(32);
      await expect(store.getRun(id)).rejects.toThrow(/f{32}/);
      await expect(store.write(id, { tags: { a: "1" } })).rejects.toThrow(UserError);
      await expect(store.write(id, {})).rejects.toThrow(UserError);
      await expect(store.writeArtifact(id, "a", new Uint8Array(1))).rejects.toThrow(UserError);
      await expect(store.deleteRun(id)).rejects.toThrow(UserError);
      await expect(store.listArtifacts(id)).rejects.toThrow(UserError);
    });

    test.each([
      ["metrics.loss <= 0.2", "cb"],
      ["metrics.loss > -1 AND params.family = 'xgboost'", "ca"],
      ["metrics.loss != 0.1", "dca"],
      ['params.`max depth` != "3" and params."max depth" LIKE \'%\'', "ecba"],
      ["tags.note = 'fine'", ""],
      ["tags.note ILIKE 'FI%'", "ba"],
      ["attributes.status = 'FAILED'", "e"],
      [`start_time >= ${START + 3000}`, "ed"],
      ["run_name LIKE 'a'", "a"],
      ["datasets.name = 'wdbc' and dataset.context = 'training'", "c"],
      ["tags.note IS NULL and run_name != 'c'", "ed"],
      ["params.absent IS NOT NULL", ""],
      ["metrics.loss > -1", "cba"],
      ["dataset.name NOT IN ('heart')", "c"],
      [" ", "edcba"],
    ])("finds runs by %s", async (filter, found) => {
      const search = await openWithFive();
      expect((await search({ filter })).names).toBe(found);
    });

    test.each([
      [[], "edcba"],
      [["metrics.loss"], "bcade"],
      [["metrics.loss DESC"], "acbde"],
      [["params.family ASC", "attributes.start_time"], "bdace"],
      [["tags.note", "metrics.loss desc"], "abcde"],
      [["status DESC", "run_name"], "abcde"],
    ])("orders runs by %j: NaN and absent values last, ties newest first", async (orderBy, found) => {
      const search = await openWithFive();
      expect((await search({ orderBy })).names).toBe(found);
    });

    test("gives pages that hold every run once", async () => {
      const search = await openWithFive();
      const orderBy = ["metrics.loss"];
      const first = await search({ orderBy, maxResults: 2 });
      const second = await search({ orderBy, maxResults: 2, pageToken: first.next! });
      const third = await search({ orderBy, maxResults: 2, pageToken: second.next! });
      expect([first.names, second.names, third.names]).toEqual(["bc", "ad", "e"]);
      expect(third.next).toBeUndefined();
      expect((await search({ orderBy, maxResults: 5 })).next).toBeUndefined();
    });

    test.each([
      ["a page token that is none", { pageToken: "garbage" }],
      ["a page of no runs", { maxResults: 0 }],
      ["a page of too many", { maxResults: 50_001 }],
      ["an order by what runs do not have", { orderBy: ["loss"] }],
      ["an order that names a key twice", { orderBy: ["metrics.loss", "metrics.loss DESC"] }],
    ] satisfies [string, Partial<SearchRuns>][])("refuses %s", async (_, search) => {
      const { store, experimentId } = await open();
      await expect(store.searchRuns({ experimentIds: [experimentId], columns: NO_COLUMNS, ...search })).rejects.toThrow(
        UserError,
      );
    });

    test("finds nothing in no experiment", async () => {
      const store = await makeStore();
      onTestFinished(() => store.close());
      expect((await store.searchRuns({ experimentIds: [], columns: NO_COLUMNS })).items).toEqual([]);
    });

    test("reads the asked columns and no others", async () => {
      const { store, run } = await openWithRun({
        metrics: [point("loss", 1), point("f1", 2)],
        params: { a: "1", b: "2" },
        tags: { x: "1", y: "2" },
      });
      const columns = { metrics: ["f1", "none"], params: "all", tags: ["x"] } as const;
      const [read] = (await store.searchRuns({ experimentIds: [run.experimentId], columns })).items;
      expect(read).toMatchObject({ metrics: { f1: 2 }, params: { a: "1", b: "2" }, tags: { x: "1" } });
      expect([read!.metrics, read!.tags].map((o) => Object.keys(o).length)).toEqual([1, 1]);
    });

    test.each(["metrics.loss >", "metrics.a = 1 OR metrics.b = 1", "metrix.loss > 1", "params.a = 5", "loss > 1"])(
      "says what is wrong with the filter %s",
      async (filter) => {
        const { store, experimentId } = await open();
        const search = store.searchRuns({ experimentIds: [experimentId], filter, columns: NO_COLUMNS });
        await expect(search).rejects.toMatchObject({ name: "UserError", where: expect.stringContaining("character") });
      },
    );

    test("keeps artifacts in folders", async () => {
      const { store, run } = await openWithRun();
      const bytes = Uint8Array.from([0, 255, 10, 13]);
      await store.writeArtifact(run.runId, "report/año 1/matrix.bin", bytes);
      await store.writeArtifact(run.runId, "config.yaml", new TextEncoder().encode("seed: 1\n"));
      await store.writeArtifact(run.runId, "config.yaml", new TextEncoder().encode("seed: 2\n"));
      expect(await store.listArtifacts(run.runId)).toEqual([
        { path: "config.yaml", isDirectory: false, size: 8 },
        { path: "report", isDirectory: true, size: null },
      ]);
      expect(await store.listArtifacts(run.runId, "report/año 1")).toEqual([
        { path: "report/año 1/matrix.bin", isDirectory: false, size: 4 },
      ]);
      expect([...(await store.readArtifact(run.runId, "report/año 1/matrix.bin"))]).toEqual([...bytes]);
      expect(new TextDecoder().decode(await store.readArtifact(run.runId, "config.yaml"))).toBe("seed: 2\n");
      await expect(store.readArtifact(run.runId, "absent.txt")).rejects.toThrow(UserError);
    });

    test.each(["../x", "a/../../x", "/etc/hostname", "a/\0", "", "a//b", "./a", "a/.."])(
      "refuses the artifact path %j",
      async (path) => {
        const { store, run } = await openWithRun();
        await expect(store.writeArtifact(run.runId, path, new Uint8Array(1))).rejects.toThrow(UserError);
        await expect(store.readArtifact(run.runId, path)).rejects.toThrow(UserError);
        expect(await store.listArtifacts(run.runId)).toEqual([]);
      },
    );
  });
}

function point(key: string, value: number, step = 0, timestamp = START + step): MetricPoint {
  return { key, value, step, timestamp };
}

function dataset(name: string, context: string): DatasetInput {
  return {
    name,
    digest: `${name}-1`,
    sourceType: "local",
    source: '{"uri":"data/x.csv"}',
    schema: "{}",
    profile: '{"rows":3}',
    tags: { "mlflow.data.context": context },
  };
}
