import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { built, disease } from "../../support/cli.ts";
import { makeProject, QUICK, type TestProject } from "../../support/project.ts";
import { openTerminal, readScreen, type Terminal, type TerminalOptions } from "../../support/pty.ts";

const LONG = `${QUICK.replace(
  "{ baseline: {} }",
  `
  baseline: {}
  xgboost:
    - { n_estimators: 5, learning_rate: 0.1, min_child_weight: 1, colsample_bytree: 0.5 }
    - { n_estimators: 6, learning_rate: 0.2, min_child_weight: 2, colsample_bytree: 1 }`,
)}seeds: [1, 2]
preparations: { "with a name of some length": [impute, encode], 皮膚病: [impute, encode, scale] }
`;

let project: TestProject;
beforeAll(() => {
  project = makeProject({ "experiments/long.yaml": LONG });
});
afterAll(() => project[Symbol.dispose]());

async function ended(args: string[], options: Omit<TerminalOptions, "cwd">): Promise<Terminal> {
  await using terminal = await openTerminal(args, { cwd: project.root, ...options });
  expect(await terminal.ended).toEqual({ exitCode: 0, signal: 0 });
  return terminal;
}

/** Rows of a terminal that a text takes. */
const taken = (text: string, cols: number): number => readScreen(text, cols).length;

describe.each([
  [80, 24],
  [120, 40],
])("in a terminal of %i × %i", (cols, rows) => {
  test("the status line stays one line, and what it leaves is whole lines", async () => {
    const terminal = await ended(["exp", "run", "long", "--force", "--no-live"], { cols, rows });
    const statuses = terminal.output().match(/\r\x1b\[K\[ *\d+\/\d+\][^\r\n]*/g)!;
    expect(statuses.length).toBeGreaterThan(12);
    expect(statuses.some((s) => s.includes("xgboost"))).toBe(true);
    for (const status of statuses) expect(taken(status, cols - 1)).toBe(1);
    const screen = terminal.rows();
    expect(screen.filter((row) => row.startsWith("✓ ["))).toHaveLength(12);
    expect(screen.filter((row) => /^\[ *\d+\/\d+\]/.test(row))).toEqual([]);
    const head = screen.findIndex((row) => /^ +# +trial/.test(row));
    const ranks = screen.slice(head + 1, head + 7).map((row) => Number(/^ *(\d+) /.exec(row)?.[1]));
    expect(ranks).toEqual([1, 2, 3, 4, 5, 6]);
    expect(screen[head]).toContain("f1_macro");
    expect(screen.find((row) => row.startsWith("not shown for want of width: "))).toMatch(/: accuracy|ece/);
  });

  test("tables fit: a row of the table is a row of the terminal", async () => {
    for (const args of [
      ["exp", "leaderboard", "long"],
      ["exp", "ls", "long", "--limit", "5"],
      ["exp", "ls", "long", "--limit", "5", "--columns", "metrics.val_f1_macro,params.preparation"],
    ]) {
      const terminal = await ended(args, { cols, rows });
      const lines = terminal
        .output()
        .replaceAll(/\x1b\[[\d;]*m/g, "")
        .split("\r\n");
      const table = lines.slice(
        0,
        lines.findIndex((line) => !line.startsWith(" ")),
      );
      expect(table.length).toBeGreaterThan(5);
      for (const line of table) expect(taken(line, cols), line).toBe(1);
    }
  });
});

test("colours mean something in a terminal, and are absent with --no-color, NO_COLOR, or standard error in a file", async () => {
  const run = ["exp", "run", "quick", "--force", "--no-live"];
  expect((await ended(run, {})).output()).toContain("\x1b[32m✓");
  const styles = /\x1b\[[\d;]*m/;
  expect((await ended([...run, "--no-color"], {})).output()).not.toMatch(styles);
  expect((await ended(run, { env: { NO_COLOR: "1" } })).output()).not.toMatch(styles);
  expect((await ended(["exp", "run", "--help"], { env: { NO_COLOR: "1" } })).output()).not.toMatch(styles);
  const command = ["bash", "-c", '"$@" 2> said.txt', "bash", process.execPath, await built()];
  expect((await ended(run, { command })).output()).toMatch(styles);
  expect(readFileSync(join(project.root, "said.txt"), "utf8")).toMatch(/^✓ \[1\/1\] baseline {2}f1_macro/m);
});

test("with CI set there is no status line, and nothing is erased", async () => {
  const { code, stderr } = await disease(["exp", "run", "quick", "--force"], {
    cwd: project.root,
    env: { CI: "true" },
  });
  expect({ code, erased: stderr.includes("\x1b") }).toEqual({ code: 0, erased: false });
  expect((await ended(["exp", "run", "quick", "--force"], { env: { CI: "true" } })).output()).not.toContain("\x1b[K");
});
