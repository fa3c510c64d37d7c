import { afterAll, beforeAll } from "vitest";
import { openRemoteStore } from "../../src/stores/remote/store.ts";
import { describeStore } from "../contracts/store.contract.ts";
import { type MlflowServer, startMlflowServer } from "../support/mlflow-server.ts";

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(() => server.stop());

describeStore("the real MLflow server", async () => openRemoteStore({ uri: server.url, env: {} }));
