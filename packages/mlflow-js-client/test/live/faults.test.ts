import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type MlflowServer, startMlflowServer } from "../../../../test/support/mlflow-server.ts";
import { chaosProxy, FAULTS, type Fault } from "../support/chaos-proxy.ts";
import { clientOf } from "../support/stand-in.ts";

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(() => server.stop());

/** A generator of numbers 0 ≤ x < 1 (mulberry32), so that a failure can be played again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test.each([1, 2, 3])(
  "behind a proxy that drops, cuts, repeats and refuses (seed %i), everything arrives once",
  async (seed) => {
    const next = random(seed);
    const happened = new Map<Fault, number>();
    const proxy = await chaosProxy(server.url, (request) => {
      if (next() < 0.5) return undefined;
      const fault = FAULTS[Math.floor(next() * FAULTS.length)]!;
      // a twin of a creation that answers well cannot be seen by a client
      const chosen =
        fault === "twice" && /create|logged-models$|alias|delete|outputs/.test(request.url!) ? "drop-answer" : fault;
      happened.set(chosen, (happened.get(chosen) ?? 0) + 1);
      return chosen;
    });
    const api = clientOf(proxy, { retry: { attempts: 30 } });
    const name = `chaos ${seed} ${randomUUID()}`;
    const experimentId = await api.experiments.create({ name });
    for (let i = 0; i < 8; i++) {
      const run = await api.runs.create({ experimentId, runName: `r${i}` });
      const { runId } = run.info;
      const metrics = Array.from({ length: 30 }, (_, step) => ({
        key: "loss",
        value: step / 7,
        step,
        timestamp: 1000 + step,
      }));
      await api.runs.logBatch(runId, { metrics, params: { i: String(i) }, tags: { note: "x" } });
      await api.runs.logInputs(runId, {
        datasets: [{ dataset: { name: "d", digest: "1", sourceType: "l", source: "s" }, tags: {} }],
      });
      await api.artifacts.upload({ runId, artifactUri: run.info.artifactUri }, "a.bin", Buffer.alloc(2000, String(i)));
      await api.runs.update(runId, { status: "FINISHED", endTime: 5000 });
    }
    const [first] = (await api.runs.searchPage({ experimentIds: [experimentId], orderBy: ["run_name"] })).items;
    const { modelId } = await api.loggedModels.create({ experimentId, name: "m", sourceRunId: first!.info.runId });
    await api.loggedModels.finalize(modelId);
    await api.runs.logOutputs(first!.info.runId, [{ modelId, step: 0 }]);
    await api.registeredModels.create({ name });
    for (let i = 0; i < 3; i++) await api.modelVersions.create({ name, source: `models:/${modelId}`, modelId });
    await api.registeredModels.setAlias(name, "champion", "2");
    await api.registeredModels.deleteAlias(name, "champion");
    await api.modelVersions.delete(name, "1");

    const truth = clientOf(server.url);
    const runs = (
      await truth.runs.searchPage({ experimentIds: [experimentId], orderBy: ["run_name"], maxResults: 100 })
    ).items;
    expect(runs.map((r) => [r.info.runName, r.info.status, r.params, r.inputs.datasets.length])).toEqual(
      Array.from({ length: 8 }, (_, i) => [`r${i}`, "FINISHED", { i: String(i) }, 1]),
    );
    for (const { info } of runs) {
      const points = (await truth.metrics.historyPage(info.runId, "loss")).items;
      expect(points.map((p) => p.step).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
      expect(Buffer.from(await truth.artifacts.read({ runId: info.runId }, "a.bin")).toString()).toBe(
        info.runName.slice(1).repeat(2000),
      );
    }
    expect(runs[0]!.outputs).toEqual([{ modelId, step: 0 }]);
    expect((await truth.loggedModels.searchPage({ experimentIds: [experimentId] })).items).toHaveLength(1);
    const versions = (await truth.modelVersions.searchPage({ filter: `name = '${name}'` })).items;
    expect(versions.map((v) => v.version).sort()).toHaveLength(2);
    expect((await truth.registeredModels.get(name))!.aliases).toEqual({});
    expect(happened.size).toBeGreaterThan(4);
  },
);

test("a file of 500 MB whose upload is cut in the middle arrives whole, and is never in memory", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mlflow-js-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const size = 500 << 20;
  const file = join(folder, "model.bin");
  const descriptor = openSync(file, "w");
  ftruncateSync(descriptor, size);
  writeSync(descriptor, "end", size - 3);
  closeSync(descriptor);

  let connections = 0;
  const proxy = createServer((near) => {
    const far = connect(Number(new URL(server.url).port), "127.0.0.1");
    const isFirst = connections++ === 0;
    let passed = 0;
    near.on("data", (chunk) => {
      passed += chunk.length;
      if (isFirst && passed > size / 2) {
        near.destroy();
        far.destroy();
      }
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  const direct = clientOf(server.url);
  const experimentId = await direct.experiments.create({ name: randomUUID() });
  const { info } = await direct.runs.create({ experimentId });
  const before = process.memoryUsage().rss;
  let most = 0;
  await clientOf(`http://127.0.0.1:${address.port}`).artifacts.upload(info, "model.bin", file, {
    onProgress: () => {
      most = Math.max(most, process.memoryUsage().rss - before);
    },
  });
  expect(connections).toBe(2);
  expect(most).toBeLessThan(size / 2);
  const copy = join(folder, "copy.bin");
  await direct.artifacts.download(info, "model.bin", copy);
  expect(statSync(copy).size).toBe(size);
  for await (const found of direct.artifacts.list(info)) expect(found).toMatchObject({ path: "model.bin", size });
});
