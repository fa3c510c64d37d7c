import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { TrackingStore } from "../../../src/core/store.ts";
import { openRemoteRegistry } from "../../../src/stores/remote/registry.ts";
import { openRemoteStore } from "../../../src/stores/remote/store.ts";
import { disease, startDisease } from "../../support/cli.ts";
import { type ProxyFault, startFaultyProxy } from "../../support/faulty-proxy.ts";
import { contentOf } from "../../support/mirrored.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject, QUICK, type TestProject } from "../../support/project.ts";

let server: MlflowServer;
let far: TrackingStore;
beforeAll(async () => {
  server = await startMlflowServer();
  far = openRemoteStore({ uri: server.url });
});
afterAll(async () => {
  far?.close();
  await server?.stop();
});

const TRIALS = ["--set", "families.logistic.C=1,2,3,4,5,6,7,8,9"];

/** A project whose experiment has a name of its own, for the server is shared. */
function project(name: string): TestProject {
  return makeProject({ [`experiments/${name}.yaml`]: QUICK, "disease.yaml": "" });
}

async function expectSame(project: TestProject, name: string, store = far): Promise<void> {
  const here = await project.reading((local) => contentOf(local, name));
  const there = await contentOf(store, name);
  const active = Object.entries(there).filter(([key]) => !key.includes("doubled"));
  expect(Object.fromEntries(active)).toEqual(here);
  for (const [key, run] of Object.entries(there)) {
    if (key.includes("doubled")) expect(run).toMatchObject({ lifecycleStage: "deleted" });
  }
}

test("a sweep is on the server while it runs, and whole at its end", async () => {
  using here = project("plain");
  const { code, stdout } = await disease(["exp", "run", "plain", ...TRIALS, "--json"], {
    cwd: here.root,
    env: { MLFLOW_TRACKING_URI: server.url },
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).mirror).toMatchObject({ uri: server.url, runs: 0, metrics: 0, artifacts: 0, refused: [] });
  await expectSame(here, "plain");
  const { runId } = JSON.parse(stdout).packaged[0];
  const copy = await far.searchRuns({
    experimentIds: [(await far.getExperimentByName("plain"))!.experimentId],
    filter: `tags.\`disease.run_id\` = '${runId}'`,
    columns: { metrics: [], params: [], tags: [] },
  });
  const registry = openRemoteRegistry({ uri: server.url });
  onTestFinished(() => registry.close());
  const models = await registry.logged!.ofRun(copy.items[0]!.info.runId);
  expect(models).toMatchObject([{ status: "READY", modelType: "logistic" }]);

  // what later commands change is found by the next sync
  await disease(["models", "register", "--from-experiment", "plain"], { cwd: here.root });
  const sync = await disease(["track", "sync"], { cwd: here.root, env: { MLFLOW_TRACKING_URI: server.url } });
  expect(sync.code).toBe(0);
  await expectSame(here, "plain");
});

test("the address may stand in disease.yaml; a sweep that ran without a server is sent by sync --all", async () => {
  using here = project("later");
  await disease(["exp", "run", "later"], { cwd: here.root });
  here.write("disease.yaml", `tracking:\n  uri: ${server.url}\n`);
  const sync = await disease(["track", "sync"], { cwd: here.root });
  expect(sync).toMatchObject({ code: 0 });
  expect(await contentOf(far, "later")).toEqual({});
  const all = await disease(["track", "sync", "--all"], { cwd: here.root });
  expect(all).toMatchObject({ code: 0, stdout: expect.stringContaining("everything is at") });
  await expectSame(here, "later");
});

test("a proxy that drops, cuts, halves, doubles, delays and answers 500, 429 and 413: nothing is lost or doubled", async () => {
  using here = project("faulty");
  const few = ["--set", "families.logistic.C=1,2,3,4"];
  const faults: ProxyFault[] = [
    ...["drop", "cut", "half", "twice"].map((f) => f as ProxyFault),
    ...[{ status: 500 }, { status: 429, headers: { "retry-after": "0" } }, { status: 413 }, { delay: 300 }],
  ];
  let at = 0;
  const proxy = await startFaultyProxy(server.url, (_, count) =>
    count % 5 === 4 ? faults[at++ % faults.length] : undefined,
  );
  try {
    const env = { MLFLOW_TRACKING_URI: proxy.url };
    const run = await disease(["exp", "run", "faulty", ...few, "--json"], { cwd: here.root, env });
    expect([0, 7]).toContain(run.code);
    expect(JSON.parse(run.stdout)).toMatchObject({ finished: 5, failed: 0 });
    for (let code = run.code, tries = 0; code !== 0; tries++) {
      expect(tries).toBeLessThan(5);
      code = (await disease(["track", "sync"], { cwd: here.root, env })).code;
    }
    await expectSame(here, "faulty");
    expect(at).toBeGreaterThan(faults.length);
  } finally {
    await proxy.close();
  }
});

test.each(["is away", "never answers"])(
  "when the server %s the sweep does all its work, says what is pending and exits with 7",
  async (what) => {
    using here = project("away");
    const proxy = await startFaultyProxy(server.url, () => "hang");
    if (what === "is away") await proxy.close();
    try {
      const env = { MLFLOW_TRACKING_URI: proxy.url };
      const run = await disease(["exp", "run", "away", "--set", "families.logistic.C=1,2"], { cwd: here.root, env });
      expect(run).toMatchObject({ code: 7, stdout: expect.stringContaining("3 finished, 0 failed") });
      expect(run.stderr).toMatch(/^4 runs \(\d+ metrics, 1 model, \d+ files, [\d.]+ kB\) not at http.* yet$/m);
      expect(run.stderr).toContain("nothing is lost; send it with: disease track sync");
      const status = await disease(["track", "status", "--json"], { cwd: here.root, env });
      expect(status.code).toBe(0);
      const expected = { uri: proxy.url, runs: 4, metrics: expect.any(Number), since: expect.any(Number) };
      expect(JSON.parse(status.stdout)).toEqual([expect.objectContaining(expected)]);
    } finally {
      if (what === "never answers") await proxy.close();
    }
  },
);

test("two sweeps on one store at once: each run is there once", async () => {
  using here = project("both");
  here.write("experiments/other.yaml", QUICK);
  const env = { MLFLOW_TRACKING_URI: server.url };
  const runs = await Promise.all(
    ["both", "other"].map((name) =>
      disease(["exp", "run", name, "--set", "families.logistic.C=1,2,3,4"], { cwd: here.root, env }),
    ),
  );
  expect(runs.map((run) => run.code)).toEqual([0, 0]);
  expect((await disease(["track", "sync"], { cwd: here.root, env })).code).toBe(0);
  await expectSame(here, "both");
  await expectSame(here, "other");
});

test("a sync that is killed again and again ends with the same as one that was not", async () => {
  using here = project("killed");
  await disease(["exp", "run", "killed", "--set", "families.logistic.C=1,2,3,4"], { cwd: here.root });
  const seen: string[] = [];
  let kill = (): void => {};
  const proxy = await startFaultyProxy(server.url, (what) => {
    seen.push(what);
    if (seen.length % 60 === 0) kill();
    return undefined;
  });
  try {
    const env = { MLFLOW_TRACKING_URI: proxy.url };
    let kills = 0;
    for (let code: number | null = null; code !== 0; ) {
      await using program = await startDisease(["track", "sync", "--all"], { cwd: here.root, env });
      kill = () => program.kill("SIGKILL");
      ({ code } = await program.ended);
      if (code === null) kills++;
    }
    expect(kills).toBeGreaterThan(1);
    await expectSame(here, "killed");
  } finally {
    await proxy.close();
  }
});

test("credentials reach the server and nothing else", async () => {
  using here = project("secret");
  const token = "tok-3f9a1c77e2";
  const password = "pw-88d1c0ffee";
  const seen = new Set<string>();
  const proxy = await startFaultyProxy(
    server.url,
    () => undefined,
    (headers) => seen.add(headers.authorization ?? ""),
  );
  try {
    const uri = proxy.url.replace("//", `//ann:${password}@`);
    const runs = [
      await disease(["exp", "run", "secret"], { cwd: here.root, env: { MLFLOW_TRACKING_URI: uri } }),
      await disease(["exp", "run", "secret", "--force"], {
        cwd: here.root,
        env: { MLFLOW_TRACKING_URI: proxy.url, MLFLOW_TRACKING_TOKEN: token },
      }),
      await disease(["track", "status", "--json"], { cwd: here.root, env: { MLFLOW_TRACKING_URI: uri } }),
    ];
    expect(seen).toEqual(new Set([`Basic ${btoa(`ann:${password}`)}`, `Bearer ${token}`]));
    const texts = runs.map((run) => run.stdout + run.stderr);
    for (const name of readdirSync(join(here.root, "mlruns"), { recursive: true, encoding: "utf8" })) {
      const file = join(here.root, "mlruns", name);
      try {
        texts.push(readFileSync(file, "latin1"));
      } catch {
        // a folder
      }
    }
    for (const text of [...texts, JSON.stringify(await contentOf(far, "secret"))]) {
      expect(text.includes(token) || text.includes(password)).toBe(false);
    }
  } finally {
    await proxy.close();
  }
});

test("a server that is killed in the middle of a sweep and started again gets the rest by a sync", async () => {
  using here = project("restarted");
  const mortal = await startMlflowServer();
  const env = { MLFLOW_TRACKING_URI: mortal.url };
  const port = Number(new URL(mortal.url).port);
  let second: MlflowServer | undefined;
  try {
    const args = ["exp", "run", "restarted", "--jobs", "1", ...TRIALS];
    await using program = await startDisease(args, { cwd: here.root, env });
    await program.said(/✓ \[ 4\/10\]/);
    mortal.kill();
    const { code, stdout } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 7, stdout: expect.stringContaining("10 finished, 0 failed") });
    second = await startMlflowServer({ folder: mortal.folder, port });
    expect(await disease(["track", "sync"], { cwd: here.root, env })).toMatchObject({ code: 0 });
    const again = openRemoteStore({ uri: second.url });
    await expectSame(here, "restarted", again);
    again.close();
  } finally {
    await second?.stop();
    await mortal.stop();
  }
});
