import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { outboxFiles } from "../../../src/stores/outbox/address.ts";
import { openOutbox } from "../../../src/stores/outbox/outbox.ts";
import { openRemoteStore } from "../../../src/stores/remote/store.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { disease } from "../../support/cli.ts";
import { startFaultyProxy } from "../../support/faulty-proxy.ts";
import { contentOf } from "../../support/mirrored.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject } from "../../support/project.ts";
import { recordSweep } from "../../support/sweeps.ts";

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(() => server?.stop());

const MB = 1 << 20;

test("an upload that is cut in the middle is sent again, and is whole", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  const local = openEmbeddedStore({ folder });
  onTestFinished(() => local.close());
  const { parent, children } = await recordSweep(local, { experiment: "large", trials: 1 });
  const bytes = Buffer.alloc(50 * MB);
  for (let i = 0; i < bytes.length; i += 4096) bytes.writeUInt32LE(i, i);
  const model = join((await local.localArtifacts(children[0]!))!, "model");
  mkdirSync(model);
  writeFileSync(join(model, "model.bin"), bytes);

  let cuts = 0;
  const proxy = await startFaultyProxy(server.url, (what) =>
    what.endsWith("model.bin") && cuts++ < 3 ? { cutAfter: 20 * MB } : undefined,
  );
  onTestFinished(proxy.close);
  const remote = openRemoteStore({ uri: proxy.url, retry: { attempts: 1 } });
  const far = openRemoteStore({ uri: server.url });
  onTestFinished(() => {
    remote.close();
    far.close();
  });
  for (let round = 0; ; round++) {
    expect(round).toBeLessThan(5);
    const outbox = openOutbox({ folder, uri: proxy.url });
    outbox.add(parent);
    outbox.tryLock();
    outbox.start({ store: remote }, "all");
    await outbox.idle();
    const { runs, artifacts } = outbox.pending();
    outbox.close();
    if (runs === 0) break;
    expect(artifacts).toBeGreaterThan(0);
  }
  expect(cuts).toBe(4);
  expect(await contentOf(far, "large")).toEqual(await contentOf(local, "large"));
  const { experimentId } = (await far.getExperimentByName("large"))!;
  const columns = { metrics: [], params: [], tags: [] };
  const { items } = await far.searchRuns({ experimentIds: [experimentId], columns });
  const copy = items.find((run) => run.info.runName === "trial 0")!;
  const there = await far.readArtifact(copy.info.runId, "model/model.bin");
  expect(Buffer.compare(Buffer.from(there), bytes)).toBe(0);
});

test("a disk that is full for the outbox alone loses no trial, and the runs reach the server", async () => {
  using project = makeProject();
  const run = ["exp", "run", "quick", "--set", "families.logistic.C=1,2"];
  await disease(["exp", "run", "quick"], { cwd: project.root, env: { MLFLOW_TRACKING_URI: server.url } });
  // The notes' write-ahead log is longer than any file may become, and a reader keeps it from being cleared away.
  const { state } = outboxFiles(join(project.root, "mlruns"), server.url);
  expect(existsSync(state)).toBe(true);
  const writer = new DatabaseSync(state);
  const reader = new DatabaseSync(state);
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  reader.exec("BEGIN; SELECT count(*) FROM notes;");
  reader.prepare("SELECT count(*) FROM notes").get();
  writer.exec(`PRAGMA wal_autocheckpoint = 0; INSERT INTO notes VALUES ('ballast', hex(zeroblob(${10 * MB})))`);
  const limited = ["bash", "-c", 'ulimit -f 16384; exec "$@"', "-"];
  const env = { MLFLOW_TRACKING_URI: server.url };
  const { code, stdout, stderr } = await disease(run, { cwd: project.root, env, through: limited });
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: expect.stringContaining("2 finished, 0 failed, 1 kept from before"),
    stderr: expect.stringMatching(
      /^note: the outbox cannot take notes in .*\(disk I\/O error\): runs are sent all the same.*track sync --all/m,
    ),
  });
  const far = openRemoteStore({ uri: server.url });
  onTestFinished(() => far.close());
  expect(await contentOf(far, "quick")).toEqual(await project.reading((store) => contentOf(store, "quick")));
});
