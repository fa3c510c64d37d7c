import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { temporaryFolder } from "../stores/support.ts";
import { venvPython } from "../support/venv.ts";

test("MLflow's server and UI work on the store while we write to it", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  const store = openEmbeddedStore({ folder });
  onTestFinished(() => store.close());
  const { experimentId } = await store.ensureExperiment("heart");
  const begin = async (runName: string, f1: number) => {
    const { runId } = await store.createRun({ experimentId, runName, startTime: 1_700_000_000_000 });
    await store.write(runId, { metrics: [{ key: "f1", value: f1, step: 0, timestamp: 1 }], status: "FINISHED" });
    return runId;
  };
  const runId = await begin("first", 0.5);
  await store.writeArtifact(runId, "report/classes.csv", new TextEncoder().encode("a,b\n"));

  const base = await serve(folder);
  await vi.waitFor(async () => expect((await fetch(`${base}/health`)).status).toBe(200), {
    timeout: 120_000,
    interval: 500,
  });
  expect(await (await fetch(base)).text()).toContain("<title>MLflow</title>");

  const better = await begin("second", 0.75);
  const found = await fetch(`${base}/api/2.0/mlflow/runs/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ experiment_ids: [experimentId], filter: "metrics.f1 > 0", order_by: ["metrics.f1 DESC"] }),
  });
  const { runs } = (await found.json()) as { runs: { info: { run_id: string } }[] };
  expect(runs.map((r) => r.info.run_id)).toEqual([better, runId]);
  const artifact = await fetch(`${base}/get-artifact?run_id=${runId}&path=report%2Fclasses.csv`);
  expect(await artifact.text()).toBe("a,b\n");
});

/** Starts `mlflow server` on the store's database, as a user would in the project folder. */
async function serve(folder: string): Promise<string> {
  const port = await freePort();
  const child: ChildProcess = spawn(
    await venvPython("reference"),
    [
      ...["-m", "mlflow", "server", "--backend-store-uri", "sqlite:///mlruns/mlflow.db"],
      ...["--host", "127.0.0.1", "--port", String(port), "--workers", "1"],
    ],
    {
      cwd: dirname(folder),
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" },
      stdio: "ignore",
      detached: true, // its workers end with its group
    },
  );
  const exit = once(child, "exit");
  onTestFinished(async () => {
    process.kill(-child.pid!, "SIGTERM");
    await exit;
  });
  return `http://127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
