import { expect, test } from "vitest";
import type { Stage } from "../../src/core/registry.ts";
import { latestPoint } from "../../src/core/store.ts";
import { history } from "../../src/registry/history.ts";
import { promote } from "../../src/registry/promote.ts";
import { register } from "../../src/registry/register.ts";
import { readState, type Workbench } from "../../src/registry/state.ts";
import { copyExperiments } from "../../src/stores/outbox/copy.ts";
import { copyModels } from "../../src/stores/outbox/copy-models.ts";
import { finishedRun, openBench } from "../registry/support.ts";

const START = 1_700_000_000_000;

/** Copies runs and models, as `disease track copy` does. */
async function copy(from: Workbench, to: Workbench): Promise<{ copied: number; artifacts: number; versions: number }> {
  const logged = { from: from.registry.logged!, to: to.registry.logged! };
  const { runs, copied, artifacts } = await copyExperiments({ from: from.store, to: to.store, logged });
  return { copied, artifacts, versions: await copyModels({ from, to, runs }) };
}

async function promoteNewest(bench: Workbench): Promise<void> {
  const state = await readState(bench.registry, "skin");
  const how = { to: "Production", gate: null, reason: "a test", requireApproval: false } as const;
  await promote(bench, state, state.versions[0]!, how);
}

/** The trail's acts with its problems, and what stage each version is in. */
async function stateOf(bench: Workbench) {
  const state = await readState(bench.registry, "skin");
  const { records, problems } = await history(bench.store, state);
  const stages = Object.fromEntries(state.versions.map((v): [string, Stage] => [v.version, v.stage]));
  return { acts: records.map((r) => r.act).join(" "), problems, stages, champion: state.champion?.version ?? null };
}

test("a copied model has its audit trail, which is whole there, and follows what is done in the source", async () => {
  const [from, to] = [openBench(), openBench()];
  await register(from, "skin", await finishedRun(from));
  await promoteNewest(from);
  expect(await copy(from, to)).toMatchObject({ versions: 1 });
  expect(await stateOf(to)).toEqual({
    acts: "register promote",
    problems: [],
    stages: { "1": "Production" },
    champion: "1",
  });
  await register(from, "skin", await finishedRun(from));
  await promoteNewest(from);
  expect(await copy(from, to)).toMatchObject({ versions: 1 });
  expect(await stateOf(to)).toEqual(await stateOf(from));
  expect(await stateOf(to)).toMatchObject({ acts: "register promote register promote", problems: [], champion: "2" });
  expect(await copy(from, to)).toEqual({ copied: 0, artifacts: 0, versions: 0 });
});

test("a model that went its own way in the target keeps its champion and its trail; new versions come along", async () => {
  const [from, to] = [openBench(), openBench()];
  for (let i = 0; i < 2; i++) await register(from, "skin", await finishedRun(from));
  await copy(from, to);
  await promoteNewest(to);
  await register(from, "skin", await finishedRun(from));
  await promoteNewest(from);
  expect(await copy(from, to)).toMatchObject({ versions: 1 });
  expect(await stateOf(to)).toEqual({
    acts: "register register promote",
    problems: [],
    stages: { "1": "None", "2": "Production", "3": "None" },
    champion: "2",
  });
});

test("the trail stays behind where a version got another number: its records would name others", async () => {
  const [from, to] = [openBench(), openBench()];
  const { runId } = await register(from, "skin", await finishedRun(from));
  await register(from, "skin", await finishedRun(from));
  await promoteNewest(from);
  await from.store.deleteRun(runId);
  expect(await copy(from, to)).toMatchObject({ versions: 1 });
  expect(await stateOf(to)).toEqual({ acts: "", problems: [], stages: { "1": "Production" }, champion: "1" });
});

test("files that a run got after it was copied are copied the next time", async () => {
  const [from, to] = [openBench(), openBench()];
  const runId = await finishedRun(from);
  await copy(from, to);
  await from.store.writeArtifact(runId, "notes/a.txt", Buffer.from("a"));
  expect(await copy(from, to)).toMatchObject({ copied: 1, artifacts: 1 });
});

test("a run names its parent's copy, though it began before the parent, and that before its own", async () => {
  const [from, to] = [openBench(), openBench()];
  const { experimentId } = await from.store.ensureExperiment("skin");
  const run = async (runName: string, startTime: number, parent?: string): Promise<string> => {
    const tags: Record<string, string> = parent === undefined ? {} : { "mlflow.parentRunId": parent };
    return (await from.store.createRun({ experimentId, runName, startTime, tags })).runId;
  };
  const sweep = await run("sweep", START + 2);
  const trial = await run("trial", START + 1, sweep);
  await run("fold", START, trial);
  await copy(from, to);
  const columns = { metrics: [], params: [], tags: "all" } as const;
  const target = (await to.store.getExperimentByName("skin"))!;
  const { items } = await to.store.searchRuns({ experimentIds: [target.experimentId], columns });
  const named = (name: string) => items.find(({ info }) => info.runName === name)!;
  expect(named("fold").tags["mlflow.parentRunId"]).toBe(named("trial").info.runId);
  expect(named("trial").tags["mlflow.parentRunId"]).toBe(named("sweep").info.runId);
});

test("a metric's latest point is the one that MLflow shows: by step, then time, then value", () => {
  const point = (step: number, timestamp: number, value: number) => ({ key: "a", step, timestamp, value });
  const points = [point(2, 1, 5), point(1, 9, 9), point(2, 1, Number.NaN), point(2, 0, 8)];
  expect(latestPoint(points)).toEqual(point(2, 1, 5));
  expect(latestPoint([])).toBeUndefined();
});
