/**
 * What a search spares: TPE with successive halving against a full grid over the same families on the simulated table, until it reaches the
 * grid's best validation macro F1. Training seconds are those of `fit_seconds`, pruned and stopped trials included; CPU is that of
 * all processes. Target: ≤ 0.25 of the grid's training seconds, median over the seeds.
 *
 *     node bench/search.ts [--rows 20000] [--seeds 1,2,3,4,5] [--trials 60] [--jobs 2]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Tag } from "../src/core/trial.ts";
import { openEmbeddedStore } from "../src/stores/embedded/store.ts";
import { venvPython } from "../test/support/venv.ts";
import { median, spend } from "./support/processes.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "20000" },
    seeds: { type: "string", default: "1,2,3,4,5" },
    trials: { type: "string", default: "60" },
    jobs: { type: "string", default: "2" },
  },
});

const HEAD = `data: { path: data/symptoms.csv, target: disease, columns: { patient_id: { role: ignore } } }
charts: none
bootstrap: { resamples: 100 }
`;
/** 20 trials. */
const GRID = `families:
  logistic: { C: [0.01, 0.1, 1, 10] }
  random-forest: { min_samples_leaf: [1, 3] }
  xgboost: { learning_rate: [0.1, 0.2], max_depth: [3, 4, 6] }
  gbm: { learning_rate: [0.05, 0.1], num_leaves: [7, 15] }
  mlp: { layers: [[128], [256, 128]], learning_rate: [0.001, 0.003] }
`;
const SPACE = `families:
  logistic: { C: { low: 0.003, high: 30, log: true } }
  random-forest: { min_samples_leaf: { low: 1, high: 6, int: true } }
  xgboost: { learning_rate: { low: 0.03, high: 0.3, log: true }, max_depth: { low: 2, high: 8, int: true } }
  gbm: { learning_rate: { low: 0.03, high: 0.3, log: true }, num_leaves: { low: 4, high: 63, int: true, log: true } }
  mlp: { layers: { choice: [[64], [128], [256], [256, 128]] }, learning_rate: { low: 0.0005, high: 0.02, log: true } }
`;
const searchOf = (seed: string): string =>
  `search: { strategy: tpe, trials: ${values.trials}, seed: ${seed}, pruner: { kind: asha, reduction: 3, min_rounds: 9 } }\n`;

const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
try {
  const python = await venvPython("reference");
  for (const name of ["data", "experiments"]) mkdirSync(join(folder, name));
  execFileSync(python, [
    join(import.meta.dirname, "python", "make_symptoms.py"),
    values.rows,
    join(folder, "data/symptoms.csv"),
  ]);
  const grid = await sweep("grid", HEAD + GRID, []);
  const target = grid.best.toFixed(6);
  console.log(
    `grid: ${grid.trials} trials, best macro F1 ${target} by ${grid.winner}; training ${grid.training.toFixed(1)} s, CPU ${grid.cpu.toFixed(1)} s`,
  );
  const ratios: number[] = [];
  for (const seed of values.seeds.split(",")) {
    const found = await sweep(`search-${seed}`, HEAD + SPACE + searchOf(seed), ["--until", `f1_macro>=${target}`]);
    const ratio = found.best >= Number(target) ? found.training / grid.training : Number.POSITIVE_INFINITY;
    ratios.push(ratio);
    const { trials, pruned, best, winner, training, cpu } = found;
    console.log(
      `search, seed ${seed}: ${trials} trials (${pruned} pruned), ${best.toFixed(6)} by ${winner}; training ${training.toFixed(1)} s (${ratio.toFixed(3)}), CPU ${cpu.toFixed(1)} s (${(cpu / grid.cpu).toFixed(3)})`,
    );
  }
  console.log(`median ratio of training seconds: ${median(ratios).toFixed(3)} (target 0.25)`);
  process.exitCode = median(ratios) <= 0.25 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Found {
  readonly trials: number;
  readonly pruned: number;
  readonly best: number;
  readonly winner: string;
  /** Seconds of fitting, over all trials. */
  readonly training: number;
  readonly cpu: number;
}

async function sweep(name: string, text: string, flags: readonly string[]): Promise<Found> {
  writeFileSync(join(folder, `experiments/${name}.yaml`), text);
  const bin = join(import.meta.dirname, "../bin/run.js");
  const args = [bin, "exp", "run", name, "--project", folder, "--jobs", values.jobs, "--log-models", "none", ...flags];
  const { cpu } = spend(process.execPath, args);
  const store = openEmbeddedStore({ folder: join(folder, "mlruns"), readOnly: true });
  try {
    const experiment = await store.getExperimentByName(name);
    const { items } = await store.searchRuns({
      experimentIds: [experiment!.experimentId],
      filter: `tags.\`${Tag.kind}\` = 'trial'`,
      orderBy: ["metrics.val_f1_macro DESC"],
      columns: { metrics: ["val_f1_macro", "fit_seconds"], params: [], tags: [Tag.pruned] },
    });
    // A trial that was running when the target was reached has no fit_seconds: what it had run counts.
    const seconds = items.map(
      ({ metrics, info }) => metrics.fit_seconds ?? ((info.endTime ?? info.startTime) - info.startTime) / 1000,
    );
    return {
      trials: items.length,
      pruned: items.filter((run) => run.tags[Tag.pruned] !== undefined).length,
      best: items[0]!.metrics.val_f1_macro!,
      winner: items[0]!.info.runName,
      training: seconds.reduce((a, b) => a + b, 0),
      cpu,
    };
  } finally {
    store.close();
  }
}
