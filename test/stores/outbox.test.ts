import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SearchRuns, TrackingStore } from "../../src/core/store.ts";
import { openEmbeddedRegistry } from "../../src/stores/embedded/registry.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { outboxFiles } from "../../src/stores/outbox/address.ts";
import { startMirror } from "../../src/stores/outbox/live.ts";
import { type FarSide, openOutbox } from "../../src/stores/outbox/outbox.ts";
import { type Fault, faultyStore } from "../support/faulty-store.ts";
import { contentOf } from "../support/mirrored.ts";
import { recordSweep } from "../support/sweeps.ts";
import { temporaryFolder } from "./support.ts";

const URI = "http://tracking.test:5000";
const EXPERIMENT = "heart";

function setUp() {
  const folder = join(temporaryFolder(), "mlruns");
  const local = openEmbeddedStore({ folder });
  const far = openEmbeddedStore({ folder: join(temporaryFolder(), "mlruns") });
  onTestFinished(() => {
    local.close();
    far.close();
  });
  return { folder, local, far };
}

const sweep = (store: TrackingStore, trials = 3, points = 4) =>
  recordSweep(store, { experiment: EXPERIMENT, trials, points });

/** Sends until nothing is left, at most so many rounds, each as a process of its own would. */
async function syncRounds(folder: string, far: TrackingStore, logged?: FarSide["logged"]): Promise<number> {
  for (let round = 1; round <= 200; round++) {
    const outbox = openOutbox({ folder, uri: URI });
    try {
      expect(outbox.tryLock()).toBe(true);
      outbox.start({ store: far, logged }, "all");
      await outbox.idle();
      if (outbox.fault === undefined) await outbox.reconcile().catch(outbox.fail);
      if (outbox.pending().runs === 0 && outbox.fault === undefined) return round;
    } finally {
      outbox.close();
    }
  }
  throw new Error("never done");
}

function add(folder: string, ...runIds: string[]): void {
  const outbox = openOutbox({ folder, uri: URI });
  for (const runId of runIds) outbox.add(runId);
  outbox.close();
}

async function expectSame(local: TrackingStore, far: TrackingStore): Promise<void> {
  expect(await contentOf(far, EXPERIMENT)).toEqual(await contentOf(local, EXPERIMENT));
}

test("mirrors a sweep whole: parent and trials, params, histories, tags, inputs, files, ends", async () => {
  const { folder, local, far } = setUp();
  const { children } = await sweep(local, 3, 2500);
  add(folder, children[0]!); // any run of it stands for the sweep
  expect(await syncRounds(folder, far)).toBe(1);
  await expectSame(local, far);
});

test("mirrors only what it was given", async () => {
  const { folder, local, far } = setUp();
  const { parent } = await sweep(local, 1);
  await sweep(local, 1);
  add(folder, parent);
  await syncRounds(folder, far);
  expect(Object.keys(await contentOf(far, EXPERIMENT))).toHaveLength(2);
});

test("mirrors logged models with their run, each once, with what changes in them", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local);
  const own = openEmbeddedRegistry({ folder });
  const theirs = openEmbeddedRegistry({ folder: far.uri.slice("sqlite:///".length, -"/mlflow.db".length) });
  onTestFinished(() => {
    own.close();
    theirs.close();
  });
  await local.writeArtifact(children[0]!, "model/MLmodel", Buffer.from("flavors: {}"));
  const logged = own.logged!;
  const { modelId } = await logged.create({
    runId: children[0]!,
    name: "xgb",
    folder: "model",
    params: { depth: "0" },
  });
  await logged.logMetrics(modelId, await local.metricHistory(children[0]!, "a"));
  await logged.finalize(modelId, "READY");
  add(folder, parent);
  const sync = () => syncRounds(folder, far, async () => theirs.logged);
  await sync();
  const { experimentId } = (await far.getExperimentByName(EXPERIMENT))!;
  const columns = { metrics: [], params: [], tags: [] };
  const filter = "attributes.run_name = 'trial 0'";
  const copy = (await far.searchRuns({ experimentIds: [experimentId], filter, columns })).items[0]!.info.runId;
  const there = async () => await theirs.logged!.ofRun(copy);
  const { metrics } = (await logged.get(modelId))!;
  const tags = { "disease.model_id": modelId };
  expect(await there()).toMatchObject([{ name: "xgb", status: "READY", params: { depth: "0" }, metrics, tags }]);
  await logged.setTags(modelId, { note: "x", "mlflow.modelVersions": "[]" });
  await sync();
  rmSync(join(folder, "outbox"), { recursive: true });
  add(folder, parent);
  await sync();
  const found = await there();
  expect(found.map((model) => model.tags)).toEqual([{ ...tags, note: "x" }]);
  await expectSame(local, far);
});

test("a second time sends nothing", async () => {
  const { folder, local, far } = setUp();
  add(folder, (await sweep(local)).parent);
  await syncRounds(folder, far);
  const counted = faultyStore(far, () => undefined);
  await syncRounds(folder, counted);
  expect(counted.calls).toEqual({});
});

test("sends what changed later: tags set, changed and deleted, runs deleted and restored, further points, files written anew", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local);
  await local.write(children[0]!, { tags: { old: "1", kept: "1" } });
  add(folder, parent);
  await syncRounds(folder, far);
  await local.write(children[0]!, {
    tags: { kept: "2", new: "3" },
    metrics: [{ key: "a", value: 9, step: 99, timestamp: 5 }],
  });
  await local.deleteTag(children[0]!, "old");
  await local.writeArtifact(children[0]!, "config/trial.json", Buffer.from("other"));
  await local.deleteRun(children[1]!);
  await local.write(parent, { status: "RUNNING" });
  await syncRounds(folder, far);
  await expectSame(local, far);
  await local.restoreRun(children[1]!);
  await local.write(parent, { status: "KILLED" });
  await syncRounds(folder, far);
  await expectSame(local, far);
});

test.each<
  [
    string,
    (local: TrackingStore, runId: string) => Promise<void>,
    (local: TrackingStore, runId: string) => Promise<void>,
  ]
>([
  [
    "a tag that was set and deleted",
    (local, runId) => local.write(runId, { tags: { brief: "1" } }),
    (local, runId) => local.deleteTag(runId, "brief"),
  ],
  [
    "a tag that was deleted and set",
    (local, runId) => local.deleteTag(runId, "disease.kind"),
    (local, runId) => local.write(runId, { tags: { "disease.kind": "trial" } }),
  ],
  ["a run that was deleted and restored", (local, id) => local.deleteRun(id), (local, id) => local.restoreRun(id)],
])("%s, while a process that sent the first was killed: the server has the second", async (_, first, second) => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local);
  add(folder, parent);
  await syncRounds(folder, far);
  await first(local, children[0]!);
  const outbox = openOutbox({ folder, uri: URI });
  outbox.tryLock();
  // what is written arrives, and the process is gone before it learns so
  const going = faultyStore(far, (method) => {
    if (!["write", "deleteTag", "deleteRun"].includes(method)) return undefined;
    outbox.close();
    return "unanswered";
  });
  outbox.start({ store: going }, "all");
  await outbox.idle();
  await second(local, children[0]!);
  await syncRounds(folder, far);
  await expectSame(local, far);
});

test("leaves alone what others did on the server: tags of theirs, runs that they deleted", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local);
  add(folder, parent);
  await syncRounds(folder, far);
  const { experimentId } = (await far.getExperimentByName(EXPERIMENT))!;
  const columns = { metrics: [], params: [], tags: "all" } as const;
  const { items } = await far.searchRuns({ experimentIds: [experimentId], columns });
  const there = (id: string) => items.find((run) => run.tags["disease.run_id"] === id)!.info.runId;
  await far.write(there(children[0]!), { tags: { comment: "look" } });
  await far.deleteRun(there(children[1]!));
  for (const id of children) await local.write(id, { tags: { later: "1" } });
  await syncRounds(folder, far);
  expect((await far.getRun(there(children[0]!))).tags).toMatchObject({ comment: "look", later: "1" });
  expect((await far.getRun(there(children[1]!))).info.lifecycleStage).toBe("deleted");
});

test.each(["lost", "unanswered", "twice", "refused"] as const)(
  "whatever call is %s, the server ends with each run once and every point once",
  async (fault) => {
    const { folder, local, far } = setUp();
    add(folder, (await sweep(local, 3, 1010)).parent);
    let seed = 7;
    const chance = (): number => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    const faulty = faultyStore(far, () => (chance() < 0.3 ? fault : undefined));
    await syncRounds(folder, faulty);
    const content = await contentOf(far, EXPERIMENT);
    for (const [name, run] of Object.entries(content)) {
      if (name.includes("doubled")) expect(run).toMatchObject({ lifecycleStage: "deleted" });
    }
    const once = Object.fromEntries(Object.entries(content).filter(([name]) => !name.includes("doubled")));
    expect(once).toEqual(await contentOf(local, EXPERIMENT));
  },
);

test("finds everything again when its notes are lost, or are no database", async () => {
  const { folder, local, far } = setUp();
  const { parent } = await sweep(local);
  add(folder, parent);
  await syncRounds(folder, far);
  rmSync(join(folder, "outbox"), { recursive: true });
  add(folder, parent);
  await syncRounds(folder, far);
  await expectSame(local, far);
});

test("takes no run of others for its own on a server that does not filter", async () => {
  const { folder, local, far } = setUp();
  const { experimentId } = await far.ensureExperiment(EXPERIMENT);
  const { runId } = await far.createRun({ experimentId, runName: "theirs", startTime: 1 });
  const unfiltering = new Proxy(far, {
    get: (target, name: keyof TrackingStore) =>
      name === "searchRuns"
        ? ({ filter: _, ...search }: SearchRuns) => target.searchRuns({ ...search, maxResults: 1 })
        : target[name],
  });
  const { parent } = await sweep(local);
  for (let process = 0; process < 2; process++) {
    rmSync(join(folder, "outbox"), { recursive: true, force: true });
    add(folder, parent);
    await syncRounds(folder, unfiltering);
  }
  const { [runId]: theirs, ...ours } = await contentOf(far, EXPERIMENT);
  expect(theirs).toMatchObject({ runName: "theirs", params: {}, histories: {} });
  expect(ours).toEqual(await contentOf(local, EXPERIMENT));
});

test("links in artifacts that lead out, or round in a ring, are not followed", async () => {
  const { folder, local, far } = setUp();
  const { parent } = await sweep(local, 1);
  const files = (await local.localArtifacts(parent))!;
  symlinkSync("experiment.yaml", join(files, "same.yaml"));
  symlinkSync(".", join(files, "ring"));
  symlinkSync("self", join(files, "self"));
  symlinkSync(join(folder, "mlflow.db"), join(files, "out"));
  add(folder, parent);
  await syncRounds(folder, far);
  const { [parent]: copy } = (await contentOf(far, EXPERIMENT)) as Record<string, { files: object }>;
  expect(Object.keys(copy!.files)).toEqual(["experiment.yaml", "same.yaml"]);
});

test("a run whose files cannot be read is named, while the others go through", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local, 1);
  const files = (await local.localArtifacts(children[0]!))!;
  rmSync(files, { recursive: true });
  symlinkSync(files, files);
  const outbox = openOutbox({ folder, uri: URI });
  onTestFinished(outbox.close);
  outbox.add(parent);
  outbox.tryLock();
  outbox.start({ store: far });
  await outbox.idle();
  const problem = expect.stringContaining("the file cannot be read");
  expect(outbox.pending()).toMatchObject({ runs: 1, refused: [{ runId: children[0], problem }] });
});

test("a sweep's end sends what changed in earlier runs, but only a sync looks through the files of those", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local, 1);
  add(folder, parent);
  await syncRounds(folder, far);
  await local.write(children[0]!, { tags: { later: "1" } });
  await local.writeArtifact(parent, "late.txt", Buffer.from("late"));
  const connect = async () => ({ store: far, close: () => {} });
  const mirror = startMirror({ outbox: openOutbox({ folder, uri: URI }), connect, every: 10 });
  mirror.add((await sweep(local, 1)).parent);
  expect(await mirror.finish()).toMatchObject({ runs: 0 });
  mirror.close();
  const there = (await contentOf(far, EXPERIMENT)) as Record<string, { tags: object; files: object }>;
  expect(there[children[0]!]!.tags).toMatchObject({ later: "1" });
  expect(Object.keys(there[parent]!.files)).toEqual(["experiment.yaml"]);
  await syncRounds(folder, far);
  await expectSame(local, far);
});

test("begins again on a server that was set up anew", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local);
  add(folder, parent);
  await syncRounds(folder, far);
  const anew = openEmbeddedStore({ folder: join(temporaryFolder(), "mlruns") });
  onTestFinished(() => anew.close());
  for (const id of [parent, ...children]) await local.write(id, { tags: { more: "1" } });
  await syncRounds(folder, anew);
  await expectSame(local, anew);
});

test("sends all points once after the store was vacuumed and its rows have other numbers", async () => {
  const { folder, local, far } = setUp();
  const { parent, children } = await sweep(local, 3, 50);
  add(folder, parent);
  await syncRounds(folder, far);
  const db = new DatabaseSync(join(folder, "mlflow.db"));
  db.exec("DELETE FROM metrics WHERE run_uuid = (SELECT run_uuid FROM runs WHERE name = 'trial 0'); VACUUM");
  db.close();
  await local.write(children[2]!, { metrics: [{ key: "late", value: 1, step: 0, timestamp: 0 }] });
  await syncRounds(folder, far);
  const there = (await contentOf(far, EXPERIMENT))[children[2]!];
  expect(there).toEqual((await contentOf(local, EXPERIMENT))[children[2]!]);
});

describe("says what is pending:", () => {
  test("runs, points, files and bytes, the last error and since when", async () => {
    const { folder, local, far } = setUp();
    const { parent } = await sweep(local, 2, 10);
    add(folder, parent);
    const outbox = openOutbox({ folder, uri: `${URI.replace("//", "//ann:secret1@")}` });
    onTestFinished(() => outbox.close());
    outbox.tryLock();
    outbox.start({ store: faultyStore(far, () => "lost") });
    await outbox.idle();
    expect(outbox.pending()).toMatchObject({
      ...{ uri: URI, runs: 3, metrics: 20, artifacts: 3, bytes: 7 + 11 + 11, refused: [] },
      error: "the connection was refused",
      since: expect.any(Number),
      errorTime: expect.any(Number),
    });
  });

  test("a run that the server refuses, with its reason, while the others go through", async () => {
    const { folder, local, far } = setUp();
    const { parent, children } = await sweep(local, 3);
    add(folder, parent);
    const outbox = openOutbox({ folder, uri: URI });
    onTestFinished(() => outbox.close());
    outbox.tryLock();
    let inputs = 0;
    const refusing: TrackingStore = Object.assign(Object.create(far) as TrackingStore, {
      write: async (id: string, batch: Parameters<TrackingStore["write"]>[1]) => {
        if (batch.inputs && inputs++ === 0) return await faultyStore(far, () => "refused").write(id, batch);
        await far.write(id, batch);
      },
    });
    outbox.start({ store: refusing });
    await outbox.idle();
    const { refused, runs } = outbox.pending();
    expect({ refused, runs }).toEqual({ runs: 1, refused: [{ runId: expect.any(String), problem: "413 too large" }] });
    expect(children).toContain(refused[0]!.runId);
  });
});

test("one process sends at a time; when it is gone another goes on", async () => {
  const { folder, local } = setUp();
  add(folder, (await sweep(local, 1)).parent);
  const first = openOutbox({ folder, uri: URI });
  const second = openOutbox({ folder, uri: URI });
  expect([first.tryLock(), second.tryLock()]).toEqual([true, false]);
  first.close();
  expect(second.tryLock()).toBe(true);
  second.close();
});

test.each(["from the start", "later on"])(
  "notes that cannot be written %s are told of once, and the runs are sent all the same",
  async (when) => {
    const { folder, local, far } = setUp();
    const { parent } = await sweep(local);
    add(folder, parent);
    const { state } = outboxFiles(folder, URI);
    if (when === "from the start") {
      rmSync(`${state}-wal`, { force: true });
      symlinkSync("/dev/full", `${state}-wal`);
    }
    const notices: string[] = [];
    const outbox = openOutbox({ folder, uri: URI, notify: (message) => notices.push(message) });
    onTestFinished(() => outbox.close());
    if (when === "later on") {
      const other = new DatabaseSync(state);
      onTestFinished(() => other.close());
      other.exec("BEGIN IMMEDIATE");
    }
    outbox.add(parent);
    outbox.tryLock();
    outbox.start({ store: far });
    await outbox.idle();
    expect(outbox.pending().runs).toBe(0);
    expect(notices).toEqual([expect.stringMatching(/cannot take notes .*track sync --all/)]);
    await expectSame(local, far);
  },
);

test("while runs go on, the mirror is never more than a moment behind, and holds nothing up", async () => {
  const { folder, local, far } = setUp();
  const { experimentId } = await local.ensureExperiment(EXPERIMENT);
  const outbox = openOutbox({ folder, uri: URI });
  const faults: Fault[] = [];
  const mirror = startMirror({
    outbox,
    connect: async () => ({ store: faultyStore(far, () => faults.shift()), close: () => {} }),
    every: 10,
  });
  onTestFinished(mirror.close);
  const { runId } = await local.createRun({ experimentId, runName: "live", startTime: Date.now() });
  mirror.add(runId);
  const until = async (there: (content: Record<string, unknown>) => boolean): Promise<void> => {
    while (!there(await contentOf(far, EXPERIMENT))) await new Promise((resolve) => setImmediate(resolve));
  };
  await until((content) => runId in content);
  await local.write(runId, { metrics: [{ key: "loss", value: 1, step: 1, timestamp: 1 }] });
  await until((content) => JSON.stringify(content).includes('"loss"'));
  faults.push("lost", "unanswered", "twice");
  await local.write(runId, { tags: { note: "x" }, metrics: [{ key: "loss", value: 2, step: 2, timestamp: 2 }] });
  await local.write(runId, { status: "FINISHED", endTime: Date.now() });
  expect(await mirror.finish()).toMatchObject({ runs: 0 });
  await expectSame(local, far);
});
