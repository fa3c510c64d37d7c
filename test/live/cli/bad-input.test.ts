import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { makeProject, patients, QUICK, type TestProject } from "../../support/project.ts";

const [HEADER, ...ROWS] = patients();
const csv = (header: string, rows: readonly string[]): string => `${[header, ...rows].join("\n")}\n`;
const relabelled = (label: (row: string, i: number) => string): string =>
  csv(
    HEADER!,
    ROWS.map((row, i) => row.replace(/[^,]*$/, label(row, i))),
  );
const many = (n: number): string => Array.from({ length: n }, (_, i) => i + 1).join(", ");

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  "data/empty.csv": "",
  "data/header.csv": `${HEADER}\n`,
  "data/one-class.csv": relabelled(() => "psoriasis"),
  "data/no-label.csv": relabelled(() => ""),
  "data/only-target.csv": csv(
    "disease",
    ROWS.map((row) => row.slice(row.lastIndexOf(",") + 1)),
  ),
  "data/duplicates.csv": csv(HEADER!, [...Array(30).fill(ROWS[0]), ...Array(30).fill(ROWS[1])]),
  "data/three-rows.csv": csv(HEADER!, ROWS.slice(0, 3)),
  "data/binary.csv": Uint8Array.from({ length: 4096 }, (_, i) => i % 256),
  "data/ragged.csv": csv(HEADER!, [...ROWS.slice(0, 5), "1,2,3", ...ROWS.slice(5)]),
  "data/hostile.csv": csv("age,\x1b[31mdisease", ["1,a", "2,b"]),
  "experiments/empty.yaml": "",
  "experiments/list.yaml": "- 1\n",
  "experiments/syntax.yaml": `${QUICK}seeds: [1, 2\n`,
  "experiments/twice.yaml": `${QUICK}data: {}\n`,
  "experiments/bomb.yaml": `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${[..."12345678"]
    .map(
      (n) =>
        `a${n}: &a${n} [${Array(9)
          .fill(`*a${Number(n) - 1}`)
          .join(", ")}]`,
    )
    .join("\n")}\n`,
  "experiments/million.yaml": QUICK.replace(
    "{ baseline: {} }",
    `\n  xgboost:\n    n_estimators: [${many(100)}]\n    min_child_weight: [${many(100)}]\n    reg_alpha: [${many(100)}]`,
  ),
  "experiments/hostile.yaml": QUICK.replace("baseline", '"\\e[31mbaseline"'),
  "experiments/key.yaml": `data:\n  path: data/patients.csv\n  traget: disease\nfamilies: { baseline: {} }\n`,
};

let project: TestProject;
beforeAll(() => {
  project = makeProject(FILES);
  mkdirSync(join(project.root, "data", "folder.csv"));
});
afterAll(() => project[Symbol.dispose]());

const at = (name: string): RegExp => new RegExp(`^ {3}at: .*${name}`, "m");
const set = (...pairs: string[]): string[] => ["quick", ...pairs.flatMap((pair) => ["--set", pair])];

describe.concurrent("is refused with what, where and how to mend it, exit code 2, and no store is made:", () => {
  test.each<[what: string, args: string[], error: RegExp, where: RegExp, fix: RegExp | undefined]>([
    [
      "a file without a byte",
      set("data.path=data/empty.csv"),
      /the file is empty/,
      at("empty.csv"),
      /header and one row/,
    ],
    ["a header alone", set("data.path=data/header.csv"), /a header and no rows/, at("header.csv"), /one row a patient/],
    ["a data file that is not there", set("data.path=data/none.csv"), /no such file/, at("none.csv"), /Check the path/],
    ["a folder as data", set("data.path=data/folder.csv"), /this is a folder/, at("folder.csv"), /Name a CSV/],
    ["a file that is not text", set("data.path=data/binary.csv"), /not a text table/, at("binary.csv"), /CSV in UTF-8/],
    ["a row with too few cells", set("data.path=data/ragged.csv"), /3 .*35/, at("ragged.csv"), undefined],
    [
      "a target that is not there",
      set("data.target=diseas"),
      /no column "diseas"/,
      at("patients.csv"),
      /Did you mean "disease"/,
    ],
    [
      "a group that is not there",
      set("data.group=patient"),
      /no column "patient"/,
      at("patients.csv"),
      /The columns are "erythema"/,
    ],
    [
      "a target with one class",
      set("data.path=data/one-class.csv"),
      /a single class/,
      at('column "disease"'),
      /at least two classes/,
    ],
    [
      "a target without a value",
      set("data.path=data/no-label.csv"),
      /missing in every row/,
      at("disease"),
      /another target/,
    ],
    [
      "nothing but a target",
      set("data.path=data/only-target.csv"),
      /no column is left as a feature/,
      at("only-target"),
      undefined,
    ],
    [
      "rows that are all alike",
      set("data.path=data/duplicates.csv"),
      /leaves the validation part empty/,
      at("split"),
      /more patients/,
    ],
    [
      "three rows",
      set("data.path=data/three-rows.csv"),
      /leaves the validation part empty/,
      at("split"),
      /more patients/,
    ],
    [
      "an orphan class that is not there",
      set("data.orphans=[acne]"),
      /no class "acne"/,
      at("quick.yaml"),
      /Classes: chronic_dermatitis/,
    ],
    ["an experiment file that is not there", ["nothing"], /no such experiment file/, at("nothing"), /disease init/],
    ["an empty experiment file", ["empty"], /the file is empty/, at("empty.yaml"), /disease init/],
    ["a list for an experiment", ["list"], /expected object, received array/, at("list.yaml"), undefined],
    ["broken YAML", ["syntax"], /Flow sequence/, at("syntax.yaml:[56]"), /Correct the YAML/],
    ["a key that stands there twice", ["twice"], /keys must be unique/, at("twice.yaml:5"), /Correct the YAML/],
    ["a bomb of aliases", ["bomb"], /alias/, at("bomb.yaml"), /Write the values out/],
    [
      "a grid of a million trials",
      ["million"],
      /spans 1,000,000 trials, more than 1,000/,
      at("million.yaml"),
      /--max-trials 1000000/,
    ],
    [
      "a grid over --max-trials",
      [...set("families.logistic.C=1,2"), "--max-trials", "2"],
      /3 trials, more than 2/,
      at("quick.yaml"),
      /Narrow it/,
    ],
    ["a wrong key", ["key"], /unknown key "traget" in data/, at("key.yaml:3"), /Did you mean "target"/],
    ["a wrong key by --set", set("dat.path=x"), /unknown key "dat"/, at("--set dat.path=x"), /Did you mean "data"/],
    [
      "a wrong family",
      set("families.xgbost={}"),
      /unknown family "xgbost"/,
      at("--set families.xgbost"),
      /Did you mean "xgboost"/,
    ],
    [
      "a wrong hyper-parameter",
      set("families.xgboost.max_deph=3"),
      /unknown key "max_deph"/,
      at("--set"),
      /Did you mean "max_depth"/,
    ],
    [
      "a wrong value",
      set("families.xgboost.max_depth=deep"),
      /expected number, received string/,
      at("--set"),
      undefined,
    ],
    [
      "a wrong step",
      set("preparations.x=[imput]"),
      /unknown preparation step "imput"/,
      at("--set"),
      /Did you mean "impute"/,
    ],
    ["a wrong metric", set("rank.metric=f1"), /unknown metric "f1"/, at("--set"), undefined],
    [
      "fractions that are not 1",
      set("split.train=0.9"),
      /is 1.2, not 1/,
      at("--set split.train=0.9|quick.yaml"),
      /0.7, 0.2, 0.1/,
    ],
    ["a --set without a value", set("seeds"), /cannot read the override "seeds"/, at("--set"), /path.to.key=value/],
    ["a --set below a value", set("data.path.x=1"), /"data.path" holds a value/, at("--set"), undefined],
  ])("%s", async (_, args, error, where, fix) => {
    const { code, stdout, stderr } = await disease(["exp", "run", ...args], { cwd: project.root });
    expect(stderr).toMatch(error);
    expect(stderr).toMatch(where);
    if (fix) expect(stderr.slice(stderr.indexOf("  fix: "))).toMatch(fix);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/^ +at .*\.js:\d+|a bug in disease/m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(join(project.root, "mlruns"))).toBe(false);
  });

  test.each<[what: string, args: string[], error: RegExp, fix: RegExp]>([
    [
      "an unknown command",
      ["exp", "leaderbord", "quick"],
      /no command "exp leaderbord"/,
      /Did you mean "exp leaderboard"/,
    ],
    ["an unknown topic", ["frobnicate"], /no command "frobnicate"/, /Known: .*exp run/],
    ["an unknown flag", ["exp", "run", "quick", "--forse"], /unknown flag --forse/, /Did you mean "--force"/],
    ["a missing argument", ["exp", "run"], /missing FILE/, /disease exp run --help/],
    ["an argument too many", ["exp", "run", "quick", "2"], /unexpected argument "2"/, /disease exp run --help/],
    ["a number that is none", ["exp", "run", "quick", "--jobs", "many"], /--jobs: .*received: many/, /--help/],
    ["no jobs at all", ["exp", "run", "quick", "--jobs", "0"], /--jobs: .*greater than or equal to 1/, /--help/],
    ["two formats", ["exp", "ls", "--csv", "--md"], /--csv.*cannot also be provided when using --md/, /--help/],
    [
      "a project that is not there",
      ["exp", "ls", "--project", "nowhere"],
      /project folder does not exist/,
      /disease init/,
    ],
    ["reading where nothing was run", ["exp", "ls"], /There is no tracking store yet/, /disease exp run/],
    ["resuming where nothing was run", ["exp", "resume"], /There is no tracking store yet/, /disease exp run/],
  ])("%s", async (_, args, error, fix) => {
    const { code, stdout, stderr } = await disease(args, { cwd: project.root });
    expect(stderr).toMatch(error);
    expect(stderr.slice(stderr.indexOf("  fix: "))).toMatch(fix);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(join(project.root, "mlruns"))).toBe(false);
  });
});

test("with --json an error is JSON too, with the exit code in it", async () => {
  const { code, stdout, stderr } = await disease(["exp", "run", "quick", "--json", "--set", "data.target=diseas"], {
    cwd: project.root,
  });
  expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({
    error: {
      name: "UserError",
      message: 'there is no column "diseas" (target)',
      where: join(project.root, "data", "patients.csv"),
      fix: ['Did you mean "disease"?'],
      exitCode: 2,
    },
  });
  const usage = await disease(["exp", "run", "--json", "--jobs", "x", "quick"], { cwd: project.root });
  expect(usage.code).toBe(2);
  expect(JSON.parse(usage.stdout)).toMatchObject({
    error: { message: expect.stringContaining("--jobs"), exitCode: 2 },
  });
});

test("names with escape codes in them are shown, not obeyed", async () => {
  const family = await disease(["exp", "plan", "hostile"], { cwd: project.root });
  expect(family).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown family "\\u001b[31mbaseline"') });
  const column = await disease(["exp", "plan", ...set("data.path=data/hostile.csv")], { cwd: project.root });
  expect(column).toMatchObject({ code: 2, stderr: expect.stringContaining("[31mdisease") });
  expect(`${family.stderr}${column.stderr}`).not.toContain("\x1b");
});

test("a column without a value is left out with a note; alike rows are counted and kept together", async () => {
  using own = makeProject();
  own.write(
    "data/patients.csv",
    csv(
      `${HEADER},nothing`,
      [...ROWS, ...ROWS.slice(0, 20)].map((row) => `${row},`),
    ),
  );
  const { code, stderr } = await disease(["exp", "run", "quick"], { cwd: own.root });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^note: column "nothing" has no filled cell; it is left out$/m);
  expect(stderr).toMatch(/^note: .*identical/m);
  expect(own.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 2 } });
});
