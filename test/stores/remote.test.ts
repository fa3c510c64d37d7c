import { expect, onTestFinished, test } from "vitest";
import { standIn } from "../../packages/mlflow-js-client/test/support/stand-in.ts";
import { ExitCode } from "../../src/core/errors.ts";
import { openRemoteStore } from "../../src/stores/remote/store.ts";

test("a server without a place for files refuses the file, and is not taken for one that is away", async () => {
  const info = { run_id: "r", artifact_uri: "azureml://store/r", lifecycle_stage: "active", status: "RUNNING" };
  const server = await standIn(({ url }, response) => {
    const isRun = url.includes("/runs/get");
    response.writeHead(isRun ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(isRun ? { run: { info, data: {} } } : { error: { code: "NotFound" } }));
  });
  const store = openRemoteStore({ uri: server.url, env: {}, retry: { attempts: 1 } });
  onTestFinished(() => store.close());
  await expect(store.writeArtifact("r", "a.txt", Buffer.from("a"))).rejects.toMatchObject({
    message: "the server takes no files over MLflow's API",
    exitCode: ExitCode.usage,
  });
});
