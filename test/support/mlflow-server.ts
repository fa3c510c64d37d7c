import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { venvPython } from "./venv.ts";

export interface MlflowServer {
  /** http://127.0.0.1:PORT, without a slash at its end. */
  readonly url: string;
  /** Where the server runs: its database and its artifacts (mlartifacts/) are in it. */
  readonly folder: string;
  /** Ends it in order; removes the folder if it was made here. */
  stop(): Promise<void>;
  /** SIGKILL for it and its workers. `stop` is still to be called, to clean up. */
  kill(): void;
}

export interface MlflowServerOptions {
  /** Default: a new temporary folder. Give one to start a server again on what an earlier one left. */
  readonly folder?: string;
  /** Default: sqlite:///mlflow.db, below the folder. */
  readonly backendStore?: string;
  readonly port?: number;
  /** Processes that answer; default 1, which is light. MLflow's own default is 4. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the real `mlflow server` (one worker, artifacts through its proxy) and waits until it answers. */
export async function startMlflowServer(options: MlflowServerOptions = {}): Promise<MlflowServer> {
  const python = await venvPython("reference");
  const folder = options.folder ?? realpathSync(mkdtempSync(join(tmpdir(), "disease-mlflow-")));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, "mlflow-server.log");
  const output = openSync(log, "a");
  const child = spawn(
    python,
    [
      ...["-m", "mlflow", "server", "--backend-store-uri", options.backendStore ?? "sqlite:///mlflow.db"],
      ...["--host", "127.0.0.1", "--port", String(port), "--workers", String(options.workers ?? 1)],
    ],
    {
      cwd: folder,
      env: { ...withoutMlflow(process.env), MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false", ...options.env },
      stdio: ["ignore", output, output],
      detached: true, // its workers end with its group
    },
  );
  closeSync(output);
  const exit = once(child, "exit");
  const signal = (name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, name);
  };
  const kill = (): void => signal("SIGKILL");
  process.once("exit", kill); // a test process that dies early leaves no server behind
  const stop = async (): Promise<void> => {
    signal("SIGTERM");
    const hurry = setTimeout(kill, 10_000);
    await exit;
    clearTimeout(hurry);
    process.off("exit", kill);
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + 180_000;
  for (;;) {
    if (await answers(`${url}/health`)) return { url, folder, stop, kill };
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      const tail = readFileSync(log, "utf8").slice(-2000);
      await stop();
      throw new Error(`mlflow server did not start on port ${port}:\n${tail}`);
    }
    await delay(200);
  }
}

/** A TCP port of 127.0.0.1 that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

function withoutMlflow(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("MLFLOW_")));
}
