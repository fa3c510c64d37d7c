/**
 * Reading a CSV of patients with 132 symptoms, age, sex and labs: ours (with inference of types and the content hash)
 * against pandas.read_csv, each in a process of its own, in turn. CPU and wall seconds of the reading alone.
 *
 *     node bench/read.ts [--rows 100000] [--pairs 5]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readDataset } from "../src/lake/read.ts";
import { venvPython } from "../test/support/venv.ts";

interface Outcome {
  readonly cpu: number;
  readonly wall: number;
  readonly peakMB: number;
}

const PANDAS = `
import json, resource, sys, time
import pandas
cpu, wall = time.process_time(), time.perf_counter()
pandas.read_csv(sys.argv[1])
print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall,
                  "peakMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
`;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    pairs: { type: "string", default: "5" },
    read: { type: "string" }, // used by the benchmark itself: reads the file once and prints the outcome
  },
});

if (values.read !== undefined) console.log(JSON.stringify(await readOnce(values.read)));
else await compare();

async function readOnce(path: string): Promise<Outcome> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await readDataset(path, { target: "disease" });
  const { user, system } = process.cpuUsage(cpu);
  const peakMB = process.resourceUsage().maxRSS / 1024;
  return { cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1e3, peakMB };
}

async function compare(): Promise<void> {
  const python = await venvPython("reference");
  const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
  const path = join(folder, "symptoms.csv");
  try {
    execFileSync(python, [join(import.meta.dirname, "python", "make_symptoms.py"), values.rows, path]);
    const run = (command: string, args: string[]): Outcome =>
      JSON.parse(execFileSync(command, args, { encoding: "utf8" }));
    const pairs = Array.from({ length: Number(values.pairs) }, () => ({
      ours: run(process.execPath, [import.meta.filename, "--read", path]),
      pandas: run(python, ["-c", PANDAS, path]),
    }));
    console.log(`${values.rows} rows x 141 columns, median of ${pairs.length} pairs`);
    for (const what of ["cpu", "wall", "peakMB"] as const) {
      const [ours, pandas] = [median(pairs.map((p) => p.ours[what])), median(pairs.map((p) => p.pandas[what]))];
      const ratio = median(pairs.map((p) => p.ours[what] / p.pandas[what]));
      console.log(`${what.padEnd(7)} ours ${ours.toFixed(2)}  pandas ${pandas.toFixed(2)}  ratio ${ratio.toFixed(2)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
