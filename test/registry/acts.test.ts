import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Verdict } from "../../src/core/gate.ts";
import { copyVersion } from "../../src/registry/copy.ts";
import { demote, rollback, setAlias } from "../../src/registry/demote.ts";
import { history } from "../../src/registry/history.ts";
import { type Act, approve, awaitingOf, promote, review, reviewedOutcome } from "../../src/registry/promote.ts";
import { register } from "../../src/registry/register.ts";
import { parseRef, readState, versionOf } from "../../src/registry/state.ts";
import { finishedRun, gateSays, openBench, type TestBench } from "./support.ts";

const NAME = "skin model";

/** A model with as many registered versions, all in stage None. */
async function benchWith(count: number): Promise<TestBench> {
  const bench = openBench();
  for (let i = 0; i < count; i++) await register(bench, NAME, await finishedRun(bench, `gbm ${i + 1}`));
  return bench;
}

async function promoteTo(
  bench: TestBench,
  version: string,
  options: { to?: "Staging" | "Production"; verdict?: Verdict; requireApproval?: boolean } = {},
): Promise<Act> {
  const { to = "Production", verdict = "pass", requireApproval = false } = options;
  const state = await readState(bench.registry, NAME);
  const chosen = versionOf(state, { name: NAME, version });
  const gate = to === "Staging" ? null : await gateSays(bench, NAME, chosen.runId!, verdict);
  return promote(bench, state, chosen, { to, gate, requireApproval });
}

/** Stages oldest first, and the holders of the aliases. */
async function standing(bench: TestBench): Promise<string> {
  const { versions, model } = await readState(bench.registry, NAME);
  const stages = versions.toReversed().map((v) => v.stage);
  return `${stages.join(" ")} champion ${model.aliases.champion} challenger ${model.aliases.challenger}`;
}

test("a run is registered once under a name, with the hashes of its files and data", async () => {
  const bench = openBench();
  const runId = await finishedRun(bench);
  const first = await register(bench, NAME, runId, "for the pilot");
  expect(first).toMatchObject({ version: "1", isNew: true, source: expect.stringMatching(/^models:\/m-/) });
  expect(await register(bench, NAME, runId)).toEqual({ ...first, isNew: false });
  const [version] = (await readState(bench.registry, NAME)).versions;
  expect(version!.tags).toMatchObject({
    "disease.model_hash": expect.stringMatching(/^[0-9a-f]{64}$/),
    "disease.data_hash": "d".repeat(64),
  });
  expect((await register(bench, "another", runId)).version).toBe("1");
});

test("a registered run's model is a logged model with its params and validation metrics", async () => {
  const bench = openBench();
  const runId = await finishedRun(bench, "gbm C=0.5: 1/2");
  await register(bench, NAME, runId);
  expect(await bench.registry.logged!.ofRun(runId)).toMatchObject([
    {
      name: "gbm C=0-5- 1-2",
      status: "READY",
      params: { family: "gbm" },
      metrics: { val_f1_macro: 0.9 },
      tags: { "mlflow.modelVersions": `[{"name":"${NAME}","version":1}]` },
    },
  ]);
});

test("the points of a logged model are points of its run, so that a server does not hold one twice", async () => {
  const bench = openBench();
  const runId = await finishedRun(bench);
  const [point] = await bench.store.metricHistory(runId, "val_f1_macro");
  await bench.store.write(runId, { metrics: [{ ...point!, step: 1, timestamp: point!.timestamp - 5, value: 0.8 }] });
  await register(bench, NAME, runId);
  const database = new DatabaseSync(join(bench.folder, "mlflow.db"), { readOnly: true });
  const own = database.prepare("SELECT metric_timestamp_ms t, metric_step s, metric_value v FROM logged_model_metrics");
  expect(own.all()).toEqual([{ t: point!.timestamp - 5, s: 1, v: 0.8 }]);
  database.close();
});

test("a registration that was cut before its record goes on when it is asked for again", async () => {
  const bench = openBench();
  const runId = await finishedRun(bench);
  const cut = { ...bench.registry, change: () => Promise.reject(new Error("killed")) };
  await expect(register({ ...bench, registry: cut }, NAME, runId)).rejects.toThrow("killed");
  expect(await register(bench, NAME, runId)).toMatchObject({ version: "1", isNew: false });
  await register(bench, NAME, runId);
  const state = await readState(bench.registry, NAME);
  expect(state.versions).toHaveLength(1);
  const { records, problems } = await history(bench.store, state);
  expect([records.map((r) => [r.act, r.version, r.modelHash !== null]), problems]).toEqual([
    [["register", "1", true]],
    [],
  ]);
  const [logged] = await bench.registry.logged!.ofRun(runId);
  expect(logged!.tags["mlflow.modelVersions"]).toBe(`[{"name":"${NAME}","version":1}]`);
});

test("a run that has not finished or has no model files is refused", async () => {
  const bench = openBench();
  const { experimentId } = await bench.store.ensureExperiment("skin");
  const { runId } = await bench.store.createRun({ experimentId, runName: "r", startTime: 1 });
  await expect(register(bench, NAME, runId)).rejects.toThrow(/running/);
  await bench.store.write(runId, { status: "FINISHED", endTime: 2 });
  await expect(register(bench, NAME, runId)).rejects.toThrow(/no model files/);
  expect(await bench.registry.listModels()).toEqual([]);
});

test("versions go through the stages, and the aliases with them", async () => {
  const bench = await benchWith(3);
  await promoteTo(bench, "1", { to: "Staging" });
  expect(await standing(bench)).toBe("Staging None None champion undefined challenger 1");
  expect(await promoteTo(bench, "1")).toMatchObject({
    from: "Staging",
    result: "done",
    champion: { before: null, after: "1" },
    undo: `disease models demote '${NAME}/1' --confirm '${NAME}'`,
  });
  await promoteTo(bench, "2", { to: "Staging" });
  await promoteTo(bench, "3", { to: "Staging" });
  expect(await standing(bench)).toBe("Production Archived Staging champion 1 challenger 3");
  expect(await promoteTo(bench, "3")).toMatchObject({
    champion: { before: "1", after: "3" },
    undo: `disease models rollback '${NAME}'`,
  });
  expect(await standing(bench)).toBe("Archived Archived Production champion 3 challenger undefined");
  expect(await promoteTo(bench, "3")).toMatchObject({ result: "unchanged", record: null });
});

test.each([
  ["fail", "refused"],
  ["inconclusive", "inconclusive"],
] as const)("a gate that says %s changes nothing but the audit", async (verdict, result) => {
  const bench = await benchWith(1);
  expect(await promoteTo(bench, "1", { verdict })).toMatchObject({ result, undo: null });
  expect(await standing(bench)).toBe("None champion undefined challenger undefined");
  const { records } = await history(bench.store, await readState(bench.registry, NAME));
  expect(records.at(-1)).toMatchObject({ act: "refuse", to: "Production", gate: { verdict, looks: 1 }, stages: {} });
});

test("Production needs a gate, or a reason for having none that stays on record", async () => {
  const bench = await benchWith(1);
  const state = await readState(bench.registry, NAME);
  const ask = (reason?: string) =>
    promote(bench, state, state.versions[0]!, { to: "Production", gate: null, reason, requireApproval: false });
  await expect(ask()).rejects.toThrow(/through a gate/);
  await expect(ask("  ")).rejects.toThrow(/through a gate/);
  expect(await ask("emergency of 3 May")).toMatchObject({ result: "done", record: { reason: "emergency of 3 May" } });
});

test("a gate counts only for the run and the champion that it looked at", async () => {
  const bench = await benchWith(2);
  const stale = await readState(bench.registry, NAME);
  const [second, first] = stale.versions;
  const gate = await gateSays(bench, NAME, second!.runId!);
  const ask = (version = second!, state = stale) =>
    promote(bench, state, version, { to: "Production", gate, requireApproval: false });
  await expect(ask(first)).rejects.toThrow(/another model/);
  await promoteTo(bench, "1");
  await expect(ask()).rejects.toThrow(/someone else/); // the champion appeared after the state was read
  expect(await standing(bench)).toBe("Production None champion 1 challenger undefined");
  const other = { ...gate, championRunId: "f".repeat(32) };
  const now = await readState(bench.registry, NAME);
  const late = promote(bench, now, now.versions[0]!, { to: "Production", gate: other, requireApproval: false });
  await expect(late).rejects.toThrow(/another champion/);
});

test("a version whose files have changed since is not promoted", async () => {
  const bench = await benchWith(1);
  const { versions } = await readState(bench.registry, NAME);
  await bench.store.writeArtifact(versions[0]!.runId!, "model/family/trees.bin", Uint8Array.of(9));
  await expect(promoteTo(bench, "1")).rejects.toThrow(/not those that were registered/);
});

test("with approval required a version awaits it, and is promoted by the approval", async () => {
  const bench = await benchWith(2);
  await promoteTo(bench, "1");
  expect(await promoteTo(bench, "2", { requireApproval: true })).toMatchObject({ result: "awaiting" });
  expect(await standing(bench)).toBe("Production None champion 1 challenger undefined");
  const state = await readState(bench.registry, NAME);
  expect(awaitingOf(state, state.versions[0]!)).toMatchObject({ to: "Production", champion: "1" });
  expect(await approve(bench, state, undefined, "board of 3 May")).toMatchObject({
    version: "2",
    result: "done",
    champion: { before: "1", after: "2" },
    record: { act: "approve", reason: "board of 3 May", gate: { verdict: "pass" } },
  });
  const after = await readState(bench.registry, NAME);
  expect(after.versions.map((v) => awaitingOf(after, v))).toEqual([null, null]);
  expect(after.versions[0]!.tags).not.toHaveProperty("disease.awaiting");
  await expect(approve(bench, after)).rejects.toThrow(/does not await/);
});

test("an approval is refused when another champion was promoted since, or the audit does not bear it out", async () => {
  const bench = await benchWith(2);
  await promoteTo(bench, "2", { requireApproval: true });
  await promoteTo(bench, "1");
  await expect(approve(bench, await readState(bench.registry, NAME))).rejects.toThrow(/another champion/);

  const forged = await benchWith(1);
  const awaiting = JSON.stringify({ to: "Production", champion: null, since: 0 });
  await forged.registry.change(NAME, { versionTags: { "1": { "disease.awaiting": awaiting } } });
  await expect(approve(forged, await readState(forged.registry, NAME))).rejects.toThrow(/does not await/);
});

test("a gate that fails later takes back what awaited approval", async () => {
  const bench = await benchWith(1);
  await promoteTo(bench, "1", { requireApproval: true });
  await promoteTo(bench, "1", { verdict: "fail" });
  await expect(approve(bench, await readState(bench.registry, NAME))).rejects.toThrow(/does not await/);
});

/** What a review of a version records. */
async function reviewed(bench: TestBench, number: string, verdict: Verdict = "pass"): Promise<Act> {
  const state = await readState(bench.registry, NAME);
  const version = versionOf(state, { name: NAME, version: number });
  const gate = await gateSays(bench, NAME, version.runId!, verdict);
  return review(bench, state, version, { to: "Production", gate, isNew: true });
}

test("a review moves nothing; a promotion may rest on it for an hour, by the same gate, with the same champion", async () => {
  const bench = await benchWith(2);
  const gateHash = "c".repeat(64);
  const known = async (number: string, hash = gateHash, later = 0) => {
    const state = await readState(bench.registry, NAME);
    return reviewedOutcome(state, versionOf(state, { name: NAME, version: number }), hash, bench.clock.now() + later);
  };
  expect(await reviewed(bench, "1")).toMatchObject({ result: "passed", from: "None", undo: null });
  expect(await standing(bench)).toBe("None None champion undefined challenger undefined");
  expect(await known("1")).toMatchObject({ verdict: "pass" });
  expect(await known("2")).toBeUndefined();
  expect(await known("1", "another gate")).toBeUndefined();
  expect(await known("1", gateHash, 3_600_000)).toBeUndefined();
  await promoteTo(bench, "2");
  expect(await known("1")).toBeUndefined(); // it was compared with none
  expect(await reviewed(bench, "1", "fail")).toMatchObject({ result: "refused" });
});

test("a review that passes leaves a version awaiting its approval, one that fails does not", async () => {
  const bench = await benchWith(1);
  await promoteTo(bench, "1", { requireApproval: true });
  const awaits = async (): Promise<boolean> => {
    const state = await readState(bench.registry, NAME);
    return awaitingOf(state, state.versions[0]!) !== null;
  };
  await reviewed(bench, "1");
  expect(await awaits()).toBe(true);
  await reviewed(bench, "1", "fail");
  expect(await awaits()).toBe(false);
});

test("rollback restores the champion before, step by step, and its undo works", async () => {
  const bench = await benchWith(3);
  for (const version of ["1", "2", "3"]) await promoteTo(bench, version);
  const back = async (to?: string) => rollback(bench, await readState(bench.registry, NAME), to);
  expect(await back()).toMatchObject({
    version: "2",
    champion: { before: "3", after: "2" },
    undo: `disease models rollback '${NAME}' --to 3`,
  });
  expect(await standing(bench)).toBe("Archived Production Archived champion 2 challenger undefined");
  expect(await back()).toMatchObject({ champion: { before: "2", after: "1" } });
  await expect(back()).rejects.toThrow(/no previous champion/);
  expect(await back("3")).toMatchObject({ champion: { before: "1", after: "3" } });
  expect(await back()).toMatchObject({ champion: { before: "3", after: "1" } });
});

test("rollback goes back to former champions alone", async () => {
  const bench = await benchWith(2);
  await promoteTo(bench, "1");
  const state = await readState(bench.registry, NAME);
  await expect(rollback(bench, state, "1")).rejects.toThrow("version 1 is the champion already");
  for (const to of ["2", "9"]) await expect(rollback(bench, state, to)).rejects.toThrow(/was never champion/);
});

test("a withdrawn champion leaves none, and rollback puts it back", async () => {
  const bench = await benchWith(2);
  await promoteTo(bench, "1");
  await promoteTo(bench, "2");
  const state = await readState(bench.registry, NAME);
  expect(await demote(bench, state, state.champion!, "Archived", "wrong units")).toMatchObject({
    champion: { before: "2", after: null },
    undo: `disease models rollback '${NAME}' --to 2`,
  });
  expect(await standing(bench)).toBe("Archived Archived champion undefined challenger undefined");
  expect(await rollback(bench, await readState(bench.registry, NAME))).toMatchObject({ champion: { after: "2" } });
});

test("aliases of the user's own move freely; those of the stages do not", async () => {
  const bench = await benchWith(2);
  const move = async (alias: string, version: string | null) => {
    const state = await readState(bench.registry, NAME);
    return setAlias(bench, state, alias, version === null ? null : versionOf(state, { name: NAME, version }));
  };
  expect(await move("pilot", "1")).toMatchObject({
    before: null,
    after: "1",
    undo: expect.stringContaining("--delete"),
  });
  expect(await move("pilot", "2")).toMatchObject({ before: "1", after: "2" });
  expect(await move("pilot", null)).toMatchObject({ before: "2", after: null });
  await expect(move("pilot", null)).rejects.toThrow(/no alias/);
  for (const alias of ["champion", "challenger"]) await expect(move(alias, "1")).rejects.toThrow(/follows the stages/);
});

test("a copy is a version of another model with the same files", async () => {
  const bench = await benchWith(1);
  await promoteTo(bench, "1");
  const { champion } = await readState(bench.registry, NAME);
  expect(await copyVersion(bench, bench, champion!, "elsewhere")).toMatchObject({
    version: "1",
    runId: champion!.runId,
  });
  const copy = await readState(bench.registry, "elsewhere");
  expect(copy.versions[0]).toMatchObject({ stage: "None", source: `models:/${NAME}/1`, aliases: [] });
  expect(copy.versions[0]!.tags["disease.model_hash"]).toBe(champion!.tags["disease.model_hash"]);
});

test("every act is on record, in the tags and in the runs, and the chain holds", async () => {
  const bench = await benchWith(2);
  await promoteTo(bench, "1");
  await promoteTo(bench, "2", { verdict: "fail" });
  await promoteTo(bench, "2");
  await rollback(bench, await readState(bench.registry, NAME), undefined, "alerts doubled");
  const { records, problems } = await history(bench.store, await readState(bench.registry, NAME));
  expect(problems).toEqual([]);
  expect(records.map((r) => `${r.sequence} ${r.act} ${r.version}`)).toEqual([
    "1 register 1",
    "2 register 2",
    "3 promote 1",
    "4 refuse 2",
    "5 promote 2",
    "6 rollback 1",
  ]);
  expect(records[4]).toMatchObject({
    who: "ana@clinic",
    when: expect.stringMatching(/^2023-11-14T/),
    stages: { "1": ["Production", "Archived"], "2": ["None", "Production"] },
    aliases: { champion: ["1", "2"] },
    gate: { gate: "clinical", verdict: "pass", gateHash: "c".repeat(64) },
    modelHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    dataHash: "d".repeat(64),
    previous: records[3]!.hash,
  });
  expect(records[5]!.reason).toBe("alerts doubled");
});

test("an act whose record cannot be copied into the run stands, and says so", async () => {
  const bench = await benchWith(1);
  const { versions } = await readState(bench.registry, NAME);
  await bench.store.deleteRun(versions[0]!.runId!);
  expect((await promoteTo(bench, "1", { to: "Staging" })).result).toBe("done");
  expect(bench.notices).toEqual([expect.stringContaining("kept as a tag only")]);
});

test.each([
  ["skin", { name: "skin" }],
  ["skin/3", { name: "skin", version: "3" }],
  ["skin@champion", { name: "skin", alias: "champion" }],
  ["models:/skin@champion", { name: "skin", alias: "champion" }],
  ["a@b@champion", { name: "a@b", alias: "champion" }],
  ["skin/x", { name: "skin/x" }],
  ["@champion", { name: "@champion" }],
])("reads the reference %s", (text, ref) => {
  expect(parseRef(text)).toEqual(ref);
});
