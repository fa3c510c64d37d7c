import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { METRICS } from "./writer.ts";

const WRITER = join(import.meta.dirname, "writer.ts");

test("two processes make one store and write to it at once", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  const [a, b] = await Promise.all([lines(node(folder, "30")), lines(node(folder, "30"))]);
  const ids = [...a, ...b];
  expect(ids.filter((line) => /^[0-9a-f]{32}$/.test(line))).toHaveLength(60);
  expect(await finishedRuns(folder)).toEqual(ids.toSorted());
});

test.each([1, 5, 20])("kill -9 after %i runs loses nothing that was finished", async (runs) => {
  const folder = join(temporaryFolder(), "mlruns");
  const child = node(folder, "100000");
  const finished: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    finished.push(line);
    if (finished.length === runs) child.kill("SIGKILL");
  }
  expect(await finishedRuns(folder)).toEqual(expect.arrayContaining(finished));
  expect(await lines(node(folder, "2"))).toHaveLength(2);
});

test("a write that the disk has no room for is one clear error, and what was finished stays", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  // files of at most 2000 blocks stand for a small disk
  const child = spawn("sh", ["-c", `ulimit -f 2000; exec "$@"`, "sh", process.execPath, WRITER, folder, "100000"]);
  const printed = await lines(child);
  expect(child.exitCode).toBe(7);
  expect(JSON.parse(printed.pop()!)).toMatchObject({ message: expect.stringMatching(/read or written|full/) });
  expect(printed.length).toBeGreaterThan(0);
  expect(await finishedRuns(folder)).toEqual(expect.arrayContaining(printed));
  expect(await lines(node(folder, "2"))).toHaveLength(2);
});

test("a folder that may not be written can be read, and writing to it is one clear error", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  const ids = await lines(node(folder, "3"));
  chmodSync(dirname(folder), 0o755);
  chmodSync(join(folder, "mlflow.db"), 0o444);
  chmodSync(folder, 0o555);
  expect((await lines(node(folder, "0", "reader"))).toSorted()).toEqual(ids.toSorted());
  expect(JSON.parse((await lines(node(folder, "1", "nobody")))[0]!)).toMatchObject({
    message: expect.stringContaining("may not be written"),
    exitCode: 7,
  });
  chmodSync(folder, 0o000);
  for (const role of ["reader", "nobody"]) {
    const [line] = await lines(node(folder, "1", role));
    expect(JSON.parse(line!)).toMatchObject({ exitCode: 7, fix: [expect.stringContaining("permission")] });
  }
  chmodSync(folder, 0o755);
});

function node(...args: string[]): ChildProcess {
  return spawn(process.execPath, [WRITER, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function lines(child: ChildProcess): Promise<string[]> {
  const exit = once(child, "exit");
  const all: string[] = [];
  for await (const line of createInterface(child.stdout!)) all.push(line);
  await exit;
  return all;
}

/** Ids of the runs that are finished and whole, sorted; the file is sound and no run is half written. */
async function finishedRuns(folder: string): Promise<string[]> {
  const store = openEmbeddedStore({ folder });
  const columns = { metrics: "all", params: "all", tags: [] } as const;
  const { items } = await store.searchRuns({ experimentIds: ["1"], columns });
  const done = items.filter((run) => run.info.status === "FINISHED");
  for (const run of items) {
    const points = (await store.metricHistory(run.info.runId, "loss")).length;
    const whole = [points, Object.keys(run.params).length, Object.keys(run.metrics).length];
    expect(whole).toEqual(run.info.status === "FINISHED" ? [METRICS, 2, 1] : [0, 0, 0]);
  }
  store.close();
  const database = new DatabaseSync(join(folder, "mlflow.db"));
  expect(database.prepare("PRAGMA integrity_check").all()).toMatchObject([{ integrity_check: "ok" }]);
  expect(database.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
  database.close();
  return done.map((run) => run.info.runId).toSorted();
}
