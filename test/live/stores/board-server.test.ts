import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeRuns } from "../../../bench/support/runs.ts";
import type { BoardFeed, RunTable } from "../../../src/core/board/board.ts";
import { createRunTable, numberAt, textAt } from "../../../src/core/board/run-table.ts";
import { openEmbeddedBoard } from "../../../src/stores/embedded/board.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { openRemoteBoard } from "../../../src/stores/remote/board.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { type ProxyFault, startFaultyProxy } from "../../support/faulty-proxy.ts";
import { startMlflowServer } from "../../support/mlflow-server.ts";

const RUNS = 450; // three pages

/** All cells by run, whatever the order of rows. */
function contents(table: RunTable): Map<string, Record<string, number | string | undefined>> {
  const rows = Array.from({ length: table.rows }, (_, row) => {
    const cells = table.columnIds.map((id) => [
      id,
      table.column(id)!.kind === "number" ? numberAt(table, id, row) : textAt(table, id, row),
    ]);
    return [
      table.runId(row),
      Object.fromEntries(cells.filter(([, value]) => value !== undefined && !Number.isNaN(value))),
    ];
  });
  return new Map(rows as never);
}

test("over MLflow's server the board shows the same as beside the store, follows it, and bears with it when it is away", async () => {
  const project = temporaryFolder();
  const folder = join(project, "mlruns");
  const experimentId = await makeRuns(folder, RUNS, "derma");
  const store = openEmbeddedStore({ folder });
  const server = await startMlflowServer({ folder: project, backendStore: "sqlite:///mlruns/mlflow.db" });
  let fault: ProxyFault = { delay: 200 };
  const proxy = await startFaultyProxy(server.url, () => fault);
  let now = 0;
  const clock = { now: () => now };
  const remote = openRemoteBoard({ uri: proxy.url, clock, timeout: 3000, env: {} });
  const local = openEmbeddedBoard({ folder, clock });
  onTestFinished(async () => {
    remote.close();
    local.close();
    store.close();
    await proxy.close();
    await server.stop();
  });
  const [far, near] = [createRunTable(), createRunTable()];
  const refresh = (feed: BoardFeed, table: typeof far, runs?: string[]): ReturnType<BoardFeed["refresh"]> => {
    now += 20_000;
    return feed.refresh(table, runs);
  };
  const same = async (): Promise<void> => {
    await refresh(local, near);
    expect(contents(far)).toEqual(contents(near));
  };

  // A server that takes its time: pages come one by one, newest first.
  const loaded: number[] = [];
  await remote.load(far, new AbortController().signal, (n) => loaded.push(n));
  await local.load(near, new AbortController().signal);
  expect([loaded, remote.status]).toEqual([[200, 400, RUNS + 1], { state: "live" }]);
  await same();

  // What others do.
  const { runId } = await store.createRun({ experimentId, runName: "begun", startTime: 1_800_000_000_000 });
  await store.write(runId, { metrics: [{ key: "val_ece", value: 0.5, timestamp: 1, step: 0 }] });
  expect(await refresh(remote, far)).toMatchObject({ added: 1 });
  await store.write(runId, {
    metrics: [{ key: "val_ece", value: Number.NaN, timestamp: 2, step: 1 }],
    params: { c: "1" },
  });
  await refresh(remote, far);
  await same();
  await store.write(runId, { status: "FINISHED", endTime: 1_800_000_000_500 });
  await refresh(remote, far);
  await same();
  const late = await store.createRun({ experimentId, runName: "sent late", startTime: 5 });
  await store.write(late.runId, { status: "FINISHED", endTime: 6 });
  await store.deleteRun(far.runId(7));
  await store.deleteTag(far.runId(399), "disease.data");
  for (let pages = 0; pages < 6; pages++) await refresh(remote, far);
  await same();

  // What the board itself did is seen at once, and a curve is read.
  await store.write(far.runId(300), { tags: { note: "seen" } });
  await remote.refresh(far, [far.runId(300)]);
  expect(textAt(far, "tags.note", 300)).toBe("seen");
  const curve = await remote.curve(runId, "val_ece");
  expect([[...curve.steps], [...curve.values], curve.total]).toEqual([[0, 1], [0.5, Number.NaN], 2]);

  // It goes away, does not answer, is ill; and comes back.
  for (const ill of ["drop", "hang", { status: 503 }, "half"] as const) {
    fault = ill;
    await refresh(remote, far);
    const { status } = remote;
    expect(status).toEqual({ state: "unreachable", since: now, message: expect.any(String) });
    await refresh(remote, far);
    expect(remote.status).toMatchObject({ state: "unreachable", since: (status as { since: number }).since });
    expect(far.rows).toBe(RUNS + 3);
    fault = undefined;
    await refresh(remote, far);
    expect(remote.status).toEqual({ state: "live" });
  }
  await same();
});

test("a board that is opened while the server is away is filled when it comes", async () => {
  const server = await startMlflowServer();
  let fault: ProxyFault = "drop";
  const proxy = await startFaultyProxy(server.url, () => fault);
  let now = 0;
  const feed = openRemoteBoard({ uri: proxy.url, clock: { now: () => now }, env: {}, experiments: ["heart"] });
  onTestFinished(async () => {
    feed.close();
    await proxy.close();
    await server.stop();
  });
  const table = createRunTable();
  await feed.load(table, new AbortController().signal);
  expect(feed.status.state).toBe("unreachable");
  expect(await feed.refresh(table)).toEqual({ added: 0, changed: 0 }); // too soon to try again
  fault = undefined;
  now += 60_000;
  await feed.refresh(table);
  expect([feed.status, table.rows]).toEqual([{ state: "live" }, 0]);
  const { openRemoteStore } = await import("../../../src/stores/remote/store.ts");
  const store = openRemoteStore({ uri: server.url, env: {} });
  onTestFinished(() => store.close());
  const { experimentId } = await store.ensureExperiment("heart"); // made later
  await store.createRun({ experimentId, runName: "first", startTime: 1 });
  now += 60_000;
  await feed.refresh(table);
  expect([table.rows, textAt(table, "attributes.experiment", 0)]).toEqual([1, "heart"]);
});
