import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { ModelRegistry, ModelVersion } from "../../src/core/registry.ts";
import type { TrackingStore } from "../../src/core/store.ts";

const START = 1_700_000_000_000;

/**
 * What every model registry promises. `make` gives a registry with the tracking store that its runs are in; both may hold
 * other things: every test works on a model of its own. Nothing here needs a change to be one transaction.
 */
export function describeRegistry(
  name: string,
  make: () => Promise<{ readonly registry: ModelRegistry; readonly store: TrackingStore }>,
): void {
  async function open() {
    const { registry, store } = await make();
    onTestFinished(() => {
      registry.close();
      store.close();
    });
    const model = `contract ${randomUUID()}`;
    const { experimentId } = await store.ensureExperiment(model);

    /** A finished run with a file in model/. */
    async function run(): Promise<string> {
      const { runId } = await store.createRun({ experimentId, runName: "trial", startTime: START });
      await store.writeArtifact(runId, "model/model.json", new TextEncoder().encode(`{"run":"${runId}"}`));
      await store.write(runId, { status: "FINISHED", endTime: START + 1 });
      return runId;
    }
    async function version(tags?: Record<string, string>): Promise<ModelVersion> {
      await registry.ensureModel(model);
      const runId = await run();
      return registry.createVersion({ name: model, source: `runs:/${runId}/model`, runId, tags });
    }
    return { registry, store, model, run, version };
  }

  describe(`${name} is a model registry that`, () => {
    test("makes a model once and finds it by name", async () => {
      const { registry, model } = await open();
      expect(await registry.getModel(model)).toBeUndefined();
      const made = await registry.ensureModel(model, "six skin diseases");
      expect(made).toMatchObject({ name: model, description: "six skin diseases", aliases: {} });
      expect(await registry.ensureModel(model)).toEqual(made);
      expect(await registry.getModel(model)).toEqual(made);
      expect(await registry.listModels()).toContainEqual(made);
    });

    test.each(["", " ", "a/b", "a:b", ".", "..", "../x"])("refuses the model name %j", async (bad) => {
      const { registry } = await open();
      await expect(registry.ensureModel(bad)).rejects.toThrow(UserError);
    });

    test("numbers versions from 1, and lists them newest first", async () => {
      const { registry, model, version } = await open();
      const first = await version({ "disease.note": "a ñ" });
      const second = await version();
      expect(first).toMatchObject({
        name: model,
        version: "1",
        stage: "None",
        status: "READY",
        aliases: [],
        tags: { "disease.note": "a ñ" },
        source: `runs:/${first.runId}/model`,
      });
      expect((await registry.listVersions(model)).map((v) => v.version)).toEqual(["2", "1"]);
      expect(await registry.getVersion(model, "2")).toEqual(second);
      expect(await registry.getVersion(model, "3")).toBeUndefined();
      expect(await registry.listVersions(`${model} other`)).toEqual([]);
    });

    test("never gives the number of a deleted version again", async () => {
      const { registry, model, version } = await open();
      await version();
      await version();
      await registry.change(model, { aliases: { mine: "2" } });
      await registry.deleteVersion(model, "2");
      expect(await registry.getVersion(model, "2")).toBeUndefined();
      expect((await registry.getModel(model))!.aliases).toEqual({});
      expect((await version()).version).toBe("3");
      expect((await registry.listVersions(model)).map((v) => v.version)).toEqual(["3", "1"]);
      await expect(registry.deleteVersion(model, "2")).rejects.toThrow(UserError);
    });

    test("refuses a version without model files", async () => {
      const { registry, store, model, run } = await open();
      await registry.ensureModel(model);
      const runId = await run();
      const { experimentId } = (await store.getRun(runId)).info;
      const empty = await store.createRun({ experimentId, runName: "empty", startTime: START });
      for (const source of [`runs:/${empty.runId}/model`, `runs:/${runId}/other`, `runs:/${"f".repeat(32)}/model`]) {
        await expect(registry.createVersion({ name: model, source })).rejects.toThrow(UserError);
      }
      expect(await registry.listVersions(model)).toEqual([]);
    });

    test("moves stages, aliases and tags together", async () => {
      const { registry, model, version } = await open();
      await version();
      await version();
      await registry.change(model, {
        stages: { "1": "Archived", "2": "Production" },
        aliases: { champion: "2", "my-alias_1": "1" },
        versionTags: { "1": { why: "old" }, "2": { why: "new", "disease.x/y": "{}" } },
        modelTags: { team: "dermatology" },
      });
      expect(await registry.getModel(model)).toMatchObject({
        aliases: { champion: "2", "my-alias_1": "1" },
        tags: { team: "dermatology" },
      });
      expect(await registry.listVersions(model)).toMatchObject([
        { version: "2", stage: "Production", aliases: ["champion"], tags: { why: "new", "disease.x/y": "{}" } },
        { version: "1", stage: "Archived", aliases: ["my-alias_1"], tags: { why: "old" } },
      ]);
      await registry.change(model, {
        aliases: { champion: "1", "my-alias_1": null, never: null },
        versionTags: { "1": { why: "back" } },
        modelTags: { team: "b" },
      });
      expect(await registry.getModel(model)).toMatchObject({ aliases: { champion: "1" }, tags: { team: "b" } });
      expect((await registry.getVersion(model, "1"))!.tags.why).toBe("back");
      await registry.deleteVersionTag(model, "1", "why");
      await registry.deleteVersionTag(model, "1", "why");
      expect((await registry.getVersion(model, "1"))!.tags).not.toHaveProperty("why");
    });

    test("gives a version any number of aliases, and tells Upper from lower case", async () => {
      const { registry, model, version } = await open();
      await version();
      await version();
      await registry.change(model, { aliases: { b: "1", a: "1", A: "2" } });
      expect([...(await registry.getVersion(model, "1"))!.aliases].sort()).toEqual(["a", "b"]);
      expect((await registry.getVersion(model, "2"))!.aliases).toEqual(["A"]);
    });

    test.each(["latest", "LATEST", "v1", "V22", "", "a b", "a/b", "x".repeat(256)])(
      "refuses the alias %j",
      async (alias) => {
        const { registry, model, version } = await open();
        await version();
        await expect(registry.change(model, { aliases: { [alias]: "1" } })).rejects.toThrow(UserError);
        expect((await registry.getModel(model))!.aliases).toEqual({});
      },
    );

    test("refuses a change of what is not there", async () => {
      const { registry, model, version } = await open();
      await version();
      await expect(registry.change(model, { aliases: { champion: "7" } })).rejects.toThrow(UserError);
      await expect(registry.change(model, { stages: { "7": "Staging" } })).rejects.toThrow(UserError);
      await expect(registry.change(model, { versionTags: { "7": { a: "b" } } })).rejects.toThrow(UserError);
      await expect(registry.change(`${model} other`, { modelTags: { a: "b" } })).rejects.toThrow(UserError);
    });

    test.each([
      ["an alias that moved", { aliases: { champion: "2" } }],
      ["an alias that appeared", { aliases: { champion: null } }],
      ["an alias that is gone", { aliases: { challenger: "1" } }],
      ["a stage that moved", { stages: { "1": "Staging" as const } }],
      ["a version that is gone", { stages: { "9": "Staging" as const } }],
      ["a tag that changed", { modelTags: { head: "a" } }],
      ["a tag that appeared", { modelTags: { head: null } }],
    ])("changes nothing when the caller expects %s", async (_, expected) => {
      const { registry, model, version } = await open();
      await version();
      await version();
      await registry.change(model, {
        stages: { "1": "Production" },
        aliases: { champion: "1" },
        modelTags: { head: "b" },
      });
      const before = [await registry.getModel(model), await registry.listVersions(model)];
      const change = registry.change(model, {
        expect: expected,
        stages: { "2": "Production" },
        aliases: { champion: "2" },
        versionTags: { "2": { a: "b" } },
        modelTags: { head: "c" },
      });
      await expect(change).rejects.toMatchObject({
        name: "UserError",
        message: expect.stringContaining("someone else"),
      });
      expect([await registry.getModel(model), await registry.listVersions(model)]).toEqual(before);
    });

    test("makes the change when all is as the caller saw it", async () => {
      const { registry, model, version } = await open();
      await version();
      await registry.change(model, {
        expect: { aliases: { champion: null }, stages: { "1": "None" }, modelTags: { head: null } },
        aliases: { champion: "1" },
        stages: { "1": "Production" },
        modelTags: { head: "a" },
      });
      expect((await registry.getModel(model))!.aliases).toEqual({ champion: "1" });
    });

    test("takes tags of 100,000 characters, and no more", async () => {
      const { registry, model, version } = await open();
      await version();
      await registry.change(model, { versionTags: { "1": { long: "ñ".repeat(100_000) } } });
      expect((await registry.getVersion(model, "1"))!.tags.long).toHaveLength(100_000);
      const change = registry.change(model, { versionTags: { "1": { long: "x".repeat(100_001) } } });
      await expect(change).rejects.toThrow(UserError);
    });

    test("lists a run's model among the logged models, with its metrics, and registers it", async () => {
      const { registry, store, model, run } = await open();
      const logged = registry.logged!;
      const runId = await run();
      const pending = await logged.create({
        runId,
        name: "trial 1",
        folder: "model",
        params: { family: "gbm" },
        tags: { a: "1" },
      });
      expect(pending).toMatchObject({ runId, name: "trial 1", status: "PENDING", params: { family: "gbm" } });
      expect(pending.modelId).toMatch(/^m-[0-9a-f]{32}$/);
      await logged.logMetrics(pending.modelId, [
        { key: "val_f1", value: 0.5, timestamp: START, step: 0 },
        { key: "val_f1", value: 0.75, timestamp: START, step: 1 },
      ]);
      await logged.setTags(pending.modelId, { a: "2", b: "3" });
      const ready = await logged.finalize(pending.modelId, "READY");
      expect(ready).toMatchObject({ status: "READY", metrics: { val_f1: 0.75 }, tags: { a: "2", b: "3" } });
      expect(await logged.get(pending.modelId)).toEqual(ready);
      expect(await logged.ofRun(runId)).toEqual([ready]);
      expect(await logged.get(`m-${"f".repeat(32)}`)).toBeUndefined();

      await registry.ensureModel(model);
      const version = await registry.createVersion({ name: model, source: `models:/${pending.modelId}` });
      expect(version).toMatchObject({ source: `models:/${pending.modelId}`, runId });
      expect((await store.getRun(runId)).info.runId).toBe(runId);
    });

    test.each(["", "a/b", "a:b", "a.b", "a%b", "a'b"])("refuses the logged model name %j", async (bad) => {
      const { registry, run } = await open();
      await expect(registry.logged!.create({ runId: await run(), name: bad, folder: "model" })).rejects.toThrow(
        UserError,
      );
    });
  });
}
