import { expect, onTestFinished, test } from "vitest";
import { findProject, type Leaderboard, openBoard } from "../../../src/app.ts";
import { disease } from "../../support/cli.ts";
import { makeProject, QUICK } from "../../support/project.ts";

const GRID = `${QUICK.replace("{ baseline: {} }", "{ baseline: {}, random-forest: { n_estimators: [2, 8, 20] } }")}seeds: [1, 2]\n`;

test("another process says which lines are tied with the first, as the leaderboard does; it can be cancelled", async () => {
  const made = makeProject({ "experiments/grid.yaml": GRID });
  onTestFinished(() => made[Symbol.dispose]());
  await disease(["exp", "run", "grid"], { cwd: made.root });
  const { stdout } = await disease(["exp", "leaderboard", "grid", "--json"], { cwd: made.root });
  const { rows } = JSON.parse(stdout) as Leaderboard;
  const board = await openBoard(findProject(made.root, made.root), ["grid"]);
  onTestFinished(() => board.close());
  const signal = (): AbortSignal => new AbortController().signal;
  await board.feed.load(board.table, signal());
  expect(board.rank()).toBe("metrics.val_f1_macro");

  const lines = rows.map(({ runs }) => runs.toReversed()); // repeats in any order
  const expected = rows.map(({ tied }, i) => (i === 0 ? "best" : tied ? "tied" : "other"));
  expect(await board.standings(lines, "metrics.val_f1_macro", signal())).toEqual(expected);
  expect(new Set(expected).size).toBe(3);

  const [seed1, seed2] = rows[0]!.runs.map((run) => [run]);
  expect(await board.standings([seed1!, seed2!, ["0".repeat(32)]], "metrics.val_f1_macro", signal())).toEqual([
    "best",
    undefined, // other patients
    undefined, // no predictions
  ]);
  expect(await board.standings(lines, "metrics.rounds", signal())).toEqual(lines.map(() => undefined));

  const cancelled = new AbortController();
  const asked = board.standings(lines, "metrics.val_f1_macro", cancelled.signal);
  cancelled.abort(new Error("no longer wanted"));
  await expect(asked).rejects.toThrow("no longer wanted");
  expect(await board.standings(lines, "metrics.val_f1_macro", signal())).toEqual(expected);
});
