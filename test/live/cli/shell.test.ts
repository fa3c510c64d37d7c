import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { built, disease } from "../../support/cli.ts";
import { makeProject } from "../../support/project.ts";
import { openTerminal } from "../../support/pty.ts";

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly summary?: string;
        readonly examples?: readonly string[];
        readonly flags: Readonly<
          Record<string, { readonly env?: string; readonly type: string; readonly description?: string }>
        >;
        readonly args: Readonly<Record<string, { readonly description?: string }>>;
      }
    >
  >;
}

let manifest: Manifest;
beforeAll(async () => {
  const root = dirname(dirname(await built()));
  manifest = JSON.parse(readFileSync(join(root, "oclif.manifest.json"), "utf8"));
});

test("every command has a summary and examples, every flag a description and an environment name, every argument a description", () => {
  const exp = ["diff", "leaderboard", "ls", "plan", "resume", "run", "show"].map((verb) => `exp:${verb}`);
  expect(Object.keys(manifest.commands)).toEqual(expect.arrayContaining(["doctor", "help", "init", ...exp]));
  const lacking = Object.entries(manifest.commands).flatMap(([id, { summary, examples, flags, args }]) => [
    ...(summary?.endsWith(".") ? [] : [`${id}: summary`]),
    ...(examples?.length ? [] : [`${id}: examples`]),
    ...Object.entries(flags).flatMap(([name, { env, description }]) =>
      /^(DISEASE_[A-Z_]+|MLFLOW_TRACKING_URI)$/.test(env ?? "") && description ? [] : [`${id} --${name}`],
    ),
    ...Object.entries(args).flatMap(([name, { description }]) => (description ? [] : [`${id} ${name.toUpperCase()}`])),
  ]);
  expect(lacking).toEqual([]);
});

test("an environment name is a switch or a value, not both", () => {
  const flags = Object.values(manifest.commands).flatMap((command) => Object.values(command.flags));
  const byName = Map.groupBy(flags, (flag) => flag.env);
  const doubled = [...byName].filter(([, uses]) => new Set(uses.map((flag) => flag.type)).size > 1);
  expect(doubled.map(([env]) => env)).toEqual([]);
});

test("flags are taken from the environment, and standard input is left alone", async () => {
  using project = makeProject();
  const env = { DISEASE_SET: "families.logistic.C=1,2", DISEASE_JOBS: "1", DISEASE_JSON: "1" };
  const run = await disease(["exp", "run", "quick"], { cwd: project.root, env });
  expect(JSON.parse(run.stdout)).toMatchObject({ total: 3, finished: 3 });
  const list = await disease(["exp", "ls", "--csv"], { cwd: project.root, input: "quick\n" });
  expect(list.stdout).toMatch(/^name,id,runs/);
  const init = await disease(["init"], { cwd: join(project.root, "data"), input: "elsewhere\n" });
  expect(init.stdout).toContain("created experiments/first.yaml");
});

test.each([
  [["help", "exp", "run"], /^Run the trials of an experiment file.*\n\nUSAGE\n {2}\$ disease exp run FILE/],
  [["exp", "run", "--help"], /^Run the trials of an experiment file/],
  [["exp"], /COMMANDS\n {2}exp attach [\s\S]*\n {2}exp compare [\s\S]*\n {2}exp diff /],
  [["help"], /USAGE\n {2}\$ disease \[COMMAND\][\s\S]*exp +Run experiments[\s\S]* doctor /],
  [[], /USAGE\n {2}\$ disease \[COMMAND\]/],
  [["--version"], /^disease\/\d+\.\d+\.\d+ /],
])("disease %j helps", async (args, text) => {
  using project = makeProject();
  const { code, stdout, stderr } = await disease(args, { cwd: project.root });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(text);
});

test("a reader that leaves early ends a listing without a fuss", async () => {
  using project = makeProject();
  await disease(["exp", "run", "quick"], { cwd: project.root });
  const through = ["bash", "-c", '"$@" | head -c 1', "bash"];
  const { code, stdout, stderr } = await disease(["exp", "plan", "quick", "--json"], { cwd: project.root, through });
  expect({ code, length: stdout.length, stderr }).toEqual({ code: 0, length: 1, stderr: "" });
});

test("a reader of the progress that leaves early does not end a sweep", async () => {
  using project = makeProject();
  const through = ["bash", "-c", '{ "$@" 2>&1; echo $? > code; } | head -n 1', "bash"];
  const args = ["exp", "run", "quick", "--set", "families.logistic.C=1,2,3"];
  const { stdout } = await disease(args, { cwd: project.root, through });
  expect(stdout).toBe(`4 trials to run on ${availableParallelism()} at a time\n`);
  expect(readFileSync(join(project.root, "code"), "utf8")).toBe("0\n");
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 5 } });
});

test("init lays out a project that runs, and keeps what is there", async () => {
  using folder = makeProject();
  const init = (...args: string[]) => disease(["init", ...args, "--json"], { cwd: folder.root });
  const first = JSON.parse((await init("study")).stdout);
  expect(first.created.sort()).toEqual([
    ".gitignore",
    "data/dermatology.csv",
    "experiments/first.yaml",
    "experiments/gates/clinical.yaml",
    "experiments/gates/impossible.yaml",
    "experiments/gates/quickstart.yaml",
    "experiments/monitors/clinical.yaml",
    "experiments/monitors/quickstart.yaml",
    "experiments/schema/card.schema.json",
    "experiments/schema/experiment.schema.json",
    "experiments/schema/gate.schema.json",
    "experiments/schema/lake.schema.json",
    "experiments/schema/monitor.schema.json",
    "mlruns/README.md",
  ]);
  const cwd = join(folder.root, "study");
  const quick = ["--set", "families={ baseline: {}, logistic: {} }", "--set", "seeds=1", "--set", "charts=none"];
  const run = await disease(["exp", "run", "experiments/first.yaml", ...quick], { cwd });
  expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^first: 2 finished, 0 failed/m) });
  writeFileSync(join(cwd, "experiments", "first.yaml"), "# mine\n");
  const second = JSON.parse((await init("study")).stdout);
  expect(second).toMatchObject({ created: [], kept: expect.arrayContaining(first.created) });
  expect(readFileSync(join(cwd, "experiments", "first.yaml"), "utf8")).toBe("# mine\n");
  const refused = await init("data/patients.csv");
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    error: { message: expect.stringContaining("cannot write the project") },
  });
});

test("bash completes topics, commands and flags", async () => {
  using folder = makeProject();
  const env = { DISEASE_CACHE_DIR: join(folder.root, "cache") };
  const script = await disease(["autocomplete", "script", "bash"], { cwd: folder.root, env });
  expect((await disease(["autocomplete", "bash"], { cwd: folder.root, env })).code).toBe(0);
  folder.write("bashrc", `PS1='$ '\n${script.stdout}\n`);
  const command = ["bash", "--rcfile", "bashrc", "-i"];
  await using terminal = await openTerminal([], { cwd: folder.root, env, command });
  await terminal.said(/\$ /);
  terminal.press("disease exp le\t");
  await terminal.said(/disease exp leaderboard /);
  terminal.press("--fil\t");
  await terminal.said(/disease exp leaderboard --filter /);
  terminal.press("\x15disease e\t");
  await terminal.said(/disease exp $/);
});
