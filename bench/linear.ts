/**
 * CPU time of logistic regression and support vector machines: ours against scikit-learn's, same matrix, one thread, in turn.
 * Targets: logistic ≤ 0.7, linear SVM ≤ 0.2 and RBF SVM ≤ 1.2 of its CPU, validation macro F1 not lower by more than 0.01.
 *
 *     node bench/linear.ts [--rows 20000] [--pairs 3] [--only logistic,linear-svm,rbf-svm]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LabelledMatrix } from "../src/core/family.ts";
import { families } from "../src/families/index.ts";
import { metrics } from "../src/metrics/index.ts";
import { venvPython } from "../test/support/venv.ts";
import { median } from "./support/processes.ts";

const MODELS = {
  logistic: { family: "logistic", params: {}, target: 0.7 },
  "linear-svm": { family: "svm", params: { kernel: "linear" }, target: 0.2 },
  "rbf-svm": { family: "svm", params: { kernel: "rbf" }, target: 1.2 },
} as const;
type Model = keyof typeof MODELS;
interface Outcome {
  readonly cpu: number;
  readonly f1: number;
  readonly loss: number;
}

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "20000" },
    pairs: { type: "string", default: "3" },
    only: { type: "string", default: Object.keys(MODELS).join(",") },
    train: { type: "string" }, // used by the benchmark itself: trains once and prints the outcome
    folder: { type: "string", default: "" },
  },
});

if (values.train !== undefined) console.log(JSON.stringify(await train(values.train as Model, values.folder)));
else await compare(values.only.split(",") as Model[]);

/** Each model in turn: ours in a process of its own, then Python's. */
async function compare(models: readonly Model[]): Promise<void> {
  const python = await venvPython("reference");
  const script = join(import.meta.dirname, "python", "linear.py");
  const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
  const run = (command: string, args: readonly string[]): string => execFileSync(command, args, { encoding: "utf8" });
  try {
    const csv = join(folder, "symptoms.csv");
    run(python, [join(import.meta.dirname, "python", "make_symptoms.py"), values.rows, csv]);
    run(python, [script, "prepare", csv, folder]);
    for (const model of models) {
      const ratios: number[] = [];
      let loses = false;
      for (let pair = 0; pair < Number(values.pairs); pair++) {
        const ours: Outcome = JSON.parse(
          run(process.execPath, [import.meta.filename, "--train", model, "--folder", folder]),
        );
        const theirs: Outcome = JSON.parse(run(python, [script, "fit", model, folder]));
        ratios.push(ours.cpu / theirs.cpu);
        loses ||= ours.f1 < theirs.f1 - 0.01;
        const show = ({ cpu, f1, loss }: Outcome): string =>
          `${cpu.toFixed(2)} s CPU, macro F1 ${f1.toFixed(4)}, log loss ${loss.toFixed(4)}`;
        console.log(`${model}: ours ${show(ours)}; scikit-learn ${show(theirs)}`);
      }
      const ratio = median(ratios);
      const { target } = MODELS[model];
      console.log(`${model}: ratio ${ratio.toFixed(3)} (target ≤ ${target}), ${values.rows} rows`);
      if (ratio > target || loses) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function train(name: Model, folder: string): Promise<Outcome> {
  const shape: { cols: number; classes: number } = JSON.parse(readFileSync(join(folder, "shape.json"), "utf8"));
  const { cols, classes } = shape;
  const names = Array.from({ length: cols }, (_, j) => `c${j}`);
  const read = (part: string): LabelledMatrix => {
    const [x, y] = [readFileSync(join(folder, `${part}.x`)), readFileSync(join(folder, `${part}.y`))];
    const data = new Float32Array(x.buffer, x.byteOffset, x.length / 4);
    const codes = new Int32Array(y.buffer, y.byteOffset, y.length / 4);
    return { x: { rows: codes.length, cols, names, data }, y: codes };
  };
  const [rows, validation] = [read("train"), read("validation")];
  const family = await families[MODELS[name].family]!();
  const params = family.params.parse(MODELS[name].params);
  const signal = new AbortController().signal;
  const before = process.cpuUsage();
  const model = await family.fit({ train: rows, validation, classes, params, seed: 7, threads: 1, signal });
  const { user, system } = process.cpuUsage(before);
  const scored = {
    rows: validation.y.length,
    classes: Array.from({ length: classes }, (_, k) => String(k)),
    y: validation.y,
    proba: model.predictProba(validation.x),
    orphans: [],
  };
  const score = (id: string): number => metrics.find((metric) => metric.id === id)!.bind(scored)();
  return { cpu: (user + system) / 1e6, f1: score("f1_macro"), loss: score("log_loss") };
}
