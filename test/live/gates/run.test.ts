import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "../../../src/core/store.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, patients, type TestProject } from "../../support/project.ts";

const EXPERIMENT = `data: { path: data/patients.csv, target: disease, orphans: { max_rows: 10 } }
charts: none
bootstrap: { resamples: 100 }
split: { test: 0.2, train: 0.6, validation: 0.2 }
families: { logistic: { C: [0.001, 1] } }
`;
const EASY =
  "rules:\n  - metric: { name: accuracy, min: 0.5, judge: value, min_n: 10 }\n  - champion: { margin: 1, min_n: 10, without_champion: pass }\n";
const HARD = "rules:\n  - metric: { name: accuracy, min: 1.5, judge: value, min_n: 10 }\n";
const VAGUE = "rules:\n  - metric: { name: accuracy, min: 0.5, min_n: 9999 }\n";

let project: TestProject;
let runs: readonly Run[];
const best = (): string => runs.find((run) => run.params.C === "1")!.info.runId;
const worst = (): string => runs.find((run) => run.params.C === "0.001")!.info.runId;
const gate = (run: string, name: string, ...args: string[]): Promise<Outcome> =>
  disease(["models", "gate", run, "--gate", name, ...args], { cwd: project.root, env: { DISEASE_USER: "ann" } });
const json = async (...args: Parameters<typeof gate>) => JSON.parse((await gate(...args, "--json")).stdout);

beforeAll(async () => {
  project = makeProject({
    "experiments/skin.yaml": EXPERIMENT,
    "experiments/gates/easy.yaml": EASY,
    "experiments/gates/hard.yaml": HARD,
    "experiments/gates/vague.yaml": VAGUE,
  });
  const swept = await disease(["exp", "run", "skin", "--log-models", "none"], { cwd: project.root });
  expect(swept, swept.stderr).toMatchObject({ code: 0 });
  runs = (await project.runs("skin")).filter((run) => run.params.C !== undefined);
  const promoted = await disease(
    ["models", "promote", "--run", worst(), "--gate", "easy", "--to", "Production", "--json"],
    { cwd: project.root },
  );
  expect(promoted, promoted.stderr + promoted.stdout).toMatchObject({ code: 0 });
});
afterAll(() => project[Symbol.dispose]());

test("the exit code is the verdict: 0, 3 or 4, with --json too", async () => {
  expect(await gate(best(), "easy")).toMatchObject({ code: 0, stdout: expect.stringContaining("gate easy: ✓ pass") });
  expect(await gate(best(), "hard")).toMatchObject({ code: 3 });
  expect(await gate(best(), "vague", "--json")).toMatchObject({ code: 4 });
});

test("a gate that is not there, asks for nothing or does not fit the data is refused before any look", async () => {
  const before = (await json(best(), "easy")).looks;
  expect(await gate(best(), "esay")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "easy"?'),
  });
  project.write("experiments/gates/odd.yaml", "rules:\n  - leakage\n  - subgroup: { column: sx, min: 0 }\n");
  expect(await gate(best(), "odd")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no column "sx"[\s\S]*odd.yaml:3/),
  });
  project.write("experiments/gates/empty.yaml", "rules: []\n");
  expect(await gate(best(), "empty")).toMatchObject({ code: 2, stderr: expect.stringContaining("empty.yaml:1") });
  expect((await json(best(), "easy")).looks).toBe(before + 1);
});

test("each look at the same test patients is counted, whichever trial is judged, and written down", async () => {
  const first = (await json(best(), "easy")).looks;
  expect((await json(worst(), "hard")).looks).toBe(first + 1);
  expect((await json(worst(), "easy", "--rehearse")).looks).toBe(0);
  expect((await json(best(), "easy")).looks).toBe(first + 2);
  const run = (await project.runs("skin")).find((r) => r.info.runId === worst())!;
  expect(run.tags["disease.test_looks"]).toBe(String(first + 1));
  const looks = Object.entries(run.tags).filter(([key]) => key.startsWith("disease.look."));
  const written = looks.map(([, text]) => JSON.parse(text));
  expect(written.filter((look) => look.gate === "hard")).toEqual([
    expect.objectContaining({ verdict: "fail", who: expect.stringMatching(/^ann@/), gateHash: expect.any(String) }),
  ]);
});

test("the same run and gate give the same verdicts, and what the run kept is what is judged in a rehearsal", async () => {
  const [a, b] = [await json(best(), "hard"), await json(best(), "hard")];
  expect(b).toEqual({ ...a, looks: a.looks + 1 });
  const rehearsed = await json(best(), "hard", "--rehearse");
  const run = runs.find((r) => r.info.runId === best())!;
  expect(rehearsed.rules[0].value).toBeCloseTo(run.metrics.val_accuracy, 12);
});

test("reports are files, and the XML is of elements that CI systems know; a name with markup is refused", async () => {
  project.write("experiments/gates/odd.yaml", `name: "A & B"\ndescription: "<b>"\n${VAGUE}`);
  const done = await gate(best(), "odd", "--junit", "out/report.xml", "--markdown", "out/report.md");
  // "&" is no part of a name.
  expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining("odd.yaml:1") });
  expect(existsSync(join(project.root, "out"))).toBe(false);
  expect(await gate(best(), "vague", "--junit", "out/report.xml", "--markdown", "out/report.md")).toMatchObject({
    code: 4,
  });
  const script = `import sys, xml.etree.ElementTree as E
s = E.parse(sys.argv[1]).getroot()[0]
allowed = {"testsuite": {"properties", "testcase"}, "testcase": {"failure", "system-out"}, "properties": {"property"}}
for e in s.iter(): assert {c.tag for c in e} <= allowed.get(e.tag, set()), e.tag
print(s.get("tests"), s.get("failures"), s.get("errors"), [f.get("type") for f in s.iter("failure")])`;
  const { stdout, stderr } = spawnSync("python3", ["-c", script, join(project.root, "out/report.xml")], {
    encoding: "utf8",
  });
  expect(stdout.trim(), stderr).toBe("1 1 0 ['inconclusive']");
  expect(readFileSync(join(project.root, "out/report.md"), "utf8")).toContain("## Gate vague: ⚠️ inconclusive");
});

test("a champion on the same split is compared on the same patients", async () => {
  const judged = await json(best(), "easy");
  expect(judged).toMatchObject({ championRunId: worst(), championProblem: null, verdict: "pass" });
  const champion = judged.rules.find((r: { rule: string }) => r.rule.startsWith("champion"));
  expect(champion).toMatchObject({ n: judged.patients });
  expect(champion.value).toBeGreaterThan(0);
});

test("a champion that was trained on some of these patients is not compared, and the gate does not pass", async () => {
  using other = project.copy();
  const cwd = other.root;
  const swept = await disease(
    [
      "exp",
      "run",
      "skin",
      "--log-models",
      "none",
      "--set",
      "split.seed=99",
      "--set",
      "families={ logistic: { C: 10 } }",
    ],
    { cwd },
  );
  expect(swept, swept.stderr).toMatchObject({ code: 0 });
  const run = (await other.runs("skin")).find((r) => r.params.C === "10")!.info.runId;
  const { code, stdout } = await disease(["models", "gate", run, "--gate", "easy", "--json"], { cwd });
  expect(code).toBe(4);
  expect(JSON.parse(stdout).championProblem).toMatch(/\d+ of these \d+ patients were among those that it was trained/);
});

test("a champion of data that are gone is not compared", async () => {
  using other = project.copy();
  const cwd = other.root;
  other.write("data/patients.csv", `${patients(150).join("\n")}\n`);
  const stale = await disease(["models", "gate", best(), "--gate", "easy"], { cwd });
  expect(stale).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("the data have changed since the run was trained"),
  });
  const swept = await disease(["exp", "run", "skin", "--log-models", "none"], { cwd });
  expect(swept, swept.stderr).toMatchObject({ code: 0 });
  const run = (await other.runs("skin")).findLast((r) => r.params.C === "1")!.info.runId;
  const { code, stdout } = await disease(["models", "gate", run, "--gate", "easy", "--json"], { cwd });
  expect(code).toBe(4);
  expect(JSON.parse(stdout).championProblem).toContain("data that are no longer there");
});

test.each([
  ["other patients", 120, null],
  ["some of the same patients", 0, expect.stringMatching(/\d+ of these \d+ patients were among those/)],
])(
  "a champion of older data that are still there is compared on %s only when it never saw them",
  async (_, from, problem) => {
    using other = project.copy();
    const cwd = other.root;
    const [head, ...rows] = patients(240);
    other.write("data/newer.csv", `${[head, ...rows.slice(from)].join("\n")}\n`);
    const args = ["exp", "run", "skin", "--log-models", "none", "--set", "data.path=data/newer.csv"];
    expect(await disease(args, { cwd })).toMatchObject({ code: 0 });
    const run = (await other.runs("skin")).findLast((r) => r.params.C === "1")!.info.runId;
    const { stdout } = await disease(["models", "gate", run, "--gate", "easy", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ championRunId: worst(), championProblem: problem });
  },
);

test("a trial that was tampered with is refused", async () => {
  const { artifactUri } = runs.find((r) => r.info.runId === best())!.info;
  const path = join(artifactUri.replace(/^file:\/\//, ""), "split.json");
  const text = readFileSync(path, "utf8");
  const split = JSON.parse(text);
  split.rows.test = split.rows.train.slice(0, 20);
  writeFileSync(path, JSON.stringify(split));
  expect(await gate(best(), "easy")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("split.json is not the split of this run"),
  });
  writeFileSync(path, text);
});

test("the shipped quickstart gate passes for the winner of the shipped quickstart experiment", async () => {
  const shipped = join(import.meta.dirname, "..", "..", "..");
  const files = ["data/dermatology.csv", "experiments/quickstart.yaml", "experiments/gates/quickstart.yaml"];
  using other = makeProject(Object.fromEntries(files.map((name) => [name, readFileSync(join(shipped, name))])));
  const args = [
    "exp",
    "run",
    "quickstart",
    "--set",
    "charts=none",
    "--log-models",
    "none",
    "--until-gate",
    "quickstart",
  ];
  const { code, stdout, stderr } = await disease([...args, "--json"], { cwd: other.root });
  expect(code, stderr + stdout).toBe(0);
  expect(JSON.parse(stdout).rounds).toHaveLength(1);
});

test("in a new project, the winner of the first experiment passes the gate for beginners", async () => {
  using empty = makeProject();
  const cwd = empty.root;
  expect((await disease(["init", "new"], { cwd })).code).toBe(0);
  const run = async (line: string): Promise<Outcome> => await disease(line.split(" "), { cwd: join(cwd, "new") });
  expect((await run("exp run first --set seeds=1 --set charts=none")).code).toBe(0);
  const { code, stdout } = await run("models promote --from-experiment first --gate quickstart --to Production");
  expect(code, stdout).toBe(0);
});

test("--until-gate goes on with wider rounds and looks at the test patients once", async () => {
  using other = project.copy();
  const cwd = other.root;
  const args = ["exp", "run", "skin", "--log-models", "none", "--until-gate", "hard", "--max-rounds", "2", "--json"];
  const { code, stdout, stderr } = await disease(args, { cwd });
  const result = JSON.parse(stdout);
  expect(code, stderr).toBe(3);
  expect(result.rounds.map((r: { round: number; verdict: string }) => [r.round, r.verdict])).toEqual([
    [1, "fail"],
    [2, "fail"],
  ]);
  expect(result.rounds[1].changes.length).toBeGreaterThan(0);
  const before = (await json(best(), "easy")).looks;
  expect(result.gate).toMatchObject({ part: "test", verdict: "fail" });
  expect(result.gate.looks).toBe(before);
  const passed = await disease([...args.slice(0, 6), "easy", ...args.slice(7)], { cwd });
  expect(JSON.parse(passed.stdout).rounds).toHaveLength(1);
  expect(passed.code).toBe(0);
});

test("--until-gate says that trials failed though the gate passed: exit code 6", async () => {
  using other = project.copy();
  other.write("experiments/gates/plain.yaml", EASY.replace(/ {2}- champion.*\n/, ""));
  const families = "families={ random-forest: { n_estimators: 20 }, xgboost: {} }";
  const args = ["exp", "run", "skin", "--log-models", "none", "--set", families, "--until-gate", "plain"];
  const env = { DISEASE_ENGINES: join(other.root, "no-engines") };
  const { code, stdout, stderr } = await disease(args, { cwd: other.root, env });
  expect(code, stderr).toBe(6);
  expect(stdout).toMatch(/^gate plain: ✓ pass/m);
  expect(stdout).toMatch(/^failed trials: 1; the reasons: disease exp leaderboard skin$/m);
});
