import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { openRemoteRegistry } from "../../../src/stores/remote/registry.ts";
import { openRemoteStore } from "../../../src/stores/remote/store.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { disease, startDisease } from "../../support/cli.ts";
import { startFaultyProxy } from "../../support/faulty-proxy.ts";
import { contentOf } from "../../support/mirrored.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject, QUICK } from "../../support/project.ts";
import { recordSweep } from "../../support/sweeps.ts";

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(() => server?.stop());

const sqlite = (folder: string): string => `sqlite:///${folder}/mlflow.db`;

/** What was copied, without the mark that says so. */
function unmarked(content: Record<string, unknown>): Record<string, unknown> {
  const runs = structuredClone(content) as Record<string, { tags: Record<string, string> }>;
  for (const run of Object.values(runs)) delete run.tags["disease.copied"];
  return runs;
}

test("copies experiments to a server and from there to another store, whole, once, and back without doubling", async () => {
  using project = makeProject();
  const cwd = project.root;
  const [own, third] = ["own", "third"].map((name) => join(temporaryFolder(), name));
  const local = openEmbeddedStore({ folder: own! });
  await recordSweep(local, { experiment: "heart", trials: 3, points: 2500 });
  await recordSweep(local, { experiment: "skin", trials: 1 });
  const content = await contentOf(local, "heart");
  const far = openRemoteStore({ uri: server.url });
  const other = openEmbeddedStore({ folder: third! });
  onTestFinished(() => {
    for (const store of [local, far, other]) store.close();
  });

  const copy = (from: string, to: string) => disease(["track", "copy", from, to, "-e", "heart", "--json"], { cwd });
  const first = await copy(sqlite(own!), server.url);
  expect(first.code, first.stdout).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ experiments: 1, copied: 4, kept: 0, metrics: 7500, artifacts: 4 });
  expect(unmarked(await contentOf(far, "heart"))).toEqual(content);
  expect(await contentOf(far, "skin")).toEqual({});

  expect(JSON.parse((await copy(sqlite(own!), server.url)).stdout)).toMatchObject({ copied: 0, kept: 4, metrics: 0 });
  expect((await copy(server.url, sqlite(third!))).code).toBe(0);
  expect(unmarked(await contentOf(other, "heart"))).toEqual(content);
  expect((await copy(server.url, sqlite(own!))).code).toBe(0);
  expect(unmarked(await contentOf(local, "heart"))).toEqual(content);
});

test("a copy that is killed again and again ends with the same as one that was not", async () => {
  using project = makeProject();
  const folder = join(temporaryFolder(), "own");
  const local = openEmbeddedStore({ folder });
  onTestFinished(() => local.close());
  await recordSweep(local, { experiment: "killed", trials: 6, points: 1200 });
  let seen = 0;
  let kill = (): void => {};
  const proxy = await startFaultyProxy(server.url, () => {
    if (++seen % 30 === 0) kill();
    return undefined;
  });
  onTestFinished(proxy.close);
  let kills = 0;
  for (let code: number | null = null; code !== 0; ) {
    await using program = await startDisease(["track", "copy", sqlite(folder), proxy.url], { cwd: project.root });
    kill = () => program.kill("SIGKILL");
    ({ code } = await program.ended);
    if (code === null) kills++;
  }
  expect(kills).toBeGreaterThan(1);
  const far = openRemoteStore({ uri: server.url });
  onTestFinished(() => far.close());
  expect(unmarked(await contentOf(far, "killed"))).toEqual(await contentOf(local, "killed"));
});

test("logged models, versions, stages and aliases come along; a champion that is there already stays", async () => {
  using project = makeProject({ "experiments/study.yaml": QUICK });
  const cwd = project.root;
  await disease(["exp", "run", "study", "--set", "families.logistic.C=1"], { cwd });
  const promote = ["models", "promote", "--from-experiment", "study", "--to", "Production", "--no-gate"];
  expect((await disease([...promote, "--reason", "a test"], { cwd })).code).toBe(0);
  const from = sqlite(join(project.root, "mlruns"));
  const copy = async () => JSON.parse((await disease(["track", "copy", from, server.url, "--json"], { cwd })).stdout);
  expect(await copy()).toMatchObject({ versions: 1 });
  expect(await copy()).toMatchObject({ copied: 0, versions: 0 });

  const registry = openRemoteRegistry({ uri: server.url });
  onTestFinished(() => registry.close());
  expect(await registry.getModel("study")).toMatchObject({ aliases: { champion: "1" } });
  const [version] = await registry.listVersions("study");
  expect(version).toMatchObject({
    stage: "Production",
    status: "READY",
    source: expect.stringMatching(/^models:\/m-/),
  });
  expect(await registry.logged!.ofRun(version!.runId!)).toMatchObject([{ status: "READY", modelType: "logistic" }]);
  const history = await disease(["models", "history", "study"], { cwd, env: { MLFLOW_TRACKING_URI: server.url } });
  expect([history.code, history.stderr], "the trail is whole there").toEqual([0, ""]);
  expect(history.stdout).toMatch(/register[\s\S]*promote.*@champion: – → 1/);

  await registry.createVersion({ name: "study", source: `runs:/${version!.runId}/model`, runId: version!.runId! });
  await registry.change("study", { aliases: { champion: "2" } });
  await disease(["exp", "run", "study", "--set", "families.logistic.C=3"], { cwd });
  expect((await disease([...promote, "--reason", "another"], { cwd })).code).toBe(0);
  await copy();
  expect(await registry.getModel("study")).toMatchObject({ aliases: { champion: "2" } });
});

test("addresses that are none are refused with a way out", async () => {
  using project = makeProject();
  const refused = async (...args: string[]) => (await disease(["track", ...args], { cwd: project.root })).stderr;
  expect(await refused("copy", "mlruns", server.url)).toMatch(
    /error: not a tracking address that we know[\s\S]*fix: Write http/,
  );
  expect(await refused("copy", "sqlite:///none/mlflow.db", server.url)).toMatch(/There is no tracking store yet/);
  expect(await refused("sync")).toMatch(/there is no server to send to[\s\S]*MLFLOW_TRACKING_URI/);
  project.write("disease.yaml", "tracking:\n  url: http://x\n");
  expect(await refused("status")).toMatch(
    /unknown key "url" in tracking[\s\S]*disease.yaml:2[\s\S]*Did you mean "uri"/,
  );
  project.write("disease.yaml", "tracking: { uri: 'http://ann:pw-771@x' }\n");
  const credentials = await refused("status");
  expect(credentials).toMatch(/holds credentials[\s\S]*MLFLOW_TRACKING_TOKEN/);
  expect(credentials).not.toContain("pw-771");
});
