import { afterAll, beforeAll, expect, test } from "vitest";
import type { Comparison } from "../../../src/app.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, QUICK, type TestProject } from "../../support/project.ts";

let project: TestProject;
/** Run ids by experiment and run name. */
let ids: Record<string, string>;

const families =
  "{ baseline: {}, random-forest: { n_estimators: 20 }, xgboost: { n_estimators: 5, max_depth: [1, 3] } }";

beforeAll(async () => {
  const seeds = QUICK.replace("{ baseline: {} }", families);
  project = makeProject({
    "experiments/seeds.yaml": `${seeds}seeds: [1, 2]\n`,
    "experiments/one.yaml": `${QUICK}seeds: [2]\n`,
    "experiments/other.yaml": `${QUICK}split: { seed: 8 }\n`,
  });
  for (const name of ["seeds", "one", "other"]) {
    expect((await disease(["exp", "run", name], { cwd: project.root })).code).toBe(0);
  }
  const runs = await Promise.all(
    ["seeds", "one", "other"].map(async (name) =>
      (await project.runs(name)).map((r) => [`${name}: ${r.info.runName}`, r.info.runId]),
    ),
  );
  ids = Object.fromEntries(runs.flat());
});
afterAll(() => project[Symbol.dispose]());

const compare = (...args: string[]): Promise<Outcome> => disease(["exp", "compare", ...args], { cwd: project.root });

async function json(...args: string[]): Promise<Comparison> {
  const { code, stdout } = await compare(...args, "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Comparison;
}

test("a model that learned is told from the baseline, in words and in figures", async () => {
  const { code, stdout } = await compare("seeds#1", ids["seeds: baseline · seed 1"]!.slice(0, 8));
  expect(code).toBe(0);
  expect(stdout).toContain("A is really better than B in f1_macro");
  expect(stdout).toContain("A is really better than B in how often it is right");
  const { compared, tests, repeats } = await json("seeds#1", ids["seeds: baseline · seed 1"]!);
  expect(repeats).toBe(2);
  expect(tests.map((t) => [t.test, t.better])).toEqual([
    ["f1_macro", "A"],
    ["mcnemar", "A"],
  ]);
  const [a, b] = compared.map((c) => c.metrics.f1_macro!);
  expect(tests[0]!.difference).toBeCloseTo(b! - a!, 12);
  expect(tests[0]!.high).toBeLessThan(0);
});

test("more pairs make each p-value larger, and a model is not told from its like", async () => {
  const both = await json("seeds#1", "seeds#2", "-m", "log_loss");
  const all = await json("seeds#1", "seeds#2", "seeds#3", "seeds#4", "-m", "log_loss");
  expect(all.tests.length).toBe(12);
  const pair = (c: Comparison) => c.tests.find((t) => t.a === "A" && t.b === "B" && t.test === "log_loss")!;
  expect(pair(all).pValue).toBe(pair(both).pValue);
  expect(pair(both).corrected).toBe(pair(both).pValue);
  expect(pair(all).corrected).toBeGreaterThan(pair(both).corrected);
});

test("only the repeats that both have are compared", async () => {
  const { repeats, notices } = await json("seeds#1", "one");
  expect(repeats).toBe(1);
  expect(notices).toEqual([expect.stringContaining("1 repeat is left out")]);
});

test("other patients are not compared: exit code 4", async () => {
  const { code, stderr } = await compare("seeds", "other");
  expect(code).toBe(4);
  expect(stderr).toContain("not validated on the same patients");
});

test.each([
  [["sedes", "one"], 'fix: Did you mean "seeds"?'],
  [["seeds#9", "one"], "Ranks are 1 … 4"],
  [["seeds", "seeds#1"], '"seeds#1" is one of the others'],
  [["seeds#1", "seeds#2", "-m", "f1_makro"], 'Did you mean "f1_macro"?'],
  [["seeds#1", "seeds#2", "--level", "95"], "Write --level 0.95"],
  [["seeds"], "missing B"],
])("%j is refused with what to do", async (args, words) => {
  const { code, stderr } = await compare(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});

test("few resamples are said to prove nothing", async () => {
  const { stderr } = await compare("seeds#1", "seeds#2", "--resamples", "100", "--level", "0.99");
  expect(stderr).toContain("100 resamples are too few");
});
