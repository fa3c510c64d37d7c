import { afterAll, beforeAll, expect, test } from "vitest";
import { addRuns } from "../../support/board.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { openTerminal } from "../../support/pty.ts";

let base: TestProject;
let ids: readonly string[];

beforeAll(async () => {
  base = makeProject();
  ids = await addRuns(base.root, [
    { name: "uno", tags: { team: "piel" } },
    { name: "dos" },
    { name: "tres", status: "RUNNING" },
  ]);
});
afterAll(() => base[Symbol.dispose]());

function fresh() {
  const project = base.copy();
  const run = (args: readonly string[]): Promise<Outcome> => disease(["runs", ...args], { cwd: project.root });
  const tagsOf = async (id: string) => (await project.reading((store) => store.getRun(id))).tags;
  const stageOf = async (id: string) => (await project.reading((store) => store.getRun(id))).info.lifecycleStage;
  /** Runs the commands that a report prints to take it back. */
  const undo = async ({ stdout }: Outcome): Promise<void> => {
    for (const line of stdout.split("\n").filter((l) => l.startsWith("to undo: disease runs "))) {
      const words = line.replace("to undo: disease runs ", "").match(/'[^']*'|\S+/g)!;
      expect((await run(words.map((word) => word.replace(/^'|'$/g, "")))).code).toBe(0);
    }
  };
  return { project, run, tagsOf, stageOf, undo };
}

test("tags of several runs are set and removed, and the printed commands take it back", async () => {
  const { project, run, tagsOf, undo } = fresh();
  using _ = project;
  const [a, b] = ids as [string, string];
  const done = await run(["tag", a.slice(0, 8), b, "--set", "revisado=sí = ya", "--unset", "team"]);
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("tagged")]);
  expect(await tagsOf(a)).toMatchObject({ revisado: "sí = ya" });
  expect(await tagsOf(b)).toMatchObject({ revisado: "sí = ya" });
  expect(await tagsOf(a)).not.toHaveProperty("team");
  await undo(done);
  expect(await tagsOf(a)).toMatchObject({ team: "piel" });
  for (const id of [a, b]) expect(await tagsOf(id)).not.toHaveProperty("revisado");
});

test("what is so already is said, and there is nothing to undo", async () => {
  const { project, run } = fresh();
  using _ = project;
  const { stdout } = await run(["tag", ids[0]!, "--set", "team=piel", "--json"]);
  expect(JSON.parse(stdout)).toEqual({
    act: "tag",
    runs: [{ runId: ids[0], name: "uno", changed: false, tags: {} }],
    undo: [],
  });
});

test("a note is written, replaced and taken back", async () => {
  const { project, run, tagsOf, undo } = fresh();
  using _ = project;
  const id = ids[1]!;
  await run(["note", id, "--text", "unidades dudosas"]);
  const second = await run(["note", id, "--text", "unidades correctas"]);
  expect((await tagsOf(id))["mlflow.note.content"]).toBe("unidades correctas");
  await undo(second);
  expect((await tagsOf(id))["mlflow.note.content"]).toBe("unidades dudosas");
  await run(["note", id, "--text", ""]);
  expect(await tagsOf(id)).not.toHaveProperty("mlflow.note.content");
});

test("runs are deleted and restored", async () => {
  const { project, run, stageOf, undo } = fresh();
  using _ = project;
  const two = ids.slice(0, 2);
  const done = await run(["delete", ...two, "--yes"]);
  expect(done.code).toBe(0);
  for (const id of two) expect(await stageOf(id)).toBe("deleted");
  await undo(done);
  for (const id of two) expect(await stageOf(id)).toBe("active");
});

test("a deletion asks in a terminal, and without one wants --yes", async () => {
  const { project, run, stageOf } = fresh();
  using _ = project;
  const refused = await run(["delete", ids[0]!]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--yes")]);
  for (const [answer, stage] of [
    ["n", "active"],
    ["y", "deleted"],
  ] as const) {
    await using terminal = await openTerminal(["runs", "delete", ids[0]!], { cwd: project.root });
    await terminal.said(/\[y\/N\]/);
    terminal.press(`${answer}\r`);
    await terminal.ended;
    expect(await stageOf(ids[0]!)).toBe(stage);
  }
});

test.each([
  ["an unknown run, before any is changed", ["tag", "IDS", "ffffffff", "--set", "a=b"], "no run begins with"],
  ["tags of the program", ["tag", "IDS", "--unset", "disease.look.1"], "kept by the program"],
  ["tags of MLflow", ["tag", "IDS", "--set", "mlflow.user=eva"], "kept by the program"],
  ["a name that MLflow refuses", ["tag", "IDS", "--set", "a/../b=1"], "MLflow takes no such name"],
  ["a text that is no tag", ["tag", "IDS", "--set", "a"], "KEY=VALUE"],
  ["no tag at all", ["tag", "IDS"], "no tag is named"],
  ["a running run's deletion", ["delete", "RUNNING", "--yes"], "the run is running"],
])("refuses %s", async (_, args, why) => {
  const { project, run, tagsOf, stageOf } = fresh();
  using _p = project;
  const before = await tagsOf(ids[0]!);
  const words = args.map((word) => ({ IDS: ids[0]!, RUNNING: ids[2]! })[word] ?? word);
  const { code, stderr } = await run(words);
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  expect(await tagsOf(ids[0]!)).toEqual(before);
  expect(await stageOf(ids[2]!)).toBe("active");
});
