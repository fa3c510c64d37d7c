/**
 * CPU time of training XGBoost and LightGBM: ours against the Python packages, same rows, params, threads and losses a
 * round, in turn. Target: ratio ≤ 1.1.
 *
 *     node bench/trees.ts [--rows 100000] [--rounds 20] [--threads 1] [--pairs 3]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LabelledMatrix } from "../src/core/family.ts";
import { families } from "../src/families/index.ts";
import { venvPython } from "../test/support/venv.ts";

const FAMILY = { xgboost: "xgboost", lightgbm: "gbm" } as const;
const PARAMS = { xgboost: { learning_rate: 0.2, max_depth: 4 }, lightgbm: { learning_rate: 0.1, num_leaves: 15 } };
type Engine = keyof typeof FAMILY;
interface Outcome {
  readonly cpu: number;
  readonly loss: number;
}

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "20" },
    threads: { type: "string", default: "1" },
    pairs: { type: "string", default: "3" },
    train: { type: "string" }, // used by the benchmark itself: trains once and prints the outcome
    folder: { type: "string", default: "" },
  },
});
const [rounds, threads] = [Number(values.rounds), Number(values.threads)];

if (values.train !== undefined) console.log(JSON.stringify(await train(values.train as Engine, values.folder)));
else await compare();

/** Each engine in turn: ours in a process of its own, then Python's. */
async function compare(): Promise<void> {
  const python = await venvPython("reference");
  const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
  try {
    const csv = join(folder, "symptoms.csv");
    execFileSync(python, [join(import.meta.dirname, "python", "make_symptoms.py"), values.rows, csv]);
    writeMatrices(csv, folder);
    for (const engine of ["xgboost", "lightgbm"] as const) {
      const ratios: number[] = [];
      for (let pair = 0; pair < Number(values.pairs); pair++) {
        const flags = ["--rounds", values.rounds, "--threads", values.threads, "--train", engine, "--folder", folder];
        const ours = run(process.execPath, [import.meta.filename, ...flags]);
        const theirs = run(python, [
          "-W",
          "ignore",
          join(import.meta.dirname, "python", "trees.py"),
          engine,
          folder,
          values.threads,
          values.rounds,
        ]);
        ratios.push(ours.cpu / theirs.cpu);
        const losses = `loss ${ours.loss.toFixed(6)} and ${theirs.loss.toFixed(6)}`;
        console.log(`${engine}: ours ${ours.cpu.toFixed(2)} s, Python ${theirs.cpu.toFixed(2)} s CPU; ${losses}`);
      }
      const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)]!;
      console.log(
        `${engine}: ratio ${median.toFixed(2)} (target ≤ 1.1), ${values.rows} rows, ${rounds} rounds, ${threads} threads`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): Outcome {
  const env = { ...process.env, OMP_NUM_THREADS: values.threads, OMP_WAIT_POLICY: "passive" };
  return JSON.parse(execFileSync(command, args, { encoding: "utf8", env })) as Outcome;
}

async function train(engine: Engine, folder: string): Promise<Outcome> {
  const { cols, classes } = JSON.parse(readFileSync(join(folder, "shape.json"), "utf8")) as {
    cols: number;
    classes: number;
  };
  const read = (part: string): LabelledMatrix => {
    const [x, y] = [readFileSync(join(folder, `${part}.x`)), readFileSync(join(folder, `${part}.y`))];
    const data = new Float32Array(x.buffer, x.byteOffset, x.length / 4);
    const names = Array.from({ length: cols }, (_, j) => `c${j}`);
    return {
      x: { rows: data.length / cols, cols, names, data },
      y: new Int32Array(y.buffer, y.byteOffset, y.length / 4),
    };
  };
  const [rows, validation] = [read("train"), read("validation")];
  const family = await families[FAMILY[engine]]!();
  const params = family.params.parse({ ...PARAMS[engine], n_estimators: rounds });
  const before = process.cpuUsage();
  const signal = new AbortController().signal;
  const model = await family.fit({ train: rows, validation, classes, params, seed: 7, threads, signal, onRound() {} });
  const { user, system } = process.cpuUsage(before);
  const proba = model.predictProba(validation.x);
  const loss =
    validation.y.reduce((sum, k, i) => sum - Math.log(Math.max(proba[i * classes + k]!, 1e-15)), 0) /
    validation.y.length;
  return { cpu: (user + system) / 1e6, loss };
}

/** The table as train and validation matrices (7 : 2), sex as 0 or 1, missing as NaN. */
function writeMatrices(csv: string, folder: string): void {
  const lines = readFileSync(csv, "utf8").trim().split("\n").slice(1);
  const cells = lines.map((line) => line.split(","));
  const diseases = [...new Set(cells.map((row) => row.at(-1)!))].sort();
  const cols = cells[0]!.length - 2;
  const number = (cell: string): number =>
    cell === "" ? Number.NaN : cell === "M" ? 1 : cell === "F" ? 0 : Number(cell);
  const write = (part: string, keep: (i: number) => boolean): void => {
    const rows = cells.filter((_, i) => keep(i));
    const x = new Float32Array(rows.length * cols);
    rows.forEach((row, i) => {
      for (let j = 0; j < cols; j++) x[i * cols + j] = number(row[j + 1]!);
    });
    writeFileSync(join(folder, `${part}.x`), x);
    writeFileSync(
      join(folder, `${part}.y`),
      Int32Array.from(rows, (row) => diseases.indexOf(row.at(-1)!)),
    );
  };
  write("train", (i) => i % 10 < 7);
  write("validation", (i) => i % 10 === 7 || i % 10 === 8);
  writeFileSync(join(folder, "shape.json"), JSON.stringify({ cols, classes: diseases.length }));
}
