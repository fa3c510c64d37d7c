/**
 * CPU time of bootstrap intervals and of the "tied with #1" mark, and their ratio to scikit-learn's functions on the same
 * draws of the same predictions (fewer of them: a draw costs the same each time).
 *
 *     node bench/statistics.ts [PYTHON]      default: the reference environment of the tests
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metrics } from "../src/metrics/index.ts";
import { bootstrapIntervals } from "../src/statistics/bootstrap.ts";
import { compareToBest } from "../src/statistics/paired.ts";
import { simulate } from "../test/support/metrics.ts";
import { venvPython } from "../test/support/venv.ts";

const RESAMPLES = 1000;
const PEER_RESAMPLES = 20;
const CANDIDATES = 40;

const PEER = `
import sys, time, json, warnings
import numpy as np
from sklearn import metrics as m
warnings.filterwarnings("ignore")
folder, rows, k, draws = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
y = np.fromfile(folder + "/y", "<i4"); P = np.fromfile(folder + "/proba", "<f4").reshape(rows, k).astype(float)
P /= P.sum(1, keepdims=True)
orphans = [k - 2, k - 1]
def ece(y, P):
    c, ok = P.max(1), P.argmax(1) == y
    b = np.minimum(14, np.ceil(c * 15).astype(int) - 1)
    return np.abs(np.bincount(b, ok - c, 15)).sum() / len(y)
def headline(y, P):
    pred = P.argmax(1); labels = range(k); have = np.unique(y)
    m.accuracy_score(y, pred); m.balanced_accuracy_score(y, pred)
    m.f1_score(y, pred, average="macro", zero_division=0); m.recall_score(y, pred, average="macro", zero_division=0)
    m.recall_score(y, pred, labels=orphans, average="macro", zero_division=0)
    m.mean_squared_error(np.eye(k)[y], P); m.log_loss(y, P, labels=labels); ece(y, P)
    np.mean([m.roc_auc_score(y == c, P[:, c]) for c in have])
rng = np.random.default_rng(1); draw = [rng.integers(0, rows, rows) for _ in range(draws)]
headline(y, P)
t = time.process_time()
for i in draw: headline(y[i], P[i])
a = time.process_time() - t
pred = P.argmax(1)
t = time.process_time()
for i in draw: m.f1_score(y[i], pred[i], average="macro", zero_division=0)
print(json.dumps({"headline": a / draws * 1000, "f1": (time.process_time() - t) / draws * 1000}))
`;

function cpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const python = process.argv[2] ?? (await venvPython("reference"));
const headline = metrics.filter((m) => m.headline);
const f1 = metrics.filter((m) => m.id === "f1_macro");
const folder = mkdtempSync(join(tmpdir(), "bench-statistics-"));
try {
  for (const [rows, classes] of [
    [73, 6],
    [4000, 41],
    [20_000, 41],
  ] as const) {
    const candidates = Array.from({ length: CANDIDATES }, (_, c) => [
      simulate({ rows, classes, skill: 0.5, seed: 1, noise: c + 2 }),
    ]);
    const scored = candidates[0][0];
    writeFileSync(join(folder, "y"), scored.y);
    writeFileSync(join(folder, "proba"), scored.proba);
    const intervals = cpu(() => bootstrapIntervals(scored, headline, { seed: 1, resamples: RESAMPLES }));
    const mark = cpu(() => compareToBest(f1[0], candidates, 0, { seed: 1, resamples: RESAMPLES }));
    const { stdout, stderr, status, error } = spawnSync(
      python,
      ["-c", PEER, folder, String(rows), String(classes), String(PEER_RESAMPLES)],
      { encoding: "utf8", env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" } },
    );
    if (status !== 0) throw new Error(error?.message ?? stderr);
    const peer: { headline: number; f1: number } = JSON.parse(stdout);
    console.log(`${rows} rows × ${classes} classes, ${RESAMPLES} draws, CPU`);
    report(`intervals of ${headline.length} headline metrics`, intervals, peer.headline * RESAMPLES);
    report(`tied mark on f1_macro, ${CANDIDATES} candidates`, mark, peer.f1 * CANDIDATES * RESAMPLES);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function report(what: string, ours: number, peer: number): void {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  console.log(
    `  ${what.padEnd(42)} ${seconds(ours).padStart(9)}   scikit-learn ${seconds(peer).padStart(10)} (from ${PEER_RESAMPLES} draws)   ratio ${(ours / peer).toFixed(4)}`,
  );
}
