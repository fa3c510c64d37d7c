import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { startMlflowServer } from "../../support/mlflow-server.ts";

test("MLflow's server and UI work on the store while we write to it", async () => {
  const project = temporaryFolder();
  const store = openEmbeddedStore({ folder: join(project, "mlruns") });
  onTestFinished(() => store.close());
  const { experimentId } = await store.ensureExperiment("heart");
  const begin = async (runName: string, f1: number) => {
    const { runId } = await store.createRun({ experimentId, runName, startTime: 1_700_000_000_000 });
    await store.write(runId, { metrics: [{ key: "f1", value: f1, step: 0, timestamp: 1 }], status: "FINISHED" });
    return runId;
  };
  const runId = await begin("first", 0.5);
  await store.writeArtifact(runId, "report/classes.csv", new TextEncoder().encode("a,b\n"));

  // as a user would in the project folder
  const server = await startMlflowServer({ folder: project, backendStore: "sqlite:///mlruns/mlflow.db" });
  onTestFinished(server.stop);
  const base = server.url;
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
