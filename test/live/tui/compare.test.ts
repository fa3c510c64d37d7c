import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Comparison, findProject, openBoard } from "../../../src/app.ts";
import { disease } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { quickstart } from "../../support/quickstart.ts";
import { Key, type LiveScreen, openScreen } from "../../support/screen.ts";

const NAMES = ["baseline · seed 1", "logistic C=10 · seed 1", "xgboost max_depth=4 · seed 1"];
let project: TestProject;
/** A filter that finds the three. */
let three: string;

beforeAll(async () => {
  project = await quickstart("1,2");
  const runs = (await project.runs("quickstart")).filter(({ info }) => NAMES.includes(info.runName));
  three = `run_id IN (${runs.map(({ info }) => `'${info.runId}'`).join(", ")})`;
});
afterAll(() => project[Symbol.dispose]());

/** Baseline, logistic and xgboost of seed 1, by name. */
async function board(size: { cols?: number; rows?: number } = {}): Promise<LiveScreen> {
  const args = ["board", "quickstart", "--filter", three, "--sort", "name"];
  const screen = await openScreen(args, { cwd: project.root, ...size });
  await screen.shows(/live/);
  await screen.shows(/3 of 24 runs|3 runs/);
  return screen;
}

describe.each([
  { cols: 80, rows: 24 },
  { cols: 120, rows: 40 },
])("three configurations at $cols × $rows", (size) => {
  test("what differs stands side by side, the best value marked, then their curves, then the verdicts", async () => {
    await using screen = await board(size);
    screen.press("mmm", "C");
    await screen.shows("3 configurations compared");
    expect(screen.text()).toMatch(/^A {2}baseline · seed 1$/m);
    expect(screen.text()).toMatch(/^C {2}xgboost max_depth=4 · seed 1$/m);
    expect(screen.text()).toMatch(/^ {2}family +baseline +logistic +xgboost/m);
    screen.press(Key.pageDown);
    await screen.shows(/^ {2}val_f1_macro +0\.\d+ +0\.\d+ +★ 1/m);
    screen.press("2");
    await screen.shows(/^C xgboost max_depth=4 .*validation 0\.\d+ at 100/m);
    expect(screen.text()).toMatch(/^A baseline · seed 1 .*no curve/m);
    screen.press("3");
    await screen.shows(/validation patients, mean of 2 repeats/);
    expect(screen.text()).toMatch(/✓ B is really better than A in f1_macro, by 0\.\d+/);
    expect(screen.text()).toMatch(/≈ B and C are not told apart in f1_macro/);
    expect(screen.text()).toContain("4 of 6 tests tell two apart");
    expect(screen.rows()).toHaveLength(size.rows);
  });
});

test("it says what the command says, whose text y copies", async () => {
  await using screen = await board();
  screen.press("mm", "=");
  await screen.shows("2 configurations compared");
  screen.press("3");
  await screen.shows(/✓ B is really better than A/);
  screen.press("y");
  await screen.shows(/copied: disease exp compare/);
  const [, copied] = /\x1b\]52;c;([A-Za-z0-9+/=]+)\x07/.exec(screen.output()) ?? [];
  const [, ...args] = Buffer.from(copied!, "base64").toString().split(" ");
  const { stdout } = await disease([...args, "--json"], { cwd: project.root });
  const { tests } = JSON.parse(stdout) as Comparison;
  for (const { test: kind, pValue } of tests) {
    const row = screen.rows().find((line) => new RegExp(`^ {2}A +B +${kind} `).test(line))!;
    expect(row).toContain(pValue < 1e-4 ? pValue.toExponential(2) : pValue.toFixed(4));
  }
});

test("fewer than two, and repeats of one configuration, are told apart from what can be tested", async () => {
  await using screen = await board();
  screen.press("m", "C");
  await screen.shows("mark 2 to 8 runs with m first");
  screen.press("M", "f", Key.ctrl("u"), "params.family = 'baseline'", Key.enter);
  await screen.shows(/baseline · seed 2/);
  screen.press("g", "mm", "C");
  await screen.shows("2 repeats compared");
  screen.press("3");
  await screen.shows("repeats of one configuration: nothing to test");
});

test("tests run in another process, which ends with them when they are no longer wanted", async () => {
  const opened = await openBoard(findProject(project.root, project.root), ["quickstart"]);
  try {
    const { table, feed, reader } = opened;
    await feed.load(table, new AbortController().signal);
    const runs = [...Array(table.rows).keys()].map((row) => table.runId(row));
    const trials = await project.runs("quickstart");
    const of = (name: string): string => trials.find(({ info }) => info.runName === name)!.info.runId;
    const pair = [of("baseline · seed 1"), of("logistic C=10 · seed 1")];
    expect(runs).toEqual(expect.arrayContaining(pair));
    // So many that the worker is not done before it hears that it may leave.
    const configurations = new Map(trials.map(({ info }) => [info.runName.replace(/ · seed .*/, ""), info.runId]));
    const many = [...configurations.values()].slice(0, 8);
    const left = new AbortController();
    const steps: string[] = [];
    const asked = reader.compare({ runs: many, signal: left.signal }, (step) => {
      steps.push(step);
      left.abort(new Error("left"));
    });
    await expect(asked).rejects.toThrow("left");
    expect(steps.length).toBeGreaterThan(0);
    const { tests, patients } = await reader.compare({ runs: pair, signal: new AbortController().signal }, () => {});
    expect(tests.map(({ better }) => better)).toEqual(["B", "B"]);
    expect(patients).toBeGreaterThan(72);
  } finally {
    await opened.close();
  }
});
