/**
 * The same grid of trials, logged in full, by `disease exp run` and by a Python script of scikit-learn, XGBoost, LightGBM and
 * MLflow (peer_grid.py), in turn, on the same split and all cores. Build first: npm run build.
 *
 *     node bench/grid.ts [--size dermatology|20k|100k] [--pairs 3] [--ours]
 *
 * Targets: wall time at most 0.10 of the peer's on dermatology, 0.5 on the others; the best validation macro F1 not lower by more than
 * 0.005, each family's own best not by more than 0.01. Exit code 1 when one is missed. Without torch the peer has no
 * transformer, and neither has our grid.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { venvPython } from "../test/support/venv.ts";
import { median, type Spent, spend } from "./support/processes.ts";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    size: { type: "string", default: "dermatology" },
    pairs: { type: "string", default: "3" },
    ours: { type: "boolean", default: false }, // without the peer, to see what a change brings
  },
});
const SIZES = {
  dermatology: { rows: 0, file: join(root, "experiments", "dermatology-grid.yaml"), target: 0.1 },
  "20k": { rows: 20_000, file: join(root, "bench", "grid-20k.yaml"), target: 0.5 },
  "100k": { rows: 100_000, file: join(root, "bench", "grid-100k.yaml"), target: 0.5 },
} as const;
const size = SIZES[values.size as keyof typeof SIZES];
if (!size) throw new Error(`--size is one of ${Object.keys(SIZES).join(", ")}`);

/** What we call the peer's families. */
const FAMILIES: Readonly<Record<string, string>> = {
  lr: "logistic",
  lsvm: "svm linear",
  svm: "svm rbf",
  rf: "random-forest",
  hgb: "gbm to the end",
  xgb: "xgboost",
  lgb: "gbm",
  mlp: "mlp",
  tabt: "transformer",
  vote: "ensemble",
};

type Best = Readonly<Record<string, number>>;
interface Outcome extends Spent {
  readonly trials: number;
  readonly best: Best;
}

const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
try {
  process.exitCode = (await compare()) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(): Promise<boolean> {
  const python = await venvPython("reference");
  const csv = join(folder, size.rows === 0 ? "data/dermatology.csv" : "symptoms.csv");
  mkdirSync(join(folder, "data"));
  if (size.rows === 0) copyFileSync(join(root, "data", "dermatology.csv"), csv);
  else execFileSync(python, [join(import.meta.dirname, "python", "make_symptoms.py"), String(size.rows), csv, "7"]);
  copyFileSync(size.file, join(folder, "grid.yaml"));
  const split = join(folder, "split.json");
  const pairs: { ours: Outcome; peer?: Outcome }[] = [];
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const peer = values.ours ? undefined : runPeer(python, csv, split);
    const mine = runOurs(existsSync(split));
    pairs.push({ ours: mine, peer });
    const line = (name: string, { wall, cpu, trials }: Outcome): string =>
      `${name}: ${trials} trials, ${wall.toFixed(2)} s of wall, ${cpu.toFixed(2)} s of CPU`;
    console.log(line("ours", mine));
    if (peer)
      console.log(`${line("peer", peer)}; wall ${ratio(mine.wall, peer.wall)}, CPU ${ratio(mine.cpu, peer.cpu)}`);
  }
  return report(pairs);
}

function runPeer(python: string, csv: string, split: string): Outcome {
  const [db, out] = [join(folder, "peer.db"), join(folder, "peer.json")];
  rmSync(db, { force: true });
  const spent = spend(
    python,
    [
      join(import.meta.dirname, "python", "peer_grid.py"),
      ...[csv, "disease", "--tracking", `sqlite:///${db}`, "--out", out, "--split", split],
      ...["--jobs", String(availableParallelism())],
      ...(size.rows === 0 ? [] : ["--drop", "patient_id"]),
    ],
    { cwd: folder },
  );
  const { all } = JSON.parse(readFileSync(out, "utf8")) as {
    all: { family: string; valid: { f1_macro: number } }[];
  };
  return { ...spent, trials: all.length, best: bestOf(all.map((t) => [FAMILIES[t.family]!, t.valid.f1_macro])) };
}

function runOurs(sameSplit: boolean): Outcome {
  rmSync(join(folder, "mlruns"), { recursive: true, force: true });
  const disease = join(root, "bin", "run.js");
  const flags = sameSplit ? ["--set", "split.file=split.json"] : [];
  const spent = spend(process.execPath, [disease, "exp", "run", "grid.yaml", ...flags], { cwd: folder });
  const { stdout } = spawnSync(process.execPath, [disease, "exp", "leaderboard", "--json"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const { rows } = JSON.parse(stdout) as {
    rows: { rank: number | null; params: Record<string, string>; metrics: Record<string, { mean: number }> }[];
  };
  const done = rows.filter((row) => row.rank !== null);
  return {
    ...spent,
    trials: done.length,
    best: bestOf(done.map((r) => [ourName(r.params), r.metrics.f1_macro!.mean])),
  };
}

function ourName(params: Record<string, string>): string {
  if (params.family === "svm") return `svm ${params.kernel}`;
  if (params.family === "gbm" && params.early_stopping_rounds === "0") return "gbm to the end";
  return params.family!;
}

function bestOf(scores: readonly (readonly [family: string, score: number])[]): Best {
  const groups = Map.groupBy(scores, ([family]) => family);
  return Object.fromEntries([...groups].map(([family, list]) => [family, Math.max(...list.map(([, score]) => score))]));
}

function ratio(ours: number, theirs: number): string {
  return (ours / theirs).toFixed(3);
}

/** Prints medians and scores; whether all targets are met. */
function report(pairs: readonly { ours: Outcome; peer?: Outcome }[]): boolean {
  const peers = pairs.flatMap(({ ours, peer }) => (peer ? [{ ours, peer }] : []));
  const wall = median(peers.map(({ ours, peer }) => ours.wall / peer.wall));
  const cpu = median(peers.map(({ ours, peer }) => ours.cpu / peer.cpu));
  const mine = pairs.at(-1)!.ours.best;
  const theirs: Best = peers.at(-1)?.peer.best ?? {};
  console.log("\nbest validation macro F1        ours   peer");
  const misses: string[] = [];
  for (const family of Object.values(FAMILIES)) {
    const [own, other] = [mine[family], theirs[family]];
    if (own === undefined && other === undefined) continue;
    const short = own !== undefined && other !== undefined && own < other - 0.01;
    if (short) misses.push(family);
    console.log(
      `${family.padEnd(28)} ${own?.toFixed(3) ?? "    –"}  ${other?.toFixed(3) ?? "    –"}${short ? "  lower" : ""}`,
    );
  }
  const [best, bestPeer] = [Math.max(...Object.values(mine)), Math.max(...Object.values(theirs))];
  if (best < bestPeer - 0.005) misses.push("the best of all");
  if (peers.length > 0) {
    console.log(
      `\n${values.size}: wall ${wall.toFixed(3)} of the peer's (target ${size.target}), CPU ${cpu.toFixed(3)}`,
    );
    if (wall > size.target) misses.push("wall time");
  }
  if (misses.length > 0) console.log(`missed: ${misses.join(", ")}`);
  return misses.length === 0;
}
