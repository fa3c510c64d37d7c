/**
 * `disease serve` against `mlflow models serve`: the same XGBoost model, machine and run, both answering MLflow's protocol, in turn. Our
 * side keeps its predictions and logs each request, as it does by default. Targets: one row with 8 clients ≥ 10 × the requests a second at
 * ≤ 0.2 × the p99; 10,000 rows ≥ 3 × as fast; start to first answer ≤ 1 s; ≤ 200 MB; no request lost in a swap; with --soak no error and no
 * growth at 80 % of capacity. Ends with 1 where one is missed.
 *
 *     node bench/serve/table.ts [--seconds 5] [--rounds 3] [--rows 10000] [--soak MINUTES] [--program bin/run.js]
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort } from "../../test/support/mlflow-server.ts";
import { venvPython } from "../../test/support/venv.ts";
import { median } from "../support/processes.ts";
import type { Load } from "./load.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    rows: { type: "string", default: "10000" },
    soak: { type: "string", default: "0" },
    program: { type: "string", default: join(import.meta.dirname, "..", "..", "bin", "run.js") },
  },
});
const rounds = Number(flags.rounds);
const MB = 1e6;

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
  /** Seconds from its start to its first answer. */
  readonly start: number;
}

const mlflow = join(dirname(await venvPython("onnx")), "mlflow");
const project = mkdtempSync(join(tmpdir(), "disease-serve-"));
const running = new Set<ChildProcess>();
let missed = 0;
try {
  const [one, many] = prepare();
  console.log(`${availableParallelism()} cores, load ${busyness()} before`);
  const starts = { ours: [] as number[], theirs: [] as number[] };
  for (let i = 0; i < rounds; i++) {
    const server = await startOurs(one);
    starts.ours.push(server.start);
    await stop(server);
  }
  const ours = await startOurs(one);
  const theirs = await startTheirs(one);
  starts.theirs.push(theirs.start);
  console.log(`\n${"".padEnd(34)}${"ours".padStart(10)}${"MLflow".padStart(10)}${"ratio".padStart(9)}  target`);

  for (const server of [ours, theirs]) await load(server, one, { seconds: 2 });
  const loads = await inTurn(ours, theirs, (server) => load(server, one));
  const perSecond = loads.map((side) => median(side.map(({ requests, seconds }) => requests / seconds))) as [
    number,
    number,
  ];
  const p99 = loads.map((side) => median(side.map((each) => each.p99))) as [number, number];
  const idle = rss(ours);
  const batches = await inTurn(ours, theirs, (server) => load(server, many, { clients: 1, count: 3, seconds: 600 }));
  const batch = batches.map((side) => median(side.map((each) => each.p50))) as [number, number];
  for (const { statuses } of [...loads.flat(), ...batches.flat()]) {
    if (Object.keys(statuses).join() !== "200") throw new Error(`not all were answered: ${JSON.stringify(statuses)}`);
  }
  row("one row, 8 clients: requests/s", perSecond, perSecond[0] / perSecond[1], "≥ 10", (r) => r >= 10);
  row("                    p99, ms", p99, p99[0] / p99[1], "≤ 0.2", (r) => r <= 0.2);
  row(`${flags.rows} rows: ms`, batch, batch[1] / batch[0], "≥ 3", (r) => r >= 3);
  row(
    "start to first answer, s",
    [median(starts.ours), median(starts.theirs)],
    median(starts.ours),
    "≤ 1 s",
    (s) => s <= 1,
  );
  row("memory after the rows, MB", [idle / MB, rss(theirs) / MB], idle / MB, "≤ 200", (mb) => mb <= 200);
  row("memory after the batches, MB", [rss(ours) / MB, Number.NaN], rss(ours) / MB, "", () => true);
  await stop(theirs);

  const swapping = load(ours, one, { seconds: 8 });
  await delay(1500);
  disease("models", "promote", "skin/2", "--to", "Production", "--no-gate", "--reason", "bench");
  const { statuses, models } = await swapping;
  const lost = failedOf(statuses);
  const seen = Object.keys(models).length;
  console.log(`hot swap under load: ${JSON.stringify(models)}, ${lost} failed  ${verdict(lost === 0 && seen === 2)}`);
  if (Number(flags.soak) > 0) await soak(ours, one, 0.8 * perSecond[0]);
  await stop(ours);
  console.log(`load ${busyness()} after`);
} finally {
  for (const child of running) child.kill("SIGKILL");
  rmSync(project, { recursive: true, force: true });
}
process.exitCode = missed === 0 ? 0 : 1;

/** A project with two versions of "skin"; @returns files with a request of one row and of many */
function prepare(): [one: string, many: string] {
  mkdirSync(join(project, "data"));
  mkdirSync(join(project, "experiments"));
  const data = join(import.meta.dirname, "..", "..", "data", "dermatology.csv");
  cpSync(data, join(project, "data", "dermatology.csv"));
  const families = "families: { xgboost: { learning_rate: [0.3, 0.2] } }";
  const experiment = `data: { path: data/dermatology.csv, target: disease }\ncharts: none\nbootstrap: { resamples: 100 }\n${families}\n`;
  writeFileSync(join(project, "experiments", "skin.yaml"), experiment);
  disease("exp", "run", "skin", "--no-live");
  const { runs } = JSON.parse(disease("exp", "ls", "skin", "--json")) as { runs: { run: string; kind: string }[] };
  for (const { run, kind } of runs) {
    if (kind !== "trial") continue;
    disease("models", "package", run);
    disease("models", "register", run, "--name", "skin");
  }
  disease("models", "promote", "skin/1", "--to", "Production", "--no-gate", "--reason", "bench");
  const [head, ...lines] = readFileSync(data, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const target = head!.indexOf("disease");
  const rows = lines.map((line) => line.toSpliced(target, 1).map((cell) => (cell === "" ? null : Number(cell))));
  const write = (name: string, count: number): string => {
    const split = {
      columns: head!.toSpliced(target, 1),
      data: Array.from({ length: count }, (_, i) => rows[i % rows.length]),
    };
    writeFileSync(join(project, name), JSON.stringify({ dataframe_split: split }));
    return join(project, name);
  };
  return [write("one.json", 1), write("many.json", Number(flags.rows))];
}

function disease(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [flags.program, ...args], {
    cwd: project,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`disease ${args.join(" ")} gave ${status}: ${stdout}${stderr}`);
  return stdout;
}

async function startOurs(body: string): Promise<Server> {
  const port = await freePort();
  return start(
    process.execPath,
    [flags.program, "serve", "models:/skin@champion", "--port", String(port), "--watch", "1"],
    port,
    body,
  );
}

async function startTheirs(body: string): Promise<Server> {
  const { versions } = JSON.parse(disease("models", "show", "skin", "--json")) as {
    versions: { version: string; runId: string }[];
  };
  const { runId } = versions.find(({ version }) => version === "1")!;
  const port = await freePort();
  const args = [
    "models",
    "serve",
    "-m",
    `runs:/${runId}/model`,
    "--env-manager",
    "local",
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
  ];
  return start(mlflow, args, port, body);
}

async function start(command: string, args: string[], port: number, body: string): Promise<Server> {
  const text = readFileSync(body);
  const env = { ...process.env, MLFLOW_TRACKING_URI: `sqlite:///${join(project, "mlruns", "mlflow.db")}` };
  const path = `${dirname(mlflow)}:${process.env.PATH}`;
  const from = performance.now();
  const child = spawn(command, args, { cwd: project, env: { ...env, PATH: path }, stdio: "ignore", detached: true });
  running.add(child);
  const url = `http://127.0.0.1:${port}/invocations`;
  for (;;) {
    if (child.exitCode !== null || performance.now() - from > 180_000) throw new Error(`${command} does not answer`);
    // A look that costs less than an HTTP client that fails.
    if (!(await isOpen(port))) {
      await delay(20);
      continue;
    }
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: text,
    }).catch(() => null);
    const isGood = answer?.ok === true;
    await answer?.arrayBuffer();
    if (isGood) return { process: child, port, start: (performance.now() - from) / 1000 };
    await delay(10);
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function stop({ process: child }: Server): Promise<void> {
  const ended = once(child, "exit");
  process.kill(-child.pid!, "SIGTERM");
  await ended;
  running.delete(child);
}

function load(
  server: Server,
  body: string,
  options: {
    readonly clients?: number;
    readonly seconds?: number;
    readonly count?: number;
    readonly rate?: number;
  } = {},
): Promise<Load> {
  const { clients = 8, seconds = Number(flags.seconds), count = 0, rate = 0 } = options;
  const args = { port: server.port, body, clients, seconds, count, rate };
  const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [join(import.meta.dirname, "load.ts"), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return once(child, "close").then(() => JSON.parse(text) as Load);
}

/** One after the other, several times, so that a busy moment meets both. */
async function inTurn<T>(ours: Server, theirs: Server, work: (server: Server) => Promise<T>): Promise<[T[], T[]]> {
  const sides: [T[], T[]] = [[], []];
  for (let i = 0; i < rounds; i++)
    for (const side of [0, 1] as const) sides[side].push(await work([ours, theirs][side]!));
  return sides;
}

function failedOf(statuses: Load["statuses"]): number {
  return Object.entries(statuses).reduce((sum, [status, n]) => sum + (status === "200" ? 0 : n), 0);
}

/** How busy the machine was, over 1, 5 and 15 minutes. */
function busyness(): string {
  return loadavg()
    .map((x) => x.toFixed(1))
    .join(" ");
}

/** Resident bytes of a server and its children. */
function rss({ process: { pid } }: Server): number {
  const { stdout } = spawnSync("ps", ["-o", "rss=", "-g", String(pid)], { encoding: "utf8" });
  return stdout
    .trim()
    .split(/\s+/)
    .reduce((sum, kb) => sum + 1024 * Number(kb), 0);
}

async function soak(server: Server, body: string, rate: number): Promise<void> {
  const seconds = 60 * Number(flags.soak);
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(rss(server)), 1000 * Math.max(1, seconds / 120));
  const { requests, statuses, p99 } = await load(server, body, { seconds, rate });
  clearInterval(timer);
  const quarter = Math.ceil(memory.length / 4);
  const [second, last] = [memory.slice(quarter, 2 * quarter), memory.slice(-quarter)].map(median) as [number, number];
  const failed = failedOf(statuses);
  const what = `${flags.soak} min at ${Math.round(rate)}/s: ${requests} answered, ${failed} failed, p99 ${p99.toFixed(1)} ms`;
  const grown = last / second;
  console.log(
    `${what}, memory ${(second / MB).toFixed(0)} → ${(last / MB).toFixed(0)} MB  ${verdict(failed === 0 && grown < 1.1)}`,
  );
}

function row(
  what: string,
  [a, b]: readonly [number, number],
  ratio: number,
  target: string,
  good: (value: number) => boolean,
): void {
  const cells = [
    a.toFixed(a < 10 ? 2 : 0).padStart(10),
    b.toFixed(b < 10 ? 2 : 0).padStart(10),
    ratio.toFixed(2).padStart(9),
  ];
  console.log(`${what.padEnd(34)}${cells.join("")}  ${target.padEnd(7)} ${verdict(good(ratio))}`);
}

function verdict(good: boolean): string {
  if (!good) missed++;
  return good ? "ok" : "MISSED";
}
