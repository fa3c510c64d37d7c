import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedRegistry } from "../../src/stores/embedded/registry.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { describeRegistry } from "../contracts/registry.contract.ts";
import { temporaryFolder } from "./support.ts";

describeRegistry("the embedded registry", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  return { registry: openEmbeddedRegistry({ folder }), store: openEmbeddedStore({ folder }) };
});

test("a registry that is open for reading makes nothing and refuses writes", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  expect(() => openEmbeddedRegistry({ folder, readOnly: true })).toThrow(/no tracking store/i);
  openEmbeddedStore({ folder }).close();
  const registry = openEmbeddedRegistry({ folder, readOnly: true });
  onTestFinished(() => registry.close());
  expect(await registry.listModels()).toEqual([]);
  await expect(registry.ensureModel("a")).rejects.toThrow(/reading only/);
});

test("a model without files is not said to be ready", async () => {
  const folder = join(temporaryFolder(), "mlruns");
  const store = openEmbeddedStore({ folder });
  const registry = openEmbeddedRegistry({ folder });
  onTestFinished(() => {
    store.close();
    registry.close();
  });
  const { experimentId } = await store.ensureExperiment("e");
  const { runId } = await store.createRun({ experimentId, runName: "r", startTime: 1 });
  const { modelId } = await registry.logged!.create({ runId, name: "m", folder: "model" });
  await expect(registry.logged!.finalize(modelId, "READY")).rejects.toThrow(/no files/);
  expect(await registry.logged!.finalize(modelId, "FAILED")).toMatchObject({ status: "FAILED" });
});
