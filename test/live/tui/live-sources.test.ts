import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { addRuns, trials } from "../../support/board.ts";
import { disease, startDisease } from "../../support/cli.ts";
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from "../../support/faulty-proxy.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject, QUICK, type TestProject } from "../../support/project.ts";
import { openScreen } from "../../support/screen.ts";

let server: MlflowServer;
let project: TestProject;
let proxy: FaultyProxy;
let fault: ProxyFault;

beforeAll(async () => {
  project = makeProject();
  [server] = await Promise.all([startMlflowServer(), addRuns(project.root, trials(6))]);
  proxy = await startFaultyProxy(server.url, () => fault);
  const store = `sqlite:///${join(project.root, "mlruns", "mlflow.db")}`;
  const { code, stderr } = await disease(["track", "copy", store, server.url], { cwd: project.root });
  expect([code, stderr]).toEqual([0, expect.anything()]);
}, 120_000);
afterAll(async () => {
  await proxy.close();
  await server.stop();
  project[Symbol.dispose]();
});

const overProxy = (): readonly string[] => ["board", "skin", "--tracking", proxy.url, "--refresh", "0.2"];

test("a server that goes away and comes back is told, what was read stays, keys work meanwhile", async () => {
  fault = undefined;
  await using screen = await openScreen(overProxy(), { cwd: project.root });
  await screen.shows(/^skin {2}6 runs .* live$/m);
  await screen.shows(/^❯ .*xgboost-5/m);
  fault = "drop";
  await screen.shows(/! away since \d\d:\d\d/);
  screen.press("G");
  await screen.shows(/^6\/6 /m);
  screen.press("g", "j");
  await screen.shows(/^2\/6 /m);
  fault = undefined;
  await screen.shows(/^skin {2}6 runs .* live$/m);
  await screen.shows(/^2\/6 /m);
});

test("keys do not wait for a server: not for one that takes 200 ms, not for one that never answers", async () => {
  fault = { delay: 200 };
  await using screen = await openScreen(overProxy(), { cwd: project.root });
  await screen.shows(/^skin {2}6 runs .* live$/m);
  fault = "hang";
  const before = proxy.requests.length;
  await expect.poll(() => proxy.requests.length, { timeout: 20_000 }).toBeGreaterThan(before);
  screen.press("j"); // a request waits for ever now
  await screen.shows(/^2\/6 /m);
  screen.press("lls");
  await screen.shows("ece▲");
  screen.press("q");
  expect((await screen.ended).exitCode).toBe(0);
});

test("two sweeps write to a store while the board is open; all of their runs appear", async () => {
  const own = makeProject({ "experiments/a.yaml": QUICK, "experiments/b.yaml": QUICK });
  onTestFinished(() => own[Symbol.dispose]());
  await using screen = await openScreen(["board"], { cwd: own.root });
  await screen.shows("no store yet");
  await using a = await startDisease(["exp", "run", "a"], { cwd: own.root });
  await using b = await startDisease(["exp", "run", "b"], { cwd: own.root });
  const [first, second] = await Promise.all([a.ended, b.ended]);
  expect([first.code, second.code], first.stderr + second.stderr).toEqual([0, 0]);
  await screen.shows(/^all experiments {2}\d+ runs {2}[^▶]*live$/m);
  await screen.shows((text) => / a /.test(text) && / b /.test(text));
});

test("kill -9 of a writer in the middle of a transaction: the board stays, and shows what others write", async () => {
  const own = makeProject();
  onTestFinished(() => own[Symbol.dispose]());
  await addRuns(own.root, trials(5));
  await using screen = await openScreen(["board", "skin"], { cwd: own.root });
  await screen.shows(/5 runs .*live$/m);
  const script = `const { DatabaseSync } = require("node:sqlite");
    const db = new DatabaseSync(${JSON.stringify(join(own.root, "mlruns", "mlflow.db"))});
    db.exec("PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE runs SET name = 'half'; UPDATE params SET value = 'half'");
    console.log("writing"); setInterval(() => {}, 1000);`;
  const writer = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void writer.kill("SIGKILL"));
  await once(writer.stdout, "data");
  screen.press("j");
  await screen.shows(/^2\/5 /m);
  writer.kill("SIGKILL");
  await once(writer, "exit");
  await addRuns(own.root, trials(3));
  await screen.shows(/8 runs .*live$/m);
  expect(screen.text()).not.toContain("half");
});
