import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openKnowledge } from "../../src/app/cases.ts";
import type { Project } from "../../src/app/project.ts";
import { openServed, servedVersion } from "../../src/app/served/open.ts";
import { hashModel } from "../../src/core/model-files.ts";
import { cellsOf, createInputReader } from "../../src/core/serving/input.ts";
import type { RawRow, ServedModel, ServedTable } from "../../src/core/serving/serving.ts";
import { RANKER_FILES, trainRankers } from "../../src/experiments/ranking/model.ts";
import { setAlias } from "../../src/registry/demote.ts";
import { register } from "../../src/registry/register.ts";
import { readState } from "../../src/registry/state.ts";
import { finishedRun, openBench } from "../registry/support.ts";
import { temporaryFolder } from "../stores/support.ts";
import { patient, TERMS, writeKnowledge } from "../support/knowledge.ts";
import { modelArtifacts } from "../support/serving/served-model.ts";

beforeEach(() => {
  vi.stubEnv("DISEASE_CACHE", temporaryFolder());
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
});

/** A project with two versions of "skin", the first of which is called good. */
async function registered() {
  const root = temporaryFolder();
  const project: Project = { root, mlruns: join(root, "mlruns") };
  const bench = openBench(project.mlruns);
  const runs: string[] = [];
  for (const seed of [1, 2]) {
    const runId = await finishedRun(bench, "bayes", await modelArtifacts(seed));
    await register(bench, "skin", runId);
    runs.push(runId);
  }
  const name = async (alias: string, version: string): Promise<void> => {
    const state = await readState(bench.registry, "skin");
    await setAlias(bench, state, alias, state.versions.find((each) => each.version === version)!);
  };
  await name("good", "1");
  const folderOf = async (run: number): Promise<string> => (await bench.store.localArtifacts(runs[run]!))!;
  return { project, runs, name, folderOf };
}

async function open(project: Project, address: string): Promise<{ model: ServedTable; notices: readonly string[] }> {
  const notices: string[] = [];
  const model = await openServed(project, address, { notify: ({ message }) => notices.push(message) });
  onTestFinished(() => model.dispose());
  return { model: asTable(model), notices };
}

function asTable(model: ServedModel): ServedTable {
  if (model.kind === "table") return model;
  throw new Error("it is over cases");
}

const frameOf = ({ input, example }: ServedTable, change: RawRow = {}) =>
  createInputReader(input).read(1, cellsOf(input, [{ ...example, ...change }])).frame;
const answer = (model: ServedTable): readonly number[] => [...model.predictProba(frameOf(model))];

test("a model is opened by its version, its alias, as the newest, by its run, and as a folder", async () => {
  const { project, runs, folderOf } = await registered();
  const [first] = runs;
  const folder = join(await folderOf(0), "model");
  const version = { name: "skin", version: "1", runId: first };
  for (const [address, told] of [
    ["models:/skin/1", version],
    ["models:/skin@good", version],
    ["models:/skin", { ...version, version: "2", runId: runs[1] }],
    [`runs:/${first}/model`, { name: null, version: null, runId: first }],
    [first!.slice(0, 8), { name: null, version: null, runId: first }],
    [folder, { name: null, version: null, runId: null }],
    [join(folder, ".."), { name: null, version: null, runId: null }],
  ] as const) {
    const { model, notices } = await open(project, address);
    expect(model.identity).toMatchObject({ address, ...told, family: "naive-bayes", codeVersion: "1" });
    expect(model.identity.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(model).toMatchObject({ target: "disease", classes: ["a", "b", "c"] });
    expect(answer(model).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(model.interval(0, answer(model)[0]!)).not.toBeUndefined();
    expect(model.validation?.answers.rows.reduce((a, b) => a + b)).toBe(90);
    expect(notices).toEqual([]);
  }
});

test("what a version is called may change: it is asked without reading files", async () => {
  const { project, name, runs } = await registered();
  const before = await servedVersion(project, "models:/skin@good", () => {});
  expect(before).toMatchObject({ version: "1", runId: runs[0] });
  expect(before.hash).toBe((await open(project, "models:/skin@good")).model.identity.hash);
  await name("good", "2");
  expect(await servedVersion(project, "models:/skin@good", () => {})).toMatchObject({ version: "2" });
});

test("files that are not the registered ones are refused, whoever has a copy of those", async () => {
  const { project, folderOf } = await registered();
  await open(project, "models:/skin/1");
  writeFileSync(join(await folderOf(0), "model", "preparation.bin"), "garbage");
  await expect(open(project, "models:/skin/1")).rejects.toThrow("not those that were registered");
});

test("a registry that is away is stood in for by the copy of what the address meant last", async () => {
  const { project, name } = await registered();
  const { model } = await open(project, "models:/skin@good");
  await name("good", "2");
  const newer = (await open(project, "models:/skin@good")).model;
  expect(newer.identity.hash).not.toBe(model.identity.hash);
  renameSync(project.mlruns, `${project.mlruns}-away`);
  const { model: copy, notices } = await open(project, "models:/skin@good");
  expect(copy.identity).toEqual(newer.identity);
  expect(answer(copy)).toEqual(answer(newer));
  expect(copy.validation).toEqual(newer.validation);
  expect(notices).toEqual([
    expect.stringMatching(/the copy of version 2 of 0 minutes ago is used for models:\/skin@good$/),
  ]);
  await expect(open(project, "models:/skin/1")).rejects.toThrow("no tracking store yet");
});

test("a copy that is not whole is not used, and what no address means any more is not kept", async () => {
  const { project, name } = await registered();
  await open(project, "models:/skin@good");
  await name("good", "2");
  const { hash } = (await open(project, "models:/skin@good")).model.identity;
  const [home] = readdirSync(join(process.env.DISEASE_CACHE!, "models"));
  const folder = join(process.env.DISEASE_CACHE!, "models", home!);
  expect(readdirSync(folder).filter((entry) => !entry.endsWith(".json"))).toEqual([hash]);
  const file = join(folder, hash, "model", "model.json");
  expect(statSync(file).mode & 0o077).toBe(0);
  writeFileSync(file, `${readFileSync(file, "utf8")} `);
  renameSync(project.mlruns, `${project.mlruns}-away`);
  await expect(open(project, "models:/skin@good")).rejects.toThrow("no tracking store yet");
});

test("a cache that cannot be written is not missed", async () => {
  const { project } = await registered();
  writeFileSync(join(process.env.DISEASE_CACHE!, "models"), "in the way");
  expect((await open(project, "models:/skin@good")).model.identity.version).toBe("1");
});

test.each([
  ["models:/skin@nobody", /has no @nobody/],
  ["models:/other", /no registered model "other"/],
  ["no-such-folder", /no such file or folder, and it is neither the id of a run nor models:/],
  ["ffffffff", /no run begins with/],
])("%s is refused with what is there instead", async (address, message) => {
  const { project } = await registered();
  await expect(open(project, address)).rejects.toThrow(message);
});

test("a folder without a model is refused", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "empty"));
  const project = { root, mlruns: join(root, "mlruns") };
  await expect(open(project, join(root, "empty"))).rejects.toThrow("the folder has no model files");
  writeFileSync(join(root, "empty", "notes.txt"), "");
  await expect(open(project, join(root, "empty"))).rejects.toThrow(/no saved model/);
});

test("a folder is known by the hash that a run of the same files has", async () => {
  const { project, folderOf } = await registered();
  const folder = await folderOf(0);
  const all = await modelArtifacts(1);
  const files = Object.entries(all).filter(([path]) => path.startsWith("model/"));
  const hash = hashModel(Object.fromEntries(files.map(([path, bytes]) => [path.slice("model/".length), bytes])));
  expect((await open(project, folder)).model.identity.hash).toBe(hash);
});

test("what a patient has moves the answer as its evidence says", async () => {
  const { project } = await registered();
  const { model } = await open(project, "models:/skin@good");
  const frame = frameOf(model, { edad: 70, fiebre: true });
  const { base, evidence, unit } = model.explain(frame, 0, 2);
  const p = model.predictProba(frame)[2]!;
  expect(unit).toBe("log-odds");
  expect(evidence.reduce((sum, { weight }) => sum + weight, base)).toBeCloseTo(Math.log(p / (1 - p)), 3);
  expect(evidence.find(({ feature }) => feature === "edad")).toMatchObject({ label: "edad", value: 70 });
  expect(model.explain(frameOf(model), 0, 2).evidence).toEqual([]);
});

test("a model that ranks is opened over its knowledge, by one file too, and says why", async () => {
  const root = temporaryFolder();
  const [knowledge, folder] = [join(root, "knowledge"), join(root, "model")];
  for (const path of [knowledge, folder]) mkdirSync(path);
  writeKnowledge(knowledge, [
    { disease: "OMIM:1", term: "seizure", reference: "PMID:1" },
    { disease: "OMIM:2", term: "murmur", reference: "PMID:2" },
  ]);
  const project = { root, mlruns: join(root, "mlruns") };
  const { base } = await openKnowledge(project, knowledge, () => {});
  const { signal } = new AbortController();
  const spec = { family: "orphan-lr", params: {}, candidates: "omim", seed: 1, threads: 1, signal } as const;
  const { files, rankers } = await trainRankers(base, [], spec);
  rankers.dispose();
  writeFileSync(join(folder, RANKER_FILES.newPatient), files[RANKER_FILES.newPatient]!);
  const model = await openServed(project, folder, { knowledge, notify: () => {} });
  onTestFinished(() => model.dispose());
  expect(model).toMatchObject({ kind: "cases", diseases: 2, validation: null });
  expect(model.identity).toMatchObject({ family: "orphan-lr", knowledge: { hash: base.release.hash } });
  if (model.kind !== "cases") return;
  const { ranking, notices } = model.rank(patient("one", ["seizure"]), 2, 1);
  expect(ranking.map(({ id, name }) => [id, name])).toEqual([
    ["OMIM:1", "Disease 1"],
    ["OMIM:2", "Disease 2"],
  ]);
  expect(ranking[0]!.probability).toBeGreaterThan(ranking[1]!.probability);
  expect(ranking.map(({ explained }) => explained?.evidence.map(({ feature }) => feature))).toEqual([
    [TERMS.seizure],
    undefined,
  ]);
  expect(notices).toEqual([]);
  expect(model.rank(patient("none", []), 2, 1)).toEqual({
    ranking: [],
    notices: [expect.stringMatching(/nothing to rank/)],
  });

  writeKnowledge(knowledge, [{ disease: "OMIM:1", term: "ataxia", reference: "PMID:1" }]);
  await expect(openServed(project, folder, { knowledge, notify: () => {} })).rejects.toThrow("another knowledge base");
});
