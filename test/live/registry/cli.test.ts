import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Act } from "../../../src/registry/promote.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { openTerminal } from "../../support/pty.ts";
import { skinProject } from "../../support/skin.ts";

let base: TestProject;

beforeAll(async () => {
  base = await skinProject({
    pass: "metric: { name: accuracy, min: 0.2, judge: value, min_n: 1 }",
    fail: "metric: { name: accuracy, min: 1.01, judge: value, min_n: 1 }",
    unsure: "metric: { name: accuracy, min: 0.2, min_n: 100000 }",
  });
});
afterAll(() => base[Symbol.dispose]());

/** A copy of the project and a way to run commands in it. */
function fresh() {
  const project = base.copy();
  const run = (command: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
    disease(["models", ...command.split(" ")], { cwd: project.root, env });
  const json = async <T>(command: string): Promise<T> => JSON.parse((await run(`${command} --json`)).stdout) as T;
  return { project, run, json };
}

test("a CI job promotes the best of an experiment, with reports, and again finds nothing to do", async () => {
  using project = fresh().project;
  const ci = (args: string): Promise<Outcome> =>
    disease(["models", "promote", ...args.split(" ")], { cwd: project.root, env: { CI: "1", GITHUB_ACTOR: "ana" } });
  const command = "--from-experiment skin --gate pass --to Production --json --junit out/j.xml --markdown out/r.md";
  const first = await ci(command);
  expect([first.code, first.stderr]).toEqual([0, ""]);
  const act = JSON.parse(first.stdout) as Act;
  expect(act).toMatchObject({
    model: "skin",
    version: "1",
    from: "None",
    to: "Production",
    result: "done",
    champion: { before: null, after: "1" },
    gate: { verdict: "pass", looks: 1 },
    record: { who: expect.stringMatching(/^ana@/), act: "promote" },
  });
  expect(readFileSync(join(project.root, "out/j.xml"), "utf8")).toContain('failures="0"');
  expect(readFileSync(join(project.root, "out/r.md"), "utf8")).toContain(
    "version 1 of skin is in stage Production now",
  );
  rmSync(join(project.root, "out"), { recursive: true });
  const again = await ci(command);
  expect([again.code, JSON.parse(again.stdout)]).toMatchObject([
    0,
    { result: "unchanged", version: "1", gate: { looks: 1 }, record: null },
  ]);
  expect(readFileSync(join(project.root, "out/j.xml"), "utf8")).toContain('failures="0"');
  expect(readFileSync(join(project.root, "out/r.md"), "utf8")).toContain("is in Production already");
  // Another gate has not seen it yet: it looks, and what it finds decides the exit code, though nothing is moved.
  const stricter = "--from-experiment skin --gate fail --to Production --json";
  for (const record of [{ act: "review" }, null]) {
    const reviewed = await ci(stricter);
    expect(reviewed.code).toBe(3);
    const found = { result: "refused", champion: { before: "1", after: "1" }, gate: { looks: 2 } };
    expect(JSON.parse(reviewed.stdout)).toMatchObject({ ...found, record });
  }
});

test.each([
  ["fail", 3, "refused"],
  ["unsure", 4, "inconclusive"],
])(
  "a gate that says %s ends with exit code %i, promotes nothing and writes its reports",
  async (gate, code, result) => {
    const { project, run, json } = fresh();
    using _ = project;
    const outcome = await run(`promote --from-experiment skin --gate ${gate} --to Production --junit j.xml --json`);
    expect([outcome.code, JSON.parse(outcome.stdout).result]).toEqual([code, result]);
    expect(readFileSync(join(project.root, "j.xml"), "utf8")).toContain('failures="1"');
    expect(await json("show skin")).toMatchObject({ aliases: {}, versions: [{ version: "1", stage: "None" }] });
  },
);

test("a review shows the verdicts and moves nothing, and the promotion after it rests on the same look", async () => {
  const { project, run, json } = fresh();
  using _ = project;
  const reviewed = await json<Act>("promote --from-experiment skin --gate pass --to Production --review");
  expect(reviewed).toMatchObject({ result: "passed", version: "1", from: "None", undo: null, gate: { looks: 1 } });
  expect(await json("show skin")).toMatchObject({ aliases: {}, versions: [{ version: "1", stage: "None" }] });
  const promoted = await json<Act>("promote skin/1 --gate pass --to Production");
  expect(promoted).toMatchObject({ result: "done", gate: { looks: 1 }, champion: { after: "1" } });

  // Of another version and gate nothing has been seen, and one that fails stays where it is.
  const other = (await project.runs("skin")).find((r) => r.params.C === "0.01")!.info.runId;
  const failed = await run(`promote --run ${other} --gate fail --to Production --review --json`);
  expect([failed.code, JSON.parse(failed.stdout)]).toMatchObject([3, { result: "refused", gate: { looks: 2 } }]);
  // With another champion than then, the gate looks again.
  await run(`promote --run ${other} --gate pass --to Production --review`);
  await run("demote skin@champion --confirm skin");
  const third = await json<Act>("promote skin/2 --gate pass --to Production");
  expect(third).toMatchObject({ result: "done", gate: { looks: 4 } });
  expect(await json("history skin")).toMatchObject({ problems: [] });
});

test("Production without a gate needs --no-gate with a reason", async () => {
  const { project, run, json } = fresh();
  using _ = project;
  for (const missing of ["", " --reason because", " --no-gate"]) {
    const { code, stderr } = await run(`promote --from-experiment skin --to Production${missing}`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/gate|reason/)]);
  }
  expect(await json("ls")).toEqual([]); // refused before anything was registered
  expect((await run("promote --from-experiment skin --to Production --no-gate --reason pilot")).code).toBe(0);
  expect(await json("history skin")).toMatchObject({
    records: [{ act: "register" }, { reason: "pilot" }],
    problems: [],
  });
});

test("what awaits approval ends with exit code 5, and approve promotes it", async () => {
  const { project, run, json } = fresh();
  using _ = project;
  const asked = await run("promote --from-experiment skin --gate pass --to Production --require-approval");
  expect([asked.code, asked.stdout]).toEqual([5, expect.stringContaining("disease models approve skin")]);
  expect(await json("ls")).toMatchObject([{ name: "skin", champion: null, awaiting: ["1"] }]);
  const approved = await run("approve skin --reason reviewed");
  expect([approved.code, approved.stdout]).toEqual([0, expect.stringContaining("is in stage Production now")]);
  expect(await json("ls")).toMatchObject([{ name: "skin", champion: "1", awaiting: [] }]);
  expect((await run("approve skin")).code).toBe(2);
});

test("a second champion, a rollback, and the undo that it prints", async () => {
  const { project, run, json } = fresh();
  using _ = project;
  await run("promote --from-experiment skin --gate pass --to Production");
  const other = (await project.runs("skin")).find((r) => r.params.C === "0.01")!.info.runId;
  await run(`promote --run ${other.slice(0, 8)} --to Staging`);
  const second = await run("promote skin@challenger --gate pass --to Production");
  expect([second.code, second.stdout]).toEqual([0, expect.stringContaining("in place of version 1")]);
  expect(second.stdout).toContain("to undo: disease models rollback skin");
  const back = await run("rollback skin --reason alerts");
  const undo = /to undo: disease models (.+)/.exec(back.stdout)![1]!;
  expect(await json("show skin@champion")).toMatchObject({ versions: [{ version: "1", stage: "Production" }] });
  expect((await run(undo)).code).toBe(0);
  expect(await json("show skin")).toMatchObject({
    aliases: { champion: "2" },
    versions: [{ stage: "Production" }, { stage: "Archived" }],
  });
});

test("the champion is withdrawn only with its model's name", async () => {
  const { project, run, json } = fresh();
  using _ = project;
  await run("promote --from-experiment skin --gate pass --to Production");
  for (const [given, why] of [
    ["", "--confirm skin"],
    [" --confirm other", "not the name"],
  ]) {
    const { code, stderr } = await run(`demote skin@champion${given}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why!)]);
  }
  {
    await using terminal = await openTerminal(["models", "demote", "skin@champion"], { cwd: project.root });
    await terminal.said(/Type skin to go on/);
    terminal.press("sk\r");
    expect((await terminal.ended).exitCode).toBe(2);
  }
  expect(await json("ls")).toMatchObject([{ champion: "1" }]);
  await using terminal = await openTerminal(["models", "demote", "skin@champion"], { cwd: project.root });
  await terminal.said(/Type skin to go on/);
  terminal.press("skin\r");
  expect((await terminal.ended).exitCode).toBe(0);
  expect(await json("ls")).toMatchObject([{ champion: null }]);
});

test("aliases, copies and tables", async () => {
  const { project, run } = fresh();
  using _ = project;
  await run("register --from-experiment skin --name ward");
  expect((await run("alias ward/1 pilot")).stdout).toContain("@pilot is version 1 of ward now");
  expect((await run("alias ward/1 champion")).code).toBe(2);
  expect((await run("copy ward@pilot ward-copy")).code).toBe(0);
  expect((await run("ls --csv")).stdout).toMatch(/^name,versions,champion,.*\nward,1,,.*\nward-copy,1,/);
  expect((await run("ls --md")).stdout).toContain("| ward | 1 | – |");
  expect((await run("history ward --csv")).stdout).toContain("@pilot: – → 1");
  expect((await run("alias ward pilot --delete")).code).toBe(0);
});

test("a record that was changed shows in the history, with exit code 3", async () => {
  const { project, run } = fresh();
  using _ = project;
  await run("promote --from-experiment skin --gate fail --to Production");
  const db = new DatabaseSync(join(project.root, "mlruns", "mlflow.db"));
  db.exec(
    `UPDATE model_version_tags SET value = replace(value, '"fail"', '"pass"') WHERE "key" = 'disease.audit.000002'`,
  );
  db.close();
  const { code, stderr } = await run("history skin");
  expect([code, stderr]).toEqual([3, expect.stringContaining("record 2 was changed after it was written")]);
});

test.each([
  ["show nowhere", /no registered model "nowhere"/],
  ["promote nowhere --to Staging", /no registered model "nowhere"/],
  ["promote --to Staging", /which model/],
  ["promote a --run 12345678 --to Staging", /which model/],
  ["promote skin --to Archived", /Archived/],
  ["promote --from-experiment nowhere --to Staging", /no experiment "nowhere"/],
  ["promote --from-experiment skin --gate nowhere --to Staging", /no gate "nowhere"/],
  ["register", /which run/],
  ["register --from-experiment skin --name a/b", /does not take this name/],
  ["rollback skin", /no registered model/],
])("models %s is answered in one clear error", async (command, message) => {
  const { code, stderr } = await disease(["models", ...command.split(" ")], { cwd: base.root });
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(stderr).toMatch(/fix:/);
});

test("a project without a store has no models and gets none", async () => {
  using project = makeProject();
  for (const command of ["ls", "show a", "history a"]) {
    const { code, stderr } = await disease(["models", ...command.split(" ")], { cwd: project.root });
    expect([code, stderr]).toEqual([2, expect.stringContaining("no tracking store")]);
  }
  expect(existsSync(join(project.root, "mlruns"))).toBe(false);
});

test("escape codes in a model's name are shown, not obeyed", async () => {
  const { project, run } = fresh();
  using _ = project;
  const name = "skin\x1b[31m";
  await disease(["models", "register", "--from-experiment", "skin", "--name", name], { cwd: project.root });
  for (const outcome of [
    await run("ls"),
    await disease(["models", "show", name], { cwd: project.root }),
    await disease(["models", "show", `${name}x`], { cwd: project.root }),
    await disease(["models", "history", name, "--json"], { cwd: project.root }),
  ]) {
    expect(outcome.stdout + outcome.stderr).toContain("skin\\u001b[31m");
    expect(outcome.stdout + outcome.stderr).not.toContain("\x1b[31m");
  }
});
