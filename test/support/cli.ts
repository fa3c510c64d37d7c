import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const root = join(import.meta.dirname, "..", "..");
const BIN = join(root, "bin", "run.js");

let building: Promise<string> | undefined;

/** The program, built for the sources as they were at the first call; safe to call from several test processes at once. */
export function built(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const digest = sourceDigest();
  const stamp = join(root, "dist", ".sources");
  const lock = join(root, "node_modules", ".disease-build.lock");
  const isFresh = (): boolean => existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
  while (!isFresh()) {
    try {
      mkdirSync(lock);
    } catch {
      const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - made > 120_000) rmSync(lock, { recursive: true, force: true }); // its maker died
      await delay(100);
      continue;
    }
    try {
      if (isFresh()) break;
      const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", "build.ts")], { encoding: "utf8" });
      if (status !== 0) throw new Error(`the build failed (${status}): ${stderr}`);
      writeFileSync(stamp, digest);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return BIN;
}

function sourceDigest(): string {
  const hash = createHash("sha256");
  const files = ["src", "scripts", "packages"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const sources = files.filter((name) => /\.(tsx?|js|css|html|svg)$/.test(name) && !name.includes("node_modules"));
  for (const file of [...sources, "package.json"].sort()) {
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** The environment of a user: nothing of the test runner's, of a CI's or of this machine's own settings. */
export function userEnv(extra: NodeJS.ProcessEnv = {}): Record<string, string> {
  const foreign = /^(CI|NODE_ENV|NODE_OPTIONS|NO_COLOR|FORCE_COLOR|VITEST.*|npm_.*|MLFLOW_.*)$/;
  const own = (name: string): boolean => name.startsWith("DISEASE_") && name !== "DISEASE_ENGINES";
  const entries = Object.entries({ ...process.env, TERM: "xterm-256color" });
  const kept = entries.filter(([name]) => !foreign.test(name) && !own(name));
  const all = [...kept, ...Object.entries(extra)].filter((e): e is [string, string] => e[1] !== undefined);
  return Object.fromEntries(all);
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** A command that runs the program with its arguments appended, e.g. ["bash", "-c", 'ulimit -f 100; exec "$@"', "-"]. */
  readonly through?: readonly string[];
}

/** Runs the built program to its end. */
export async function disease(args: readonly string[], options: RunOptions): Promise<Outcome> {
  await using program = await startDisease(args, options);
  return await program.ended;
}

/** The built program while it runs; killed when the scope ends. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Outcome>;
  /** Resolves when standard error holds a match; rejects when the program ends without it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

export async function startDisease(args: readonly string[], options: RunOptions): Promise<Program> {
  const [file, ...rest] = [...(options.through ?? []), process.execPath, await built(), ...args];
  const child: ChildProcess = spawn(file!, rest, {
    cwd: options.cwd,
    env: userEnv(options.env),
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]!.setEncoding("utf8").on("data", (chunk: string) => {
      text[stream] += chunk;
      for (const listener of listeners) listener();
    });
  }
  child.stdin?.end(options.input);
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...text }));
  });
  return {
    pid: child.pid!,
    ended,
    said: (pattern) => waitForText(pattern, () => text.stderr, listeners, ended),
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Resolves when a growing text matches; rejects, with the text, when `ended` comes first. */
export function waitForText(
  pattern: RegExp,
  text: () => string,
  listeners: Set<() => void>,
  ended: Promise<unknown>,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(text());
      if (!match) return;
      listeners.delete(look);
      resolve(match);
    };
    listeners.add(look);
    look();
    ended.then(() => {
      look();
      reject(new Error(`the program ended without ${pattern}:\n${text()}`));
    }, reject);
  });
}

/** Process ids of the children of a process (Linux). */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  });
}

/** Waits until none of the processes is left. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => existsSync(`/proc/${pid}`))) await delay(20);
}
