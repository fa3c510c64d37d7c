import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Notice } from "../../src/core/dataset.ts";
import { ExitCode, UserError } from "../../src/core/errors.ts";
import type { TrackingStore } from "../../src/core/store.ts";
import { storeFault } from "../../src/stores/embedded/faults.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { temporaryFolder } from "./support.ts";

const COLUMNS = { metrics: "all", params: "all", tags: "all" } as const;
const bytes = (text: string) => new TextEncoder().encode(text);

test("a new store has MLflow's default experiment and the revision of MLflow 3.5.1", async () => {
  const folder = join(temporaryFolder(), "project", "mlruns");
  const store = openEmbeddedStore({ folder, clock: { now: () => 42 } });
  expect(await store.listExperiments()).toEqual([
    {
      experimentId: "0",
      name: "Default",
      artifactLocation: join(folder, "artifacts", "0"),
      lifecycleStage: "active",
      creationTime: 42,
      lastUpdateTime: 42,
      tags: {},
    },
  ]);
  store.close();
  expect(query(folder, "SELECT version_num AS v FROM alembic_version")).toEqual([{ v: "bf29a5ff90ea" }]);
  expect(query(folder, "PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
  expect(readdirSync(folder).sort()).toEqual(["artifacts", "mlflow.db"]);
});

test("MLflow's file store is never begun: no folder of digits beside the database", async () => {
  const { folder, store } = await withRun(join(temporaryFolder(), "mlruns"));
  store.close();
  expect(readdirSync(folder).filter((name) => /^\d+$/.test(name))).toEqual([]);
});

test("the name of a deleted experiment is refused with advice", async () => {
  const { folder, store } = await withRun(join(temporaryFolder(), "mlruns"));
  query(folder, "UPDATE experiments SET lifecycle_stage = 'deleted' WHERE experiment_id = 1");
  const again = store.ensureExperiment("heart");
  await expect(again).rejects.toMatchObject({ fix: [expect.stringContaining("--experiment-id 1"), expect.anything()] });
  expect((await store.listExperiments("deleted")).map((e) => e.name)).toEqual(["heart"]);
  store.close();
});

test("stored numbers are those of MLflow: 0 and is_nan for NaN, the greatest double for infinity", async () => {
  const { folder, store, runId } = await withRun(join(temporaryFolder(), "mlruns"));
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.25];
  await store.write(runId, { metrics: values.map((value, step) => ({ key: "x", value, step, timestamp: 1 })) });
  store.close();
  expect(query(folder, "SELECT value, is_nan, step FROM metrics WHERE key = 'x' ORDER BY step")).toEqual([
    { value: 0, is_nan: 1, step: 0 },
    { value: 1.7976931348623157e308, is_nan: 0, step: 1 },
    { value: -1.7976931348623157e308, is_nan: 0, step: 2 },
    { value: 0.25, is_nan: 0, step: 3 },
  ]);
});

test("a moved project finds its artifacts again, and says so once", async () => {
  const home = temporaryFolder();
  const old = await withRun(join(home, "50% of_it #1", "mlruns"));
  await old.store.writeArtifact(old.runId, "a.txt", bytes("kept"));
  const { artifactUri } = (await old.store.getRun(old.runId)).info;
  old.store.close();
  query(old.folder, "INSERT INTO registered_models (name) VALUES ('m')");
  query(old.folder, `INSERT INTO model_versions (name, version, source) VALUES ('m', 1, '${artifactUri}/model')`);
  renameSync(join(home, "50% of_it #1"), join(home, "new place"));
  const folder = join(home, "new place", "mlruns");

  const reader = openEmbeddedStore({ folder, readOnly: true });
  expect(await reader.readArtifact(old.runId, "a.txt")).toEqual(Buffer.from("kept"));
  reader.close();

  const notices: Notice[] = [];
  const store = openEmbeddedStore({ folder, notify: (n) => notices.push(n) });
  expect(notices.map((n) => n.code)).toEqual(["store-moved"]);
  expect((await store.getRun(old.runId)).info.artifactUri).toBe(join(folder, "artifacts", "1", old.runId, "artifacts"));
  expect((await store.getExperimentByName("heart"))?.artifactLocation).toBe(join(folder, "artifacts", "1"));
  expect(await store.readArtifact(old.runId, "a.txt")).toEqual(Buffer.from("kept"));
  store.close();
  expect(query(folder, "SELECT source FROM model_versions")).toEqual([
    { source: join(folder, "artifacts", "1", old.runId, "artifacts", "model") },
  ]);
  openEmbeddedStore({ folder, notify: (n) => notices.push(n) }).close();
  expect(notices).toHaveLength(1);
});

test("an experiment that is kept elsewhere is left there, also while that place is away", async () => {
  const { folder, store } = await withRun(join(temporaryFolder(), "mlruns"));
  store.close();
  query(folder, "UPDATE experiments SET artifact_location = '/unmounted/artifacts/1' WHERE experiment_id = 1");
  const again = openEmbeddedStore({ folder, notify: (n) => expect.fail(n.message) });
  expect((await again.getExperimentByName("heart"))?.artifactLocation).toBe("/unmounted/artifacts/1");
  again.close();
});

test("a copied project goes on using the old artifacts while they are there", async () => {
  const home = temporaryFolder();
  const { folder, store, runId } = await withRun(join(home, "a", "mlruns"));
  store.close();
  mkdirSync(join(home, "b", "mlruns", "artifacts"), { recursive: true });
  writeFileSync(join(home, "b", "mlruns", "mlflow.db"), readFileSync(join(folder, "mlflow.db")));
  const copy = openEmbeddedStore({ folder: join(home, "b", "mlruns") });
  expect((await copy.getRun(runId)).info.artifactUri).toContain(join(home, "a"));
  copy.close();
});

test("artifacts elsewhere are left to MLflow", async () => {
  const { folder, store, runId } = await withRun(join(temporaryFolder(), "mlruns"));
  query(folder, `UPDATE runs SET artifact_uri = 's3://bucket/1/${runId}/artifacts'`);
  expect(await store.localArtifacts(runId)).toBeUndefined();
  await expect(store.listArtifacts(runId)).rejects.toMatchObject({ where: `s3://bucket/1/${runId}/artifacts` });
  store.close();
});

test("links that lead out of a run's folder are neither shown, read nor written through", async () => {
  const home = temporaryFolder();
  const { store, runId } = await withRun(join(home, "mlruns"));
  const root = (await store.localArtifacts(runId))!;
  writeFileSync(join(home, "secret.txt"), "secret");
  mkdirSync(join(home, "outside"));
  symlinkSync(join(home, "secret.txt"), join(root, "link.txt"));
  symlinkSync(join(home, "outside"), join(root, "dir"));
  symlinkSync(join(home, "nowhere"), join(root, "dangling"));
  await store.writeArtifact(runId, "inside.txt", bytes("ok"));
  symlinkSync(join(root, "inside.txt"), join(root, "good.txt"));
  expect((await store.listArtifacts(runId)).map((a) => a.path)).toEqual(["good.txt", "inside.txt"]);
  for (const path of ["link.txt", "dir/x.txt", "dangling/x.txt"]) {
    await expect(store.readArtifact(runId, path)).rejects.toThrow(/leads out/);
    await expect(store.writeArtifact(runId, path, bytes("x"))).rejects.toThrow(/leads out/);
  }
  expect(readdirSync(join(home, "outside"))).toEqual([]);
  store.close();
});

test("a store opened for reading only refuses writes and makes nothing", async () => {
  const home = temporaryFolder();
  const folder = join(home, "mlruns");
  expect(faultOf(() => openEmbeddedStore({ folder, readOnly: true })).message).toMatch(/no tracking store/);
  expect(existsSync(folder)).toBe(false);
  const writer = await withRun(folder);
  const store = openEmbeddedStore({ folder, readOnly: true });
  expect((await store.getRun(writer.runId)).params).toEqual({ depth: "3" });
  await writer.store.write(writer.runId, { params: { eta: "1" } });
  expect((await store.getRun(writer.runId)).params).toEqual({ depth: "3", eta: "1" });
  await expect(store.write(writer.runId, { status: "FAILED" })).rejects.toMatchObject({
    exitCode: ExitCode.unreachable,
  });
  await expect(store.ensureExperiment("new")).rejects.toThrow(UserError);
  writer.store.close();
  store.close();
});

test("columns that a newer MLflow adds with a default do not hinder the writer", async () => {
  const { folder, store } = await withRun(join(temporaryFolder(), "mlruns"));
  store.close();
  query(folder, "UPDATE alembic_version SET version_num = 'f00000000000'");
  query(folder, "ALTER TABLE experiments ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL");
  query(folder, "INSERT INTO experiments (experiment_id, name, workspace) VALUES (8, 'elsewhere', 'other')");
  const notices: Notice[] = [];
  const { store: again, runId } = await withRun(folder, (n) => notices.push(n));
  expect((await again.getRun(runId)).params).toEqual({ depth: "3" });
  expect(await again.getExperimentByName("elsewhere")).toBeUndefined();
  expect(notices).toEqual([]);
  again.close();
});

test("columns that a newer MLflow insists on make the store read only, with a notice", async () => {
  const { folder, store, runId } = await withRun(join(temporaryFolder(), "mlruns"));
  store.close();
  query(folder, "CREATE TABLE t AS SELECT * FROM tags");
  query(folder, "DROP TABLE tags");
  query(folder, "CREATE TABLE tags (key, value, run_uuid, kind TEXT NOT NULL, PRIMARY KEY (key, run_uuid))");
  query(folder, "INSERT INTO tags SELECT key, value, run_uuid, 'k' FROM t");
  const notices: Notice[] = [];
  const again = openEmbeddedStore({ folder, notify: (n) => notices.push(n) });
  expect(notices).toMatchObject([{ code: "store-read-only", message: expect.stringContaining("tags.kind") }]);
  expect((await again.getRun(runId)).tags).toMatchObject({ "mlflow.runName": "trial" });
  await expect(again.write(runId, { tags: { a: "1" } })).rejects.toThrow(/reading only/);
  again.close();
});

test.each([
  ["not a database", (folder: string) => writeFileSync(join(folder, "mlflow.db"), "x".repeat(5000)), /not an SQLite/],
  ["a database of another kind", (folder: string) => query(folder, "CREATE TABLE t (x)"), /lacks experiments/],
  ["a folder", (folder: string) => mkdirSync(join(folder, "mlflow.db")), /cannot be opened/],
])("a file that is %s is one clear error", (_, spoil, message) => {
  const folder = temporaryFolder();
  spoil(folder);
  const error = faultOf(() => openEmbeddedStore({ folder }));
  expect(error).toMatchObject({ exitCode: ExitCode.unreachable, where: join(folder, "mlflow.db") });
  expect(error.message).toMatch(message);
  expect(error.fix).not.toEqual([]);
});

test("a file where the folder should be is one clear error", () => {
  const folder = join(temporaryFolder(), "mlruns");
  writeFileSync(folder, "");
  expect(faultOf(() => openEmbeddedStore({ folder })).message).toMatch(/needs a folder/);
});

test("an empty file becomes a store", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "mlflow.db"), "");
  (await withRun(folder)).store.close();
});

test("a database that another writer holds for too long is one clear error, and nothing is kept", async () => {
  const { folder, store, runId } = await withRun(join(temporaryFolder(), "mlruns"));
  store.close();
  const impatient = openEmbeddedStore({ folder, busyTimeout: 20 });
  const other = new DatabaseSync(join(folder, "mlflow.db"));
  other.exec("BEGIN IMMEDIATE");
  const write = impatient.write(runId, { tags: { a: "1" } });
  await expect(write).rejects.toMatchObject({
    exitCode: ExitCode.unreachable,
    message: expect.stringContaining("locked"),
  });
  expect((await impatient.searchRuns({ experimentIds: ["1"], columns: COLUMNS })).items).toHaveLength(1);
  other.exec("ROLLBACK");
  await impatient.write(runId, { tags: { a: "2" } });
  expect((await impatient.getRun(runId)).tags.a).toBe("2");
  other.close();
  impatient.close();
});

test("a full disk is one clear error", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("PRAGMA max_page_count = 2; CREATE TABLE t (x)");
  const error = thrownBy(() => database.exec("INSERT INTO t SELECT zeroblob(20000)"));
  expect(storeFault(error, "mlruns/mlflow.db")).toMatchObject({
    name: "UserError",
    message: "The disk is full",
    exitCode: ExitCode.unreachable,
    where: "mlruns/mlflow.db",
  });
  expect(storeFault(Object.assign(new Error(), { code: "ENOSPC" }), "f")).toMatchObject({
    message: "The disk is full",
  });
});

test.each([
  [{ maxResults: 0 }],
  [{ maxResults: 50_001 }],
  [{ pageToken: "tampered" }],
  [{ experimentIds: ["1; DROP TABLE runs"] }],
])("the search %j is refused", async (search) => {
  const { store } = await withRun(join(temporaryFolder(), "mlruns"));
  await expect(store.searchRuns({ experimentIds: ["1"], columns: COLUMNS, ...search })).rejects.toThrow(UserError);
  store.close();
});

test("keys and values with quotes stay values", async () => {
  const { store, runId } = await withRun(join(temporaryFolder(), "mlruns"));
  const search = (filter: string, orderBy: string[] = []) =>
    store.searchRuns({ experimentIds: ["1"], filter, orderBy, columns: COLUMNS });
  await store.write(runId, { tags: { evil: `x' OR 1=1 --` } });
  expect((await search(`tags.evil = "x' OR 1=1 --"`)).items).toHaveLength(1);
  expect((await search(`params.\`x" OR 1=1 --\` = 'a'`, [`metrics.\`a" DESC; DROP TABLE runs --\``])).items).toEqual(
    [],
  );
  store.close();
});

async function withRun(
  folder: string,
  notify?: (notice: Notice) => void,
): Promise<{ folder: string; store: TrackingStore; runId: string }> {
  const store = openEmbeddedStore({ folder, notify });
  const { experimentId } = await store.ensureExperiment("heart");
  const { runId } = await store.createRun({ experimentId, runName: "trial", startTime: 1 });
  await store.write(runId, { params: { depth: "3" } });
  return { folder, store, runId };
}

function query(folder: string, sql: string): unknown[] {
  const database = new DatabaseSync(join(folder, "mlflow.db"));
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function faultOf(action: () => unknown): UserError {
  const error = thrownBy(action);
  if (error instanceof UserError) return error;
  throw error;
}
