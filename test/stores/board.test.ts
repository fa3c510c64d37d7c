import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { BoardFeed, WritableRunTable } from "../../src/core/board/board.ts";
import { createRunTable, numberAt, textAt } from "../../src/core/board/run-table.ts";
import type { TrackingStore } from "../../src/core/store.ts";
import { openEmbeddedBoard } from "../../src/stores/embedded/board.ts";
import { connect } from "../../src/stores/embedded/connection.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { temporaryFolder } from "./support.ts";

interface Scene {
  readonly folder: string;
  readonly store: TrackingStore;
  readonly feed: BoardFeed;
  readonly table: WritableRunTable;
  /** Moves the clock on. */
  wait(ms: number): void;
}

async function scene(options: { readonly experiments?: readonly string[] } = {}): Promise<Scene> {
  const folder = join(temporaryFolder(), "mlruns");
  const store = openEmbeddedStore({ folder });
  let now = 0;
  const feed = openEmbeddedBoard({ folder, clock: { now: () => now }, ...options });
  onTestFinished(() => {
    feed.close();
    store.close();
  });
  const wait = (ms: number): void => {
    now += ms;
  };
  return { folder, store, feed, table: createRunTable(), wait };
}

const load = ({ feed, table }: Scene): Promise<void> => feed.load(table, new AbortController().signal);

async function trial(store: TrackingStore, name: string, f1: number, experiment = "derma"): Promise<string> {
  const { experimentId } = await store.ensureExperiment(experiment);
  const { runId } = await store.createRun({ experimentId, runName: name, startTime: 1000 });
  await store.write(runId, {
    metrics: [{ key: "val_f1_macro", value: f1, timestamp: 1, step: 0 }],
    params: { family: "gbm" },
    tags: { "disease.seed": "1", "mlflow.log-model.history": "[]" },
    status: "FINISHED",
    endTime: 3500,
  });
  return runId;
}

/** Name, status, lifecycle and metric of each row. */
const seen = ({ table }: Scene): unknown[] =>
  Array.from({ length: table.rows }, (_, row) => [
    ...["run_name", "status", "lifecycle"].map((key) => textAt(table, `attributes.${key}`, row)),
    numberAt(table, "metrics.val_f1_macro", row),
  ]);

test("it shows what is in the store, in MLflow's words", async () => {
  const at = await scene();
  const runId = await trial(at.store, "one", Number.NaN);
  await trial(at.store, "two", Number.POSITIVE_INFINITY, "other");
  const progress: number[] = [];
  await at.feed.load(at.table, new AbortController().signal, (loaded, total) => progress.push(loaded / total!));
  const { table } = at;
  expect([table.rows, table.runId(0), at.feed.status]).toEqual([2, runId, { state: "live" }]);
  expect([table.columnIds.toSorted(), progress.at(-1)]).toEqual([
    [
      ...["duration", "end_time", "experiment", "lifecycle", "run_name", "start_time", "status", "user_id"].map(
        (key) => `attributes.${key}`,
      ),
      ...["metrics.val_f1_macro", "params.family", "tags.disease.seed", "tags.mlflow.runName", "tags.mlflow.user"],
    ],
    1,
  ]);
  expect(["start_time", "end_time", "duration"].map((key) => numberAt(table, `attributes.${key}`, 0))).toEqual([
    1000, 3500, 2.5,
  ]);
  expect(textAt(table, "attributes.experiment", 1)).toBe("other");
  expect([...(table.column("metrics.val_f1_macro") as { nans: ReadonlySet<number> }).nans]).toEqual([0]);
  expect(numberAt(table, "metrics.val_f1_macro", 1)).toBe(Number.POSITIVE_INFINITY);
});

test("it shows the asked experiments alone, also one that is begun later", async () => {
  const at = await scene({ experiments: ["derma", "later"] });
  await trial(at.store, "mine", 0.5);
  await trial(at.store, "other's", 0.6, "other");
  await load(at);
  expect(seen(at)).toEqual([["mine", "FINISHED", "active", 0.5]]);
  await trial(at.store, "new", 0.7, "later");
  await trial(at.store, "other's too", 0.8, "other");
  expect(await at.feed.refresh(at.table)).toEqual({ added: 1, changed: 0 });
  expect(seen(at)).toHaveLength(2);
});

test("a run that goes on is followed: its metrics, its params, its end", async () => {
  const at = await scene();
  const { experimentId } = await at.store.ensureExperiment("derma");
  await load(at);
  const { runId } = await at.store.createRun({ experimentId, runName: "r", startTime: 1 });
  expect(await at.feed.refresh(at.table)).toEqual({ added: 1, changed: 0 });
  for (const [step, value] of [0.1, 0.2].entries()) {
    await at.store.write(runId, { metrics: [{ key: "val_f1_macro", value, timestamp: step, step }] });
    expect(await at.feed.refresh(at.table)).toEqual({ added: 0, changed: 1 });
    expect(seen(at)).toEqual([["r", "RUNNING", "active", value]]);
  }
  expect(await at.feed.refresh(at.table)).toEqual({ added: 0, changed: 0 });
  await at.store.write(runId, { status: "FINISHED", endTime: 5 });
  await at.feed.refresh(at.table);
  expect(seen(at)).toEqual([["r", "FINISHED", "active", 0.2]]);
});

test("what leaves no trace is found within seconds: deleted and restored runs; within some looks, changed tags", async () => {
  const at = await scene();
  const runId = await trial(at.store, "one", 0.5);
  await load(at);
  await at.store.deleteRun(runId);
  await at.feed.refresh(at.table);
  at.wait(5000);
  await at.feed.refresh(at.table);
  expect(seen(at)).toEqual([["one", "FINISHED", "deleted", 0.5]]);
  await at.store.restoreRun(runId);
  await at.store.write(runId, { tags: { "disease.seed": "2" } });
  await at.store.deleteTag(runId, "mlflow.user");
  at.wait(5000);
  await at.feed.refresh(at.table);
  expect(seen(at)).toEqual([["one", "FINISHED", "active", 0.5]]);
  expect([textAt(at.table, "tags.disease.seed", 0), textAt(at.table, "tags.mlflow.user", 0)]).toEqual(["2", undefined]);
});

test("what the board itself has written is read at once", async () => {
  const at = await scene();
  const runId = await trial(at.store, "one", 0.5);
  await load(at);
  await at.store.write(runId, { tags: { "disease.seed": "9" } });
  await at.feed.refresh(at.table, [runId]);
  expect(textAt(at.table, "tags.disease.seed", 0)).toBe("9");
});

test("runs that are wiped out of the store are purged, and new ones in their place are found", async () => {
  const at = await scene();
  await trial(at.store, "stays", 0.5);
  const gone = await trial(at.store, "gone", 0.6);
  await load(at);
  const file = join(at.folder, "mlflow.db");
  const gc = connect(file, file, 1000, false);
  for (const name of ["metrics", "latest_metrics", "params", "tags", "runs"]) {
    gc.run(`DELETE FROM ${name} WHERE run_uuid = ?`, gone); // as `mlflow gc` does
  }
  gc.close();
  await trial(at.store, "new", 0.7);
  await at.feed.refresh(at.table);
  at.wait(5000);
  await at.feed.refresh(at.table);
  expect(seen(at)).toEqual([
    ["stays", "FINISHED", "active", 0.5],
    ["gone", "FINISHED", "purged", 0.6],
    ["new", "FINISHED", "active", 0.7],
  ]);
});

test("a store that is made later is met then", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  const feed = openEmbeddedBoard({ folder });
  const table = createRunTable();
  await feed.load(table, new AbortController().signal);
  expect(feed.status).toEqual({ state: "absent" });
  expect(await feed.refresh(table)).toEqual({ added: 0, changed: 0 });
  const store = openEmbeddedStore({ folder });
  onTestFinished(() => {
    feed.close();
    store.close();
  });
  await trial(store, "first", 0.5);
  expect(await feed.refresh(table)).toEqual({ added: 1, changed: 0 });
  expect(feed.status).toEqual({ state: "live" });
});

test("a store that is moved away leaves what was read; another in its place is read anew, runs keeping their rows", async () => {
  const at = await scene();
  const runId = await trial(at.store, "one", 0.5);
  await trial(at.store, "two", 0.6);
  await load(at);
  renameSync(at.folder, `${at.folder}-old`);
  await at.feed.refresh(at.table);
  expect([at.feed.status, seen(at).length]).toEqual([{ state: "absent" }, 2]);
  mkdirSync(at.folder);
  const other = openEmbeddedStore({ folder: at.folder });
  onTestFinished(() => other.close());
  await trial(other, "three", 0.7);
  await at.feed.refresh(at.table);
  expect(at.feed.status).toEqual({ state: "live" });
  expect(at.table.rowOf(runId)).toBe(0);
  expect(seen(at)).toEqual([
    ["one", "FINISHED", "purged", 0.5],
    ["two", "FINISHED", "purged", 0.6],
    ["three", "FINISHED", "active", 0.7],
  ]);
});

test("a schema that changes under it is read anew, and one that is not MLflow's any more is told", async () => {
  const at = await scene();
  await trial(at.store, "one", 0.5);
  await load(at);
  const file = join(at.folder, "mlflow.db");
  const upgrade = connect(file, file, 1000, false);
  onTestFinished(() => upgrade.close());
  // As MLflow's migrations do: the table is made anew, and rows have other ids.
  upgrade.script(`CREATE TABLE x ("key" TEXT, value TEXT, run_uuid TEXT, PRIMARY KEY ("key", run_uuid));
     INSERT INTO x SELECT * FROM tags ORDER BY "key"; DROP TABLE tags; ALTER TABLE x RENAME TO tags;`);
  await trial(at.store, "two", 0.6);
  await at.feed.refresh(at.table);
  expect([at.feed.status.state, seen(at).length]).toEqual(["live", 2]);
  upgrade.script("ALTER TABLE tags RENAME TO elsewhere");
  await at.feed.refresh(at.table);
  expect(at.feed.status).toEqual({ state: "unreachable", since: 0, message: expect.stringContaining("lacks tags") });
  at.wait(1000);
  await at.feed.refresh(at.table);
  expect(at.feed.status).toMatchObject({ state: "unreachable", since: 0 });
  upgrade.script("ALTER TABLE elsewhere RENAME TO tags");
  await at.feed.refresh(at.table);
  expect([at.feed.status.state, seen(at).length]).toEqual(["live", 2]);
});

test("two writers at once are both followed", async () => {
  const at = await scene();
  await load(at);
  const second = openEmbeddedStore({ folder: at.folder });
  onTestFinished(() => second.close());
  for (let i = 0; i < 5; i++) {
    await Promise.all([trial(at.store, `a${i}`, i), trial(second, `b${i}`, i)]);
    await at.feed.refresh(at.table);
  }
  expect(at.table.rows).toBe(10);
});

test("a curve is given by step, thinned out to the asked points without losing a peak", async () => {
  const at = await scene();
  const runId = await trial(at.store, "one", 0.5);
  const value = (step: number): number => (step === 777 ? 99 : step === 1 ? Number.NaN : Math.sin(step / 50));
  const metrics = Array.from({ length: 3000 }, (_, i) => 2999 - i).map((step) => ({
    key: "loss",
    value: value(step),
    timestamp: step,
    step,
  }));
  await at.store.write(runId, { metrics });
  await load(at);
  const whole = await at.feed.curve(runId, "loss", 5000);
  expect([whole.total, whole.steps.length, whole.values[1], whole.values[777]]).toEqual([3000, 3000, Number.NaN, 99]);
  const thin = await at.feed.curve(runId, "loss", 100);
  expect(thin.steps.length).toBeLessThanOrEqual(100);
  expect([
    thin.total,
    thin.steps[0],
    thin.steps.at(-1),
    Math.max(...thin.values.filter((v) => !Number.isNaN(v))),
  ]).toEqual([3000, 0, 2999, 99]);
  expect([...thin.steps]).toEqual([...thin.steps].sort((a, b) => a - b));
  expect((await at.feed.curve(runId, "none")).steps).toHaveLength(0);
});

test("refreshes at once are one, but what must be read again is", async () => {
  const at = await scene();
  const runId = await trial(at.store, "one", 0.5);
  await load(at);
  await at.store.write(runId, { tags: { "disease.seed": "3" } });
  const both = [at.feed.refresh(at.table), at.feed.refresh(at.table, [runId])];
  await Promise.all(both);
  expect(textAt(at.table, "tags.disease.seed", 0)).toBe("3");
  at.feed.close();
  expect(await at.feed.refresh(at.table)).toEqual({ added: 0, changed: 0 });
});
