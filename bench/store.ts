/**
 * The embedded store: metrics a second at one flush a run, and pages of 10,000 runs. `node bench/store.ts [RUNS]`
 * The ratio is of wall time to the target; at least 1 is good.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStore } from "../src/stores/embedded/store.ts";
import { makeRuns } from "./support/runs.ts";

const RUNS = 50;
const METRICS = 500;
const TARGET_METRICS = 40_000; // a second
const TARGET_PAGE = 0.2; // seconds for a page of 1,000
const TARGET_ALL = 0.5; // seconds that `disease exp ls` may take
const REPEATS = 5;

const home = mkdtempSync(join(tmpdir(), "disease-bench-"));
try {
  let attempt = 0;
  const written = await fastest(() => timeWrites(join(home, `write-${attempt++}`)));
  const rate = (RUNS * METRICS) / written.wall;
  report(
    `${RUNS} runs x ${METRICS} metrics, one flush a run: ${Math.round(rate)} metrics/s`,
    written,
    rate / TARGET_METRICS,
  );

  const runs = Number(process.argv[2] ?? 10_000);
  const folder = join(home, "read");
  const filled = performance.now();
  const experimentId = await makeRuns(folder, runs);
  console.log(`filled ${runs} runs in ${((performance.now() - filled) / 1000).toFixed(1)} s`);
  const store = openEmbeddedStore({ folder, readOnly: true });
  const columns = {
    metrics: ["val_f1_macro", "val_log_loss", "val_roc_auc"],
    params: ["family", "seed"],
    tags: ["mlflow.parentRunId"],
  };
  const searches = {
    "newest 1,000": {},
    "best 1,000 by a metric": { orderBy: ["metrics.val_f1_macro DESC"] },
    "filtered by two, ordered by another": {
      filter: "metrics.val_f1_macro > 0.5 and params.family = 'xgboost'",
      orderBy: ["metrics.val_log_loss"],
    },
    "last page": { pageToken: Buffer.from(`{"offset": ${runs - 1000}}`).toString("base64") },
    "all runs at once": { maxResults: 50_000 },
  };
  for (const [what, search] of Object.entries(searches)) {
    const cost = await fastest(() =>
      timed(() => store.searchRuns({ experimentIds: [experimentId], columns, ...search })),
    );
    const target = "maxResults" in search ? TARGET_ALL : TARGET_PAGE;
    report(`${what} of ${runs} runs, 6 columns`, cost, target / cost.wall);
  }
  store.close();
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** Seconds. CPU tells more than wall time on a busy machine. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

async function timeWrites(folder: string): Promise<Cost> {
  const store = openEmbeddedStore({ folder });
  const { experimentId } = await store.ensureExperiment("bench");
  const cost = await timed(async () => {
    for (let r = 0; r < RUNS; r++) {
      const { runId } = await store.createRun({ experimentId, runName: `run ${r}`, startTime: r });
      const metrics = Array.from({ length: METRICS }, (_, i) => ({
        key: i % 2 === 0 ? "train_loss" : "val_loss",
        value: Math.exp(-i / 100),
        timestamp: 1_700_000_000_000 + r * 20_000 + i * 20, // as clocks go: runs do not share their times
        step: i >> 1,
      }));
      await store.write(runId, { metrics, params: { seed: String(r) }, status: "FINISHED", endTime: r + 1 });
    }
  });
  store.close();
  return cost;
}

async function fastest(measure: () => Promise<Cost>): Promise<Cost> {
  let best = await measure();
  for (let i = 1; i < REPEATS; i++) {
    const cost = await measure();
    if (cost.wall < best.wall) best = cost;
  }
  return best;
}

async function timed(action: () => Promise<unknown>): Promise<Cost> {
  const begun = performance.now();
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 };
}

function report(what: string, { wall, cpu }: Cost, ratio: number): void {
  const ms = (seconds: number) => Math.round(seconds * 1000);
  console.log(`${what}: ${ms(wall)} ms (CPU ${ms(cpu)} ms), ${ratio.toFixed(2)} x the target`);
}
