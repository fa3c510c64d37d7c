import { afterAll, beforeAll } from "vitest";
import { openRemoteRegistry } from "../../../src/stores/remote/registry.ts";
import { openRemoteStore } from "../../../src/stores/remote/store.ts";
import { describeRegistry } from "../../contracts/registry.contract.ts";
import { describeStore } from "../../contracts/store.contract.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(() => server.stop());

describeStore("the real MLflow server", async () => openRemoteStore({ uri: server.url, env: {} }));
describeRegistry("the real MLflow server", async () => ({
  registry: openRemoteRegistry({ uri: server.url, env: {} }),
  store: openRemoteStore({ uri: server.url, env: {} }),
}));
