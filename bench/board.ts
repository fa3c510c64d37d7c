/**
 * The board's data: what loading, sorting, filtering and following runs take, with 40 columns. `node bench/board.ts [RUNS…]`
 * (default 10,000 and 100,000). CPU seconds; the ratio is of the target to what was measured, at least 1 is good.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { computeRows } from "../src/board/rows.ts";
import { type BoardView, CONFIGURATION, EMPTY_VIEW } from "../src/board/view.ts";
import type { RunTable } from "../src/core/board/board.ts";
import { createRunTable } from "../src/core/board/run-table.ts";
import { openEmbeddedBoard } from "../src/stores/embedded/board.ts";
import { openEmbeddedStore } from "../src/stores/embedded/store.ts";
import { makeBoardRuns } from "./support/board-runs.ts";
import { median } from "./support/processes.ts";

const LOAD = 3; // seconds for 100,000 runs
const SORT = 0.03;
const MEMORY = 200; // MB, at 10,000 runs
const SHARE = 0.15; // of a core
const REPEATS = 7;
const LOADS = 5;
const F1 = "metrics.val_f1_macro";

const sizes = process.argv.slice(2).map(Number);
for (const runs of sizes.length > 0 ? sizes : [10_000, 100_000]) await measure(runs);

async function measure(runs: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "disease-bench-"));
  try {
    const going = await makeBoardRuns(home, runs);
    console.log(`\n${runs} runs`);
    const table = createRunTable();
    const feed = openEmbeddedBoard({ folder: home });
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const load = await cpuOf(() => feed.load(table, new AbortController().signal));
    delays.disable();
    globalThis.gc?.();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const loads = [load];
    for (let i = 1; i < LOADS; i++) {
      const again = openEmbeddedBoard({ folder: home });
      loads.push(await cpuOf(() => again.load(createRunTable(), new AbortController().signal)));
      again.close();
    }
    report(`load ${table.columnIds.length} columns`, median(loads), runs === 100_000 ? LOAD : undefined);
    console.log(`  longest pause of other work while loading: ${(delays.max / 1e6).toFixed(0)} ms`);
    const mb = (bytes: number): number => Math.round(bytes / 1e6);
    const limit = runs === 10_000 ? `, ${(MEMORY / mb(rss)).toFixed(2)} x the target` : "";
    console.log(
      `  memory: process ${mb(rss)} MB (${mb(rss - before)} by the load), heap ${mb(heapUsed)}, arrays ${mb(arrayBuffers)}${limit}`,
    );

    const sort = (...ids: string[]): BoardView["sort"] => ids.map((id, i) => ({ id, descending: i % 2 === 0 }));
    compute("sort by a metric", table, { sort: sort(F1) }, SORT);
    compute("sort by family, then a metric", table, { sort: sort("params.family", F1) }, SORT);
    compute("sort by three metrics", table, { sort: sort(F1, "metrics.val_ece", "metrics.val_mse") });
    const first = spent(() => computeRows(table, { ...EMPTY_VIEW, sort: sort("attributes.run_name") }));
    report("sort by the name, all different, the first time", first);
    compute("and again", table, { sort: sort("attributes.run_name") }, SORT);
    compute("filter by two clauses", table, { sort: sort(F1), filter: `${F1} > 0.5 and params.family = 'gbm'` });
    compute("search a word", table, { sort: sort(F1), search: "depth=3" });
    compute("group by family", table, { sort: sort(F1), groupBy: ["params.family"] });
    compute("group repeats", table, { sort: sort(F1), groupBy: [CONFIGURATION] });
    compute("fold sweeps", table, { sort: sort(F1), nesting: "fold" });

    const nothing = await cpuOf(async () => {
      for (let i = 0; i < 1000; i++) await feed.refresh(table);
    });
    report("refresh when nothing changed", nothing / 1000);

    // Ten looks a second at a sweep that writes 50 batches a second: the work of one second, without the writer's.
    const store = openEmbeddedStore({ folder: home });
    const view = { ...EMPTY_VIEW, sort: sort(F1) };
    let rows = computeRows(table, view);
    const seconds: number[] = [];
    for (let second = 0, step = 1; second < REPEATS; second++) {
      let cpu = 0;
      for (let look = 0; look < 10; look++) {
        for (let i = 0; i < 5; i++, step++) {
          const metrics = [F1, "metrics.val_ece"].map((id) => ({
            key: id.slice(8),
            value: Math.sin(step),
            timestamp: step,
            step,
          }));
          await store.write(going[step % going.length]!, { metrics });
        }
        cpu += await cpuOf(async () => {
          await feed.refresh(table);
          rows = computeRows(table, view, { previous: rows });
        });
      }
      seconds.push(cpu);
    }
    store.close();
    const share = median(seconds);
    console.log(
      `  follow 50 updates/s, 10 looks/s: ${(share * 100).toFixed(1)} % of a core, ${(SHARE / share).toFixed(2)} x the target`,
    );
    feed.close();
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function compute(what: string, table: RunTable, view: Partial<BoardView>, target?: number): void {
  const all = Array.from({ length: REPEATS }, () => spent(() => computeRows(table, { ...EMPTY_VIEW, ...view })));
  report(what, median(all), table.rows > 50_000 ? target : undefined);
}

/** CPU seconds of this process. */
function spent(action: () => unknown): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function cpuOf(action: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function report(what: string, seconds: number, target?: number): void {
  const time = seconds < 0.001 ? `${(seconds * 1e6).toFixed(0)} µs` : `${(seconds * 1000).toFixed(1)} ms`;
  console.log(`  ${what}: ${time}${target === undefined ? "" : `, ${(target / seconds).toFixed(2)} x the target`}`);
}
