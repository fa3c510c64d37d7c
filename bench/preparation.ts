/**
 * CPU time of fitting a preparation step on the training rows of 20,000 × 140 and transforming them: ours against
 * scikit-learn, same rows, one thread, in turn, each in a process of its own. Two ratios: of the first fit in a process, whose code
 * is not yet compiled, and of the fits after it, as those of folds. Target for pca and lda: both ≤ 1.0.
 *
 *     node bench/preparation.ts [--rows 20000] [--pairs 5] [--steps pca,pca-full,lda,power,knn,target]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Column, Frame } from "../src/core/dataset.ts";
import type { StepSpec } from "../src/core/step.ts";
import { loadOpenblas } from "../src/engines/openblas.ts";
import { fitPipeline } from "../src/preparation/_pipeline.ts";
import { steps } from "../src/preparation/index.ts";
import { venvPython } from "../test/support/venv.ts";
import { median } from "./support/processes.ts";

const SPECS: Readonly<Record<string, { readonly spec: StepSpec; readonly target?: number }>> = {
  pca: { spec: { id: "pca", params: { components: 0.95 } }, target: 1 },
  // The same against scikit-learn's exact singular values; its default takes the eigenvectors of the covariance, as we do.
  "pca-full": { spec: { id: "pca", params: { components: 0.95 } } },
  lda: { spec: { id: "lda", params: {} }, target: 1 },
  power: { spec: { id: "scale", params: { method: "power" } } },
  knn: { spec: { id: "impute", params: { numeric: "knn", donors: 2000, indicator: false } } },
  target: { spec: { id: "encode", params: { method: "target" } } },
};

/** Fits after the first in each process. */
const LATER = 4;

interface Outcome {
  /** Seconds of the first fit, and of each that follows on average. */
  readonly first: number;
  readonly later: number;
  readonly columns: number;
  /** Sum of the absolute values made, for a look at whether both did the same. */
  readonly sum: number;
}

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "20000" },
    pairs: { type: "string", default: "5" },
    steps: { type: "string", default: Object.keys(SPECS).join(",") },
    fit: { type: "string" }, // used by the benchmark itself: fits once and prints the outcome
    folder: { type: "string", default: "" },
  },
});

if (values.fit !== undefined) console.log(JSON.stringify(await measure(values.fit, values.folder)));
else if (!(await compare())) process.exitCode = 1;

async function compare(): Promise<boolean> {
  const python = await venvPython("reference");
  const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
  let held = true;
  try {
    const csv = join(folder, "symptoms.csv");
    execFileSync(python, [join(import.meta.dirname, "python", "make_symptoms.py"), values.rows, csv]);
    writeMatrix(csv, folder);
    for (const name of values.steps.split(",")) {
      const pairs = Array.from({ length: Number(values.pairs) }, () => ({
        ours: run(process.execPath, ["--expose-gc", import.meta.filename, "--fit", name, "--folder", folder]),
        theirs: run(python, ["-W", "ignore", join(import.meta.dirname, "python", "preparation.py"), name, folder]),
      }));
      const [first, later] = (["first", "later"] as const).map((when) =>
        median(pairs.map(({ ours, theirs }) => ours[when] / theirs[when])),
      ) as [number, number];
      const { target } = SPECS[name]!;
      if (target !== undefined && Math.max(first, later) > target) held = false;
      const show = (side: "ours" | "theirs"): string => {
        const { columns, sum } = pairs[0]![side];
        const seconds = (["first", "later"] as const).map((when) =>
          median(pairs.map((pair) => pair[side][when])).toFixed(3),
        );
        return `${seconds.join(" and ")} s (${columns} columns, Σ|x| ${sum.toPrecision(7)})`;
      };
      const aim = target === undefined ? "" : ` (target ≤ ${target.toFixed(1)})`;
      console.log(
        `${name}: ratio ${first.toFixed(2)}, later ${later.toFixed(2)}${aim}: ours ${show("ours")}, scikit-learn ${show("theirs")}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return held;
}

function run(command: string, args: readonly string[]): Outcome {
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" };
  return JSON.parse(execFileSync(command, args, { encoding: "utf8", env })) as Outcome;
}

async function measure(name: string, folder: string): Promise<Outcome> {
  const { rows, cols, classes, hospitals } = JSON.parse(readFileSync(join(folder, "shape.json"), "utf8")) as {
    rows: number;
    cols: number;
    classes: number;
    hospitals: number;
  };
  const file = name === "knn" || name === "power" ? "holed.f64" : "filled.f64";
  const bytes = readFileSync(join(folder, file));
  const data = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const codes = readFileSync(join(folder, "y.i32"));
  const y = new Int32Array(codes.buffer.slice(codes.byteOffset, codes.byteOffset + codes.length));
  const levels = Array.from({ length: hospitals }, (_, i) => `h${String(i).padStart(4, "0")}`);
  const columns: Column[] =
    name === "target"
      ? [{ kind: "categorical", name: "hospital", levels, codes: y.map((code, row) => (row * 31 + code) % hospitals) }]
      : Array.from({ length: cols }, (_, j): Column => {
          return {
            kind: "numeric",
            name: `c${j}`,
            values: Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]!),
          };
        });
  const frame: Frame = { rows, columns };
  const { signal } = new AbortController();
  const context = { frame, y, classes, seed: 7, signal };
  // As Python's import is: code and libraries are loaded before the clock runs.
  await Promise.all([steps[SPECS[name]!.spec.id]!(), loadOpenblas()]);
  (globalThis.gc as () => void)(); // what reading left behind is freed before the clock runs, as Python frees it at once
  const spent: number[] = [];
  let train = frame;
  for (let fit = 0; fit <= LATER; fit++) {
    const before = process.cpuUsage();
    ({ train } = await fitPipeline([SPECS[name]!.spec], context, (id) => steps[id]!()));
    const { user, system } = process.cpuUsage(before);
    spent.push((user + system) / 1e6);
  }
  const [first, ...later] = spent as [number, ...number[]];
  let sum = 0;
  for (const column of train.columns) {
    if ("values" in column) for (const value of column.values) sum += Number.isNaN(value) ? 0 : Math.abs(value);
  }
  return { first, later: later.reduce((a, b) => a + b) / LATER, columns: train.columns.length, sum };
}

/** The table as doubles, sex as 0 or 1, every column at mean 0 and variance 1: with its gaps, and with 0 in them. */
function writeMatrix(csv: string, folder: string): void {
  const cells = readFileSync(csv, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const diseases = [...new Set(cells.map((row) => row.at(-1)!))].sort();
  const cols = cells[0]!.length - 2;
  const number = (cell: string): number =>
    cell === "" ? Number.NaN : cell === "M" ? 1 : cell === "F" ? 0 : Number(cell);
  const holed = new Float64Array(cells.length * cols);
  for (let j = 0; j < cols; j++) {
    const column = cells.map((row) => number(row[j + 1]!));
    const present = column.filter((value) => !Number.isNaN(value));
    const mean = present.reduce((a, b) => a + b, 0) / present.length;
    const deviation = Math.sqrt(present.reduce((sum, value) => sum + (value - mean) ** 2, 0) / present.length) || 1;
    column.forEach((value, i) => {
      holed[i * cols + j] = (value - mean) / deviation;
    });
  }
  writeFileSync(join(folder, "holed.f64"), holed);
  writeFileSync(
    join(folder, "filled.f64"),
    holed.map((value) => (Number.isNaN(value) ? 0 : value)),
  );
  writeFileSync(
    join(folder, "y.i32"),
    Int32Array.from(cells, (row) => diseases.indexOf(row.at(-1)!)),
  );
  const shape = { rows: cells.length, cols, classes: diseases.length, hospitals: 500 };
  writeFileSync(join(folder, "shape.json"), JSON.stringify(shape));
}
