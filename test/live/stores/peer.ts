import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type VenvName, venvPython } from "../../support/venv.ts";

const SCRIPT = join(import.meta.dirname, "..", "..", "fixtures", "stores", "mlflow_peer.py");

export interface MlflowPeer {
  /** Calls a function of mlflow_peer.py; rejects with MLflow's own message. */
  ask<T>(what: string, args?: object): Promise<T>;
  stop(): Promise<void>;
}

/** The real MLflow of a virtual environment, in one process for many questions; `script` knows the answers. */
export async function startPeer(venv: VenvName, trackingUri: string, script = SCRIPT): Promise<MlflowPeer> {
  const child = spawn(await venvPython(venv), [script, trackingUri], { stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask<T>(what: string, args: object = {}): Promise<T> {
      child.stdin.write(`${JSON.stringify({ do: what, ...args })}\n`);
      const line = await lines.next();
      if (line.done) throw new Error(`MLflow ended: ${log}`);
      const answer = JSON.parse(line.value) as { value: T; error?: string };
      if (answer.error !== undefined) throw new Error(`${what}: ${answer.error}`);
      return answer.value;
    },
    async stop() {
      if (child.exitCode !== null) return;
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
