/**
 * What a command costs before it does anything, and `exp ls` over 10,000 runs, against MLflow's command line on the same
 * store: medians, each command in turn. Targets: --help ≤ 0.25 s of CPU, exp ls ≤ 0.5 s.
 *
 *     node bench/startup.ts [--runs 10000] [--repeats 9] [--peer-repeats 3] [--program bin/run.js]
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { venvPython } from "../test/support/venv.ts";
import { median, type Spent, spend, spendInTurn } from "./support/processes.ts";
import { makeRuns } from "./support/runs.ts";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    repeats: { type: "string", default: "9" },
    "peer-repeats": { type: "string", default: "3" },
    program: { type: "string", default: join(import.meta.dirname, "..", "bin", "run.js") },
  },
});

const mlflow = join(dirname(await venvPython("reference")), "mlflow");
const project = mkdtempSync(join(tmpdir(), "disease-startup-"));
try {
  const store = join(project, "mlruns");
  const experimentId = await makeRuns(store, Number(flags.runs));
  const copy = join(project, "copy.db"); // MLflow changes the schema of what it opens
  cpSync(join(store, "mlflow.db"), copy);
  const own = (...args: string[]) => ({
    what: `disease ${args.join(" ")}`,
    run: () => spend(process.execPath, [flags.program, ...args], { cwd: project }),
  });
  const peer = (...args: string[]) => ({
    what: `mlflow ${args.join(" ")}`,
    run: () => spend(mlflow, args, { cwd: project, env: { MLFLOW_TRACKING_URI: `sqlite:///${copy}` } }),
  });
  const ours = [
    { ...own("--help"), target: 0.25 },
    { ...own("exp", "ls", "bench"), target: 0.5 },
    { ...own("exp", "ls"), target: 0.5 },
    { ...own("exp", "ls", "bench", "--limit", flags.runs, "--json"), target: 0.5 },
    { ...own("exp", "ls", "bench", "--limit", flags.runs, "--csv"), target: 0.5 },
    { ...own("exp", "ls", "bench", "--limit", flags.runs), target: 0.5 },
  ];
  const theirs = [peer("--version"), peer("runs", "list", "--experiment-id", experimentId)];
  const measured = measure(ours, Number(flags.repeats));
  const [version, list] = measure(theirs, Number(flags["peer-repeats"])) as [Spent, Spent];

  console.log(`${flags.runs} runs; seconds, median of ${flags.repeats} (MLflow: of ${flags["peer-repeats"]})`);
  console.log(`${"".padEnd(44)}     CPU    wall  of the target  of MLflow's CPU`);
  ours.forEach(({ what, target }, i) => {
    const spent = measured[i]!;
    const ratios = [spent.cpu / target, spent.cpu / (i === 0 ? version : list).cpu];
    print(what, spent, `${ratios[0]!.toFixed(2).padStart(13)}  ${ratios[1]!.toFixed(3).padStart(15)}`);
  });
  print(theirs[0]!.what, version, "");
  print(theirs[1]!.what, list, "");
} finally {
  rmSync(project, { recursive: true, force: true });
}

function measure(commands: readonly { run(): Spent }[], repeats: number): Spent[] {
  const spent = spendInTurn(
    commands.map((c) => c.run),
    repeats,
  );
  return spent.map((rounds) => ({ cpu: median(rounds.map((r) => r.cpu)), wall: median(rounds.map((r) => r.wall)) }));
}

function print(what: string, { cpu, wall }: Spent, more: string): void {
  console.log(`${what.padEnd(44)}${cpu.toFixed(3).padStart(8)}${wall.toFixed(3).padStart(8)}  ${more}`);
}
