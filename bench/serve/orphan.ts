/**
 * Latency of ranking over HTTP, a case a request, beside the target: p99 at most 20 ms with one client.
 *
 *   node bench/serve/orphan.ts CASES.zip [--knowledge DIR] [--train SOLVED.zip] [--top 10] [--explain 3] [--every N] [--clients 8]
 *
 * Trains a ranker on SOLVED (the cases that ship) in a temporary project, serves it by the built program, and asks every Nth case. The
 * first tenth only warms up. Exit code 1 when the target is missed.
 */
import { type ChildProcess, type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { readZip } from "../../src/lake/archives/zip.ts";
import { percentile } from "../support/processes.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    knowledge: { type: "string" },
    train: { type: "string" },
    top: { type: "string", default: "10" },
    explain: { type: "string", default: "3" },
    every: { type: "string", default: "1" },
    clients: { type: "string", default: "8" },
  },
});
const root = join(import.meta.dirname, "..", "..");
const shipped = join(root, "data", "phenopackets.zip");
const cases = resolve(positionals[0] ?? shipped);
const TARGET = 20;

const bodies: string[] = [];
let place = 0;
for (const entry of readZip(cases)) {
  if (entry.name.endsWith(".json") && place++ % Number(values.every) === 0)
    bodies.push(entry.bytes(16 << 20).toString());
}

const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
const program = [join(root, "bin", "run.js")];
const knowledge = values.knowledge === undefined ? [] : ["--knowledge", resolve(values.knowledge)];
let child: ChildProcess | undefined;
try {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    ...{ cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  };
  execFileSync(process.execPath, [...program, "init"], options);
  const train = ["cases", "train", resolve(values.train ?? shipped), "--experiment", "bench", "--json", ...knowledge];
  const trained = JSON.parse(execFileSync(process.execPath, [...program, ...train], options)) as {
    readonly run: string;
    readonly candidates: number;
  };
  const serve = ["serve", `runs:/${trained.run}/model`, "--port", "0", "--json", "--log-level", "warn", ...knowledge];
  child = spawn(process.execPath, [...program, ...serve], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  const { url } = JSON.parse(line) as { readonly url: string };
  console.log(
    `${bodies.length} cases among ${trained.candidates} diseases, top ${values.top}, ${values.explain} explained`,
  );
  await ask(url, bodies.slice(0, Math.ceil(bodies.length / 10)), 1);
  for (const clients of [1, Number(values.clients)]) {
    const before = cpuOf(child.pid!);
    const began = performance.now();
    const times = (await ask(url, bodies, clients)).sort((a, b) => a - b);
    const seconds = (performance.now() - began) / 1000;
    const at = (share: number): number => percentile(times, share);
    const cpu = (cpuOf(child.pid!) - before) / bodies.length;
    const isMissed = clients === 1 && at(0.99) > TARGET;
    if (isMissed) process.exitCode = 1;
    console.log(
      `${clients} ${clients === 1 ? "client" : "clients"}: p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, most ${at(1).toFixed(1)} ms; ` +
        `${(bodies.length / seconds).toFixed(0)} cases/s, ${cpu.toFixed(1)} ms CPU a case` +
        (clients === 1 ? `  (target: p99 ≤ ${TARGET} ms${isMissed ? ", MISSED" : ""})` : ""),
    );
  }
  console.log(`memory ${(memoryOf(child.pid!) / 1024).toFixed(0)} MB`);
} finally {
  child?.kill("SIGTERM");
  if (child && child.exitCode === null) await once(child, "exit");
  rmSync(folder, { recursive: true, force: true });
}

/** [bodies] milliseconds from the first byte sent to the last byte read */
async function ask(url: string, list: readonly string[], clients: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < list.length; i = next++) {
      const began = performance.now();
      await post(`${url}/v1/diagnose?top=${values.top}&explain=${values.explain}`, list[i]!, agent);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return times;
}

function post(url: string, body: string, agent: Agent): Promise<void> {
  return new Promise((done, fail) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (answer) => {
      answer
        .resume()
        .on("end", () => (answer.statusCode === 200 ? done() : fail(new Error(`status ${answer.statusCode}`))));
    });
    sent.on("error", fail).end(body);
  });
}

/** Milliseconds of user and system time (Linux). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Resident kilobytes (Linux). */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}
