/**
 * The neural families against their peers, in CPU time of one thread.
 *
 *     node bench/neural.ts [--only steps|fits] [--sets dermatology,heart_disease,symptoms] [--seeds 5] [--rows 20000]
 *                          [--params '{"layers":[64]}'] [--torch PYTHON]
 *
 * steps: a training step of the network 139-256-128-41 (batch 512, batch norm, dropout, Adam) on each backend of
 * TensorFlow.js that is there, and in torch where a Python with it is named. Target: ≤ 1.3 × torch, ≤ 0.35 × tfjs-node.
 * Then one of the transformer at its defaults (19 tokens a patient) with 64 and 256 rows, against torch's TransformerEncoder
 * (target: ≤ 0.6 ×) and against our network line by line in torch.
 * fits: the family mlp at its defaults against scikit-learn's MLPClassifier in the peer's three settings, on the same
 * prepared rows. Target: macro F1 on validation at most 0.01 below the best setting's, CPU ≤ 1.5 × of that setting.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LabelledMatrix } from "../src/core/family.ts";
import { createRng } from "../src/core/rng.ts";
import { type BackendId, loadTensors, type Tensors } from "../src/engines/tensor/load.ts";
import { families } from "../src/families/index.ts";
import { createNetwork } from "../src/families/mlp/train.ts";
import { planColumns, tokenise } from "../src/families/transformer/tokens.ts";
import {
  createNetwork as createTransformerNetwork,
  type NetworkOptions as TransformerOptions,
} from "../src/families/transformer/train.ts";
import { meanSd } from "../src/statistics/summary.ts";
import { venvPython } from "../test/support/venv.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    sets: { type: "string", default: "dermatology,heart_disease,symptoms" },
    seeds: { type: "string", default: "5" },
    rows: { type: "string", default: "20000" },
    params: { type: "string", default: "{}" },
    torch: { type: "string" },
    backend: { type: "string" }, // used by the benchmark itself: times one backend
    network: { type: "string", default: "mlp" }, // on which network, with --backend
  },
});
const TARGETS: Readonly<Record<string, string>> = {
  dermatology: "disease",
  heart_disease: "severity",
  symptoms: "disease",
};
const python = (path: string, ...args: string[]): string =>
  execFileSync(path, [join(import.meta.dirname, "python", "neural.py"), ...args], { encoding: "utf8" });

if (values.backend) console.log(JSON.stringify({ cpu: await stepOn(values.backend as BackendId, values.network) }));
else {
  if (values.only !== "fits") steps();
  if (values.only !== "steps") await fits();
}

/** Each peer in a process of its own, in turn with ours. */
function steps(): void {
  for (const network of ["mlp", "transformer-64", "transformer-256"]) stepsOf(network);
}

function stepsOf(network: string): void {
  const own = (id: BackendId): number => {
    const args = [import.meta.filename, "--backend", id, "--network", network];
    const out = execFileSync(process.execPath, args, { encoding: "utf8" });
    return 1000 * (JSON.parse(out.trim().split("\n").at(-1)!) as { cpu: number }).cpu;
  };
  const torch = (variant: string): number => {
    const found = JSON.parse(python(values.torch!, "step", "100", variant)) as { cpu: number } | null;
    if (found === null) throw new Error(`${values.torch} has no torch`);
    return 1000 * found.cpu;
  };
  const peers: [name: string, measure: () => number, repeats: number][] = [];
  if (network === "mlp") peers.push(["tfjs cpu", () => own("cpu"), 1]); // the other one takes minutes there
  if (values.torch) peers.push(["torch", () => torch(network), 3]);
  if (values.torch && network !== "mlp") peers.push(["torch, our network", () => torch(`${network}-trimmed`), 3]);
  if (hasTfjsNode()) peers.push(["tfjs-node", () => own("tensorflow"), 3]);
  for (const [name, measure, repeats] of peers) {
    const pairs = Array.from({ length: repeats }, () => [own("openblas"), measure()] as const);
    const [a, b] = pairs.sort((p, q) => p[0] / p[1] - q[0] / q[1])[repeats >> 1]!;
    const figures = `openblas ${a.toFixed(1)} ms, ${name} ${b.toFixed(1)} ms CPU, ratio ${(a / b).toFixed(3)}`;
    console.log(`${network} step: ${figures}`);
  }
}

function hasTfjsNode(): boolean {
  try {
    createRequire(import.meta.url).resolve("@tensorflow/tfjs-node");
    return true;
  } catch {
    return false;
  }
}

/** Seconds of CPU a step. */
async function stepOn(id: BackendId, name: string): Promise<number> {
  const tensors = await loadTensors({ id });
  const rng = createRng(1);
  const [rows, cols, classes] = [4096, 139, 41];
  const transformer = name !== "mlp";
  // Of the transformer's columns 132 are yes or no, so that a patient has 19 tokens.
  const drawn = (j: number): number => (transformer && j < 132 ? Number(rng.next() < 0.085) : rng.next() * 2 - 1);
  const data = Float32Array.from({ length: rows * cols }, (_, i) => drawn(i % cols));
  const y = Int32Array.from({ length: rows }, () => rng.int(classes));
  const names = Array.from({ length: cols }, (_, j) => `c${j}`);
  const common = { train: { x: { rows, cols, names, data }, y }, weights: undefined, weightDecay: 0, gamma: 0, rng };
  const network = transformer
    ? createTransformer(tensors, common, classes)
    : createNetwork(tensors, { ...common, classes, hidden: [256, 128], dropout: 0.2, batchNorm: true });
  const batch = transformer ? Number(name.split("-")[1]) : 512;
  const run = (count: number): void => {
    for (let i = 0; i < count; i++)
      network.step(
        Int32Array.from({ length: batch }, () => rng.int(rows)),
        1e-3,
      );
  };
  const count = id === "cpu" ? 3 : 200;
  run(Math.min(50, count));
  const before = process.cpuUsage();
  run(count);
  const { user, system } = process.cpuUsage(before);
  network.dispose();
  return (user + system) / 1e6 / count;
}

type Common = Pick<TransformerOptions, "train" | "weights" | "weightDecay" | "gamma" | "rng">;

function createTransformer(tensors: Tensors, common: Common, classes: number) {
  const plan = planColumns(common.train.x);
  const shape = { dim: 32, heads: 4, layers: 2, classes, columns: common.train.x.cols, entries: plan.entries };
  return createTransformerNetwork(tensors, {
    ...common,
    shape,
    plan,
    tokens: tokenise(plan, common.train.x),
    dropout: 0.2,
    tokenDropout: 0,
  });
}

interface Outcome {
  readonly name: string;
  readonly cpu: number;
  readonly f1: number;
  readonly loss: number;
  readonly epochs: number;
}

async function fits(): Promise<void> {
  const reference = await venvPython("reference");
  const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
  try {
    for (const name of values.sets.split(",")) {
      let csv = join(import.meta.dirname, "..", "data", `${name}.csv`);
      if (name === "symptoms") {
        csv = join(folder, "symptoms.csv");
        execFileSync(reference, [join(import.meta.dirname, "python", "make_symptoms.py"), values.rows, csv]);
      }
      const all = new Map<string, Outcome[]>();
      for (let seed = 1; seed <= Number(values.seeds); seed++) {
        const place = join(folder, `${name}-${seed}`);
        mkdirSync(place);
        const drop = name === "symptoms" ? ["patient_id"] : [];
        python(reference, "prepare", csv, TARGETS[name]!, place, String(seed), ...drop);
        const outcomes = [await fitOwn(place), ...(JSON.parse(python(reference, "fit", place)) as Outcome[])];
        for (const outcome of outcomes) all.set(outcome.name, [...(all.get(outcome.name) ?? []), outcome]);
      }
      report(name, all);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(set: string, all: ReadonlyMap<string, readonly Outcome[]>): void {
  const mean = (outcomes: readonly Outcome[], key: "cpu" | "f1" | "loss" | "epochs"): number =>
    meanSd(outcomes.map((o) => o[key])).mean;
  for (const [name, outcomes] of all) {
    const { mean: f1, sd } = meanSd(outcomes.map((o) => o.f1));
    console.log(
      `${set}: ${name.padEnd(24)} F1 ${f1.toFixed(3)} ± ${sd.toFixed(3)}, log loss ${mean(outcomes, "loss").toFixed(3)}, ` +
        `${mean(outcomes, "cpu").toFixed(2)} s CPU, ${mean(outcomes, "epochs").toFixed(0)} epochs`,
    );
  }
  const [[, ours], ...peers] = [...all] as [[string, Outcome[]], ...[string, Outcome[]][]];
  const [name, best] = peers.reduce((a, b) => (mean(b[1], "f1") > mean(a[1], "f1") ? b : a));
  const gap = mean(ours, "f1") - mean(best, "f1");
  const ratio = mean(ours, "cpu") / mean(best, "cpu");
  console.log(
    `${set}: ours against ${name}: F1 ${gap >= 0 ? "+" : ""}${gap.toFixed(3)} (target ≥ −0.01), ` +
      `CPU ratio ${ratio.toFixed(2)} (target ≤ 1.5), over ${values.seeds} seeds`,
  );
}

async function fitOwn(folder: string): Promise<Outcome> {
  const { cols, classes } = JSON.parse(readFileSync(join(folder, "shape.json"), "utf8")) as {
    cols: number;
    classes: number;
  };
  const read = (part: string): LabelledMatrix => {
    const [x, y] = [readFileSync(join(folder, `${part}.x`)), readFileSync(join(folder, `${part}.y`))];
    const data = new Float32Array(Uint8Array.from(x).buffer);
    const names = Array.from({ length: cols }, (_, j) => `c${j}`);
    return {
      x: { rows: data.length / cols, cols, names, data },
      y: new Int32Array(Uint8Array.from(y).buffer),
    };
  };
  const [train, validation] = [read("train"), read("validation")];
  const family = await families.mlp!();
  const params = family.params.parse(JSON.parse(values.params));
  await loadTensors(); // the peer's imports are not counted either
  const before = process.cpuUsage();
  const signal = new AbortController().signal;
  let epochs = 0;
  const model = await family.fit({
    train,
    validation,
    classes,
    params,
    seed: 7,
    threads: 1,
    signal,
    onRound: (round) => {
      epochs = round;
    },
  });
  const { user, system } = process.cpuUsage(before);
  const proba = model.predictProba(validation.x);
  model.dispose();
  const loss =
    validation.y.reduce((sum, k, i) => sum - Math.log(Math.max(proba[i * classes + k]!, 1e-15)), 0) /
    validation.y.length;
  return { name: "ours", cpu: (user + system) / 1e6, f1: macroF1(proba, validation.y, classes), loss, epochs };
}

/** Mean over the classes that occur or are predicted, as scikit-learn's. */
function macroF1(proba: Float32Array, y: Int32Array, classes: number): number {
  const [hits, predicted, actual] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  y.forEach((k, i) => {
    const row = proba.subarray(i * classes, (i + 1) * classes);
    const guess = row.indexOf(Math.max(...row));
    predicted[guess]! += 1;
    actual[k]! += 1;
    if (guess === k) hits[k]! += 1;
  });
  const scores = [...hits].map((hit, k) => (2 * hit) / (predicted[k]! + actual[k]!)).filter((f) => !Number.isNaN(f));
  return scores.reduce((a, b) => a + b, 0) / scores.length;
}
