import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import { userCache } from "../core/user-cache.ts";
import type { Project } from "./project.ts";

/** The release that `track up` installs; newer than the embedded store's schema, which it upgrades in place. */
const MLFLOW = "mlflow==3.17.2";

/**
 * The Python that has MLflow: DISEASE_MLFLOW, else the one in the user's cache.
 * @returns the path, and whether MLflow is there
 */
export function mlflowPython(env: NodeJS.ProcessEnv = process.env): {
  readonly python: string;
  readonly ready: boolean;
} {
  if (env.DISEASE_MLFLOW) return { python: env.DISEASE_MLFLOW, ready: true };
  const folder = join(userCache(env), MLFLOW.replace("==", "-"));
  const python = pythonIn(folder);
  return { python, ready: existsSync(python) };
}

const pythonIn = (folder: string): string =>
  process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");

/** What will be installed where, for asking. */
export function installPlan(env: NodeJS.ProcessEnv = process.env): string {
  return `${MLFLOW} and what it needs (about 850 MB) into ${join(mlflowPython(env).python, "..", "..")}`;
}

/**
 * Makes a virtual environment with MLflow in the user's cache, with uv where it is, else with venv and pip.
 * @throws UserError when Python or the packages cannot be had
 */
export async function installMlflow(
  onLine: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const folder = join(mlflowPython(env).python, "..", "..");
  const fresh = `${folder}.${process.pid}.tmp`; // moving a venv breaks its scripts, not `python -m`
  mkdirSync(join(folder, ".."), { recursive: true });
  const python = pythonIn(fresh);
  try {
    if (await run("uv", ["venv", "--quiet", fresh], onLine)) {
      await need(run("uv", ["pip", "install", "--python", python, MLFLOW], onLine), "uv could not install MLflow");
    } else {
      await need(run("python3", ["-m", "venv", fresh], onLine), "python3 -m venv failed");
      const pip = ["-m", "pip", "install", "--disable-pip-version-check", MLFLOW];
      await need(run(python, pip, onLine), "pip could not install MLflow");
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function need(outcome: Promise<boolean>, message: string): Promise<void> {
  if (await outcome) return;
  throw new UserError(message, {
    exitCode: ExitCode.unreachable,
    fix: [
      "Install Python 3.10 or newer with venv and pip, and see that its package index can be reached.",
      "Or name a Python that has MLflow: DISEASE_MLFLOW=/path/to/python.",
    ],
  });
}

/** @returns whether the program ended well; false also when it is not there */
async function run(command: string, args: readonly string[], onLine: (line: string) => void): Promise<boolean> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) if (line.trim() !== "") onLine(line);
    });
  }
  return await new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}

export interface LocalServer {
  readonly url: string;
  /** Resolves when the server has ended. */
  readonly ended: Promise<number | null>;
  stop(): void;
}

export interface ServerOptions {
  readonly python: string;
  /** Default: 5000, or the next that is free. */
  readonly port?: number;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the real MLflow server on the project's embedded store, for this machine alone (127.0.0.1), and waits until it
 * answers. Sweeps may go on writing meanwhile.
 * @throws UserError when it does not start
 */
export async function startServer(project: Project, { python, port, signal }: ServerOptions): Promise<LocalServer> {
  const database = join(project.mlruns, "mlflow.db");
  if (!existsSync(database)) {
    throw new UserError("There is no tracking store yet", { where: database, fix: "Make one: disease exp run FILE." });
  }
  const chosen = port ?? (await freePort(5000));
  const url = `http://127.0.0.1:${chosen}`;
  const place = [
    "--backend-store-uri",
    `sqlite:///${database}`,
    "--default-artifact-root",
    join(project.mlruns, "artifacts"),
  ];
  const child = spawn(
    python,
    ["-m", "mlflow", "server", ...place, "--host", "127.0.0.1", "--port", String(chosen), "--workers", "1"],
    {
      cwd: project.root,
      env: { ...withoutMlflow(process.env), MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32", // its workers end with its group
    },
  );
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-2000);
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      tail += messageOf(error);
      resolve(null);
    });
    child.once("exit", (code) => resolve(code));
  });
  const stop = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (process.platform === "win32") child.kill();
    else process.kill(-child.pid, "SIGTERM");
  };
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  for (const end = Date.now() + 180_000; Date.now() < end && !isOver && !signal?.aborted; ) {
    if (await answers(`${url}/health`)) return { url, ended, stop };
    await delay(200);
  }
  stop();
  throw new UserError("MLflow's server did not start", {
    exitCode: ExitCode.unreachable,
    where: `${python} on ${url}`,
    fix: [tail.trim().split("\n").at(-1) ?? "", "Try another --port, or another Python with MLflow: DISEASE_MLFLOW."],
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** The port itself or one of the next, when nothing listens there. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 50; port++) {
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new UserError(`no port between ${wanted} and ${wanted + 49} is free`, { fix: "Name another with --port." });
}

function withoutMlflow(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("MLFLOW_")));
}

/** Opens a page in the user's browser where there is a display; otherwise does nothing. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler", url]
        : env.DISPLAY || env.WAYLAND_DISPLAY
          ? ["xdg-open", url]
          : [];
  if (command === undefined) return false;
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.once("error", () => {}); // no opener: the address was printed
  child.unref();
  return true;
}
