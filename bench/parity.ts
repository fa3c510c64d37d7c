/**
 * Accuracy on the sets that ship against the Python peer (scikit-learn, xgboost, lightgbm; reference.json): validation
 * macro F1 on the same rows, with the peer's preparation, over the five seeds of data/splits/. Runs the program itself in
 * a temporary project. Exit code 1 when our best family is more than 0.01 below the peer's best on a set.
 *
 *     node bench/parity.ts [--sets dermatology,wdbc] [--types inferred] [--program bin/run.js]
 *
 * "ours" and "peer" are the mean over seeds of the family's best trial in each seed, ± standard deviation; "one setting"
 * is our best single setting, as a leaderboard ranks it. `--types inferred` leaves yes/no columns the booleans that the
 * program takes them for; to the peer they are categories.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { meanSd } from "../src/statistics/summary.ts";

const root = join(import.meta.dirname, "..");
const SEEDS = [1, 2, 3, 4, 5];
const SLACK = 0.01;

const TARGETS: Readonly<Record<string, string>> = {
  dermatology: "disease",
  primary_tumor: "tumor_site",
  heart_disease: "severity",
  chronic_kidney: "class",
  audiology: "diagnosis",
  vertebral_column: "diagnosis",
  wdbc: "diagnosis",
};

/** One or two settings a family, as many as the peer had, each with and without class weights. */
const GRIDS: Readonly<Record<string, readonly object[]>> = {
  logistic: [{ C: [0.1, 1] }],
  "random-forest": [{ n_estimators: 300, min_samples_leaf: [1, 3] }],
  xgboost: [
    { n_estimators: 200, learning_rate: 0.1, max_depth: 6 },
    { n_estimators: 200, learning_rate: 0.3, max_depth: 4 },
  ],
  gbm: [{ n_estimators: 200, learning_rate: 0.1, num_leaves: 31 }],
};

/** Our families by their names in reference.json. */
const PEERS: Readonly<Record<string, string>> = {
  lr: "logistic",
  rf: "random-forest",
  xgb: "xgboost",
  lgb: "gbm",
  lr_bal: "logistic balanced",
  lr1_bal: "logistic balanced",
  rf_bal: "random-forest balanced",
  lgb_bal: "gbm balanced",
};

interface Trial {
  readonly seed: number;
  /** Family, with " balanced" where classes are weighted. */
  readonly family: string;
  readonly setting: string;
  readonly f1: number;
}

interface Score {
  readonly mean: number;
  readonly sd: number;
}

const { values: flags } = parseArgs({
  options: {
    sets: { type: "string", default: Object.keys(TARGETS).join() },
    types: { type: "string", default: "peer" },
    program: { type: "string", default: join(root, "bin", "run.js") },
  },
});
const reference = JSON.parse(readFileSync(join(import.meta.dirname, "reference.json"), "utf8")) as Record<
  "plain" | "balanced",
  Record<string, Record<string, Record<string, [mean: number, sd: number]>>>
>;
const project = mkdtempSync(join(tmpdir(), "disease-parity-"));
try {
  mkdirSync(join(project, "experiments"));
  const missed = flags.sets.split(",").filter((set) => !compare(set, run(set)));
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** Trains the grid on one set and reads every trial back. */
function run(set: string): Trial[] {
  const path = join(root, "data", `${set}.csv`);
  const weighted = (grid: object): object => ({ ...grid, class_weight: ["none", "balanced"] });
  const experiment = {
    name: set,
    data: { path, target: TARGETS[set], columns: flags.types === "peer" ? textColumns(path, TARGETS[set]!) : {} },
    split: { file: join(root, "data", "splits", `${set}.json`), duplicates: "allow" },
    seeds: SEEDS,
    preparations: { peer: [{ impute: { numeric: "median" } }, { encode: { min_frequency: 2 } }, "scale"] },
    families: Object.fromEntries(Object.entries(GRIDS).map(([id, grids]) => [id, grids.map(weighted)])),
    bootstrap: { resamples: 100 },
    charts: "none",
  };
  const file = join(project, "experiments", `${set}.yaml`);
  writeFileSync(file, stringify(experiment));
  disease("exp", "run", file);
  const columns = ["metrics.val_f1_macro", "params.family", "params.class_weight", "params.seed"];
  const filter = "tags.`disease.kind` = 'trial'";
  const args = ["exp", "ls", set, "--json", "--limit", "10000", "--filter", filter, "--columns", columns.join()];
  const { runs } = JSON.parse(disease(...args)) as { runs: Record<string, string | number>[] };
  return runs.map((run) => ({
    seed: Number(run["params.seed"]),
    family: `${run["params.family"]}${run["params.class_weight"] === "balanced" ? " balanced" : ""}`,
    setting: String(run.name).replace(/ · seed \d+$/, ""),
    f1: Number(run["metrics.val_f1_macro"]),
  }));
}

/** Columns with text, which are categories to the peer. No cell of these files is quoted. */
function textColumns(path: string, target: string): Record<string, { type: "categorical" }> {
  const [names, ...rows] = readFileSync(path, "utf8")
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  const texts = names!.filter((name, i) => name !== target && rows.some((row) => Number.isNaN(Number(row[i]))));
  return Object.fromEntries(texts.map((name) => [name, { type: "categorical" }]));
}

function disease(...args: string[]): string {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  return execFileSync(process.execPath, [flags.program, ...args], {
    encoding: "utf8",
    stdio: [...stdio],
    cwd: project,
    maxBuffer: 1 << 28,
  });
}

/** Prints a set's table and verdict; false when it misses. */
function compare(set: string, trials: readonly Trial[]): boolean {
  const peers = new Map<string, Score>();
  for (const [part, key] of [
    ["plain", "valid_f1"],
    ["balanced", "valid_f1_macro"],
  ] as const) {
    for (const [name, scores] of Object.entries(reference[part][set] ?? {})) {
      const [mean, sd] = scores[key]!;
      const family = PEERS[name] ?? `(${name})`;
      if (mean > (peers.get(family)?.mean ?? 0)) peers.set(family, { mean, sd });
    }
  }
  const ours = new Map(
    [...Map.groupBy(trials, (t) => t.family)].map(([family, own]) => [
      family,
      { ...bestOfSeeds(own), setting: bestSetting(own) },
    ]),
  );
  console.log(`\n${set.padEnd(28)}${"ours".padEnd(18)}${"one setting".padEnd(14)}${"peer".padEnd(18)}difference`);
  for (const family of new Set([...ours.keys(), ...peers.keys()])) {
    const [own, peer] = [ours.get(family), peers.get(family)];
    const difference = own && peer ? own.mean - peer.mean : undefined;
    const mark = difference !== undefined && difference < -SLACK ? "  below" : "";
    console.log(
      [
        `  ${family}`.padEnd(28),
        show(own).padEnd(18),
        (own?.setting.toFixed(4) ?? "–").padEnd(14),
        show(peer).padEnd(18),
        `${difference === undefined ? "–" : `${difference < 0 ? "" : "+"}${difference.toFixed(4)}`}${mark}`,
      ].join(""),
    );
  }
  const [first, rival] = [best(ours), best(peers)];
  const difference = first[1].mean - rival[1].mean;
  const verdict = difference >= -SLACK ? "holds" : "MISSES";
  console.log(`  ${verdict}: ${first[0]} ${show(first[1])}, peer's best ${rival[0]} ${show(rival[1])}`);
  return difference >= -SLACK;
}

function bestOfSeeds(trials: readonly Trial[]): Score {
  return meanSd(SEEDS.map((seed) => Math.max(...trials.filter((t) => t.seed === seed).map((t) => t.f1))));
}

function bestSetting(trials: readonly Trial[]): number {
  const settings = Map.groupBy(trials, (t) => t.setting).values();
  return Math.max(...settings.map((own) => meanSd(own.map((t) => t.f1)).mean));
}

function best<T extends Score>(scores: ReadonlyMap<string, T>): [string, T] {
  return [...scores].reduce((a, b) => (b[1].mean > a[1].mean ? b : a));
}

function show(score: Score | undefined): string {
  return score === undefined ? "–" : `${score.mean.toFixed(4)} ± ${score.sd.toFixed(4)}`;
}
