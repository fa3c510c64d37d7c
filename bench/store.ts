/**
 * The embedded store: metrics a second at one flush a run, and pages of 10,000 runs. `node bench/store.ts [RUNS]`
 * Each line: what, figure, target, ratio (at least 1 is good).
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
  const best = Math.max(...(await repeat(() => metricsPerSecond(join(home, `write-${Math.random()}`)))));
  report(`${RUNS} runs x ${METRICS} metrics, one flush a run`, best, "metrics/s", best / TARGET_METRICS);

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
    const seconds = Math.min(
      ...(await repeat(() => timed(() => store.searchRuns({ experimentIds: [experimentId], columns, ...search })))),
    );
    report(
      `${what} of ${runs} runs, 6 columns`,
      seconds * 1000,
      "ms",
      ("maxResults" in search ? TARGET_ALL : TARGET_PAGE) / seconds,
    );
  }
  store.close();
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function metricsPerSecond(folder: string): Promise<number> {
  const store = openEmbeddedStore({ folder });
  const { experimentId } = await store.ensureExperiment("bench");
  const seconds = await timed(async () => {
    for (let r = 0; r < RUNS; r++) {
      const { runId } = await store.createRun({ experimentId, runName: `run ${r}`, startTime: r });
      const metrics = Array.from({ length: METRICS }, (_, i) => ({
        key: i % 2 === 0 ? "train_loss" : "val_loss",
        value: Math.exp(-i / 100),
        timestamp: 1_700_000_000_000 + i,
        step: i >> 1,
      }));
      await store.write(runId, { metrics, params: { seed: String(r) }, status: "FINISHED", endTime: r + 1 });
    }
  });
  store.close();
  return (RUNS * METRICS) / seconds;
}

async function repeat(measure: () => Promise<number>): Promise<number[]> {
  const figures: number[] = [];
  for (let i = 0; i < REPEATS; i++) figures.push(await measure());
  return figures;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await action();
  return (performance.now() - begun) / 1000;
}

function report(what: string, figure: number, unit: string, ratio: number): void {
  console.log(`${what}: ${Math.round(figure).toLocaleString("en")} ${unit}, ${ratio.toFixed(2)} x the target`);
}
