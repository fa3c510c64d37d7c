/**
 * The way to an MLflow server: logging 50 runs × 20 params × 500 metrics against Python's log_batch on the same server; what a
 * server that takes 200 ms for each request costs a sweep; a file of 500 MB whose upload is cut. `node bench/outbox.ts [PART …]`
 * with the parts log, slow, upload; all without one. Ratios of wall time; exit code 1 when one misses its target.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { TrackingStore } from "../src/core/store.ts";
import { openEmbeddedStore } from "../src/stores/embedded/store.ts";
import { startMirror } from "../src/stores/outbox/live.ts";
import { openOutbox } from "../src/stores/outbox/outbox.ts";
import { openRemoteStore } from "../src/stores/remote/store.ts";
import { startFaultyProxy } from "../test/support/faulty-proxy.ts";
import { startMlflowServer } from "../test/support/mlflow-server.ts";
import { venvPython } from "../test/support/venv.ts";
import { median } from "./support/processes.ts";

const RUNS = 50;
const PARAMS = 20;
const METRICS = 500;
const REPEATS = 3;
const [TARGET_LOG, TARGET_SLOW] = [0.5, 1.03];

const parts = process.argv.slice(2);
const wanted = (part: string): boolean => parts.length === 0 || parts.includes(part);
const home = mkdtempSync(join(tmpdir(), "disease-bench-"));
const server = await startMlflowServer({ workers: 4 }); // as `mlflow server` starts by itself
try {
  if (wanted("log")) await benchLog();
  if (wanted("slow")) await benchSlow();
  if (wanted("upload")) await benchUpload();
} finally {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}

async function benchLog(): Promise<void> {
  const python = await venvPython("reference");
  const store = openRemoteStore({ uri: server.url });
  const { experimentId } = await store.ensureExperiment("bench");
  const sides: Record<string, () => Promise<number>> = {
    python: async () => logByPython(python),
    "ours, one run after the other": () => logRuns(store, experimentId, 1),
    "ours, 8 runs at once, as the outbox sends": () => logRuns(store, experimentId, 8),
  };
  const seconds: Record<string, number[]> = {};
  for (let i = 0; i < REPEATS; i++) {
    for (const [side, log] of Object.entries(sides)) {
      seconds[side] ??= [];
      seconds[side].push(await log());
    }
  }
  store.close();
  const base = median(seconds.python!);
  console.log(`${RUNS} runs x ${PARAMS} params x ${METRICS} metrics to one server, median of ${REPEATS}:`);
  for (const [side, all] of Object.entries(seconds)) {
    console.log(`  ${side}: ${median(all).toFixed(2)} s, ${(median(all) / base).toFixed(2)} x python`);
  }
  judge(median(Object.values(seconds).at(-1)!) / base, TARGET_LOG);
}

function logByPython(python: string): number {
  const script = join(import.meta.dirname, "python", "outbox.py");
  const { status, stdout, stderr } = spawnSync(python, [script, server.url, ...[RUNS, PARAMS, METRICS].map(String)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim().split("\n").at(-1));
}

async function logRuns(store: TrackingStore, experimentId: string, atOnce: number): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < RUNS) await logRun(store, experimentId, next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (performance.now() - begun) / 1000;
}

async function logRun(store: TrackingStore, experimentId: string, r: number): Promise<void> {
  const { runId } = await store.createRun({ experimentId, runName: `ours ${r}`, startTime: r });
  await store.write(runId, {
    metrics: Array.from({ length: METRICS }, (_, i) => ({
      ...{ key: i % 2 ? "loss" : "val_loss", value: 1 / (i + 1) },
      ...{ timestamp: 1_700_000_000_000 + i * 20, step: i >> 1 },
    })),
    params: Object.fromEntries(Array.from({ length: PARAMS }, (_, i) => [`param_${i}`, String(i)])),
    status: "FINISHED",
    endTime: r + 1,
  });
}

/** Trials that only wait, as those in other processes do: what is left is what the mirror adds. */
async function benchSlow(): Promise<void> {
  const [trials, jobs, each] = [40, 2, 3000];
  // in a thread of its own, so that it takes no time of the sweep's
  const proxy = new Worker(join(import.meta.dirname, "support", "slow-proxy.ts"), {
    workerData: { target: server.url, delay: 200 },
  });
  const [uri] = (await once(proxy, "message")) as [string];
  const took = { alone: 0, mirrored: 0 };
  for (const side of ["alone", "mirrored"] as const) {
    const folder = join(home, side);
    const store = openEmbeddedStore({ folder });
    const begun = performance.now();
    const mirror =
      side === "alone"
        ? undefined
        : startMirror({
            outbox: openOutbox({ folder, uri }),
            connect: async () => {
              const store = openRemoteStore({ uri });
              return { store, close: store.close };
            },
          });
    await pretendSweep(store, trials, jobs, each, (runId) => mirror?.add(runId));
    const ended = performance.now();
    const pending = await mirror?.finish();
    if (mirror) console.log(`  after the sweep's end: ${((performance.now() - ended) / 1000).toFixed(2)} s`);
    took[side] = (performance.now() - begun) / 1000;
    if (pending && pending.runs > 0) throw new Error(`not all was sent: ${JSON.stringify(pending)}`);
    mirror?.close();
    store.close();
  }
  await proxy.terminate();
  const ratio = took.mirrored / took.alone;
  console.log(
    `sweep of ${trials} trials of ${each / 1000} s, ${jobs} at once, 20 files each, server 200 ms a request: ` +
      `${took.alone.toFixed(2)} s alone, ${took.mirrored.toFixed(2)} s mirrored, ${ratio.toFixed(3)} x`,
  );
  judge(ratio, TARGET_SLOW);
}

async function pretendSweep(
  store: TrackingStore,
  trials: number,
  jobs: number,
  each: number,
  onSweep: (runId: string) => void,
): Promise<void> {
  const { experimentId } = await store.ensureExperiment("slow");
  const sweep = await store.createRun({ experimentId, runName: "sweep", startTime: Date.now() });
  onSweep(sweep.runId);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < trials) {
      const tags = { "mlflow.parentRunId": sweep.runId };
      const { runId } = await store.createRun({
        experimentId,
        runName: `trial ${next++}`,
        startTime: Date.now(),
        tags,
      });
      await store.write(runId, { params: { family: "xgboost", trial: String(next) } });
      await store.writeArtifact(runId, "config/trial.json", Buffer.from("{}"));
      await delay(each);
      for (let f = 0; f < 19; f++) await store.writeArtifact(runId, `reports/${f}.csv`, Buffer.alloc(5000, "1,2\n"));
      const metrics = Array.from({ length: 50 }, (_, i) => ({
        key: `m${i}`,
        value: i,
        timestamp: Date.now(),
        step: 0,
      }));
      await store.write(runId, { metrics, status: "FINISHED", endTime: Date.now() });
    }
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  await store.write(sweep.runId, { status: "FINISHED", endTime: Date.now() });
}

async function benchUpload(): Promise<void> {
  const size = 500 << 20;
  const folder = join(home, "upload");
  const store = openEmbeddedStore({ folder });
  const { experimentId } = await store.ensureExperiment("upload");
  const { runId } = await store.createRun({ experimentId, runName: "large", startTime: Date.now() });
  const model = join((await store.localArtifacts(runId))!, "model");
  mkdirSync(model, { recursive: true });
  const file = openSync(join(model, "model.bin"), "w");
  const block = Buffer.alloc(1 << 20, "abcdefgh");
  for (let i = 0; i < size >> 20; i++) writeSync(file, block);
  closeSync(file);
  await store.write(runId, { status: "FINISHED", endTime: Date.now() });

  let cuts = 0;
  const proxy = await startFaultyProxy(server.url, (what) =>
    what.endsWith("model.bin") && cuts++ === 0 ? { cutAfter: size / 2 } : undefined,
  );
  const remote = openRemoteStore({ uri: proxy.url });
  const outbox = openOutbox({ folder, uri: proxy.url });
  outbox.add(runId);
  outbox.tryLock();
  const before = process.memoryUsage.rss();
  const begun = performance.now();
  for (let rounds = 0; outbox.pending().runs > 0 && rounds < 5; rounds++) {
    outbox.start({ store: remote }, "all");
    await outbox.idle();
  }
  const seconds = (performance.now() - begun) / 1000;
  const left = outbox.pending();
  console.log(
    `file of 500 MB, cut once at 250 MB: ${seconds.toFixed(1)} s, ${cuts} uploads, ${left.runs} runs left, ` +
      `memory ${(before / 1e6).toFixed(0)} MB before (the proxy of this process holds the file)`,
  );
  outbox.close();
  remote.close();
  store.close();
  await proxy.close();
  if (left.runs > 0) process.exitCode = 1;
}

function judge(ratio: number, target: number): void {
  console.log(`  ${ratio <= target ? "holds" : "MISSES"} the target of ${target}`);
  if (ratio > target) process.exitCode = 1;
}
