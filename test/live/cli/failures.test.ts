import { join } from "node:path";
import { expect, test } from "vitest";
import type { Run } from "../../../src/core/store.ts";
import { Tag } from "../../../src/core/trial.ts";
import { childrenOf, disease } from "../../support/cli.ts";
import { makeProject } from "../../support/project.ts";
import { openTerminal } from "../../support/pty.ts";

const errors = (runs: readonly Run[]): Record<string, string> =>
  Object.fromEntries(runs.flatMap((run) => (run.tags[Tag.error] ? [[run.params.family!, run.tags[Tag.error]!]] : [])));

test("a trial whose process is killed is one failed row with its reason, and the rest goes on in a new process", async () => {
  using project = makeProject();
  const families =
    "{ baseline: {}, xgboost: { n_estimators: 100000, learning_rate: 0.0001, early_stopping_rounds: 0 }, random-forest: { n_estimators: 20 } }";
  await using terminal = await openTerminal(
    ["exp", "run", "quick", "--no-live", "--jobs", "1", "--set", `families=${families}`],
    {
      cwd: project.root,
    },
  );
  await terminal.said(/xgboost \(round \d+\)/);
  const [worker] = childrenOf(terminal.pid);
  process.kill(worker!, "SIGKILL");
  expect(await terminal.ended).toEqual({ exitCode: 6, signal: 0 });
  const screen = terminal.rows().join("\n");
  expect(screen).toMatch(/^✗ \[1\/3\] xgboost {2}killed \(SIGKILL\): most often the system ran out of memory$/m);
  expect(screen).toMatch(/^✓ \[2\/3\] random-forest {2}f1_macro/m);
  expect(screen).toMatch(/^quick: 2 finished, 1 failed, 0 kept from before$/m);
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 3, FAILED: 1 } });
  expect(errors(await project.runs("quick"))).toEqual({ xgboost: expect.stringContaining("killed (SIGKILL)") });
});

test("a trial that runs out of memory is a failed row that says so", async () => {
  using project = makeProject();
  const args = (trees: number): string[] => [
    "exp",
    "run",
    "quick",
    "--set",
    `families={ baseline: {}, random-forest: { n_estimators: ${trees} } }`,
  ];
  // the workers' heap is small, the main process's is not
  const env = { NODE_OPTIONS: "--max-old-space-size=40" };
  const through = ["bash", "-c", 'node=$1; shift; exec "$node" --max-old-space-size=1000 "$@"', "bash"];
  const first = await disease(args(100_000), { cwd: project.root, env, through });
  expect(first).toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/^✗ \[2\/2\] random-forest {2}out of memory$/m),
  });
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 2, FAILED: 1 } });
  const second = await disease(["exp", "leaderboard", "quick", "--columns", "name,status,error"], {
    cwd: project.root,
  });
  expect(second.stdout).toMatch(/^ – +random-forest ✗ failed +failed +out of memory *$/m);
});

test("families whose engine is missing are failed rows that name the doctor; the others finish", async () => {
  using project = makeProject();
  const env = { DISEASE_ENGINES: join(project.root, "no-engines") };
  const families = "{ baseline: {}, random-forest: { n_estimators: 20 }, logistic: {}, xgboost: {}, gbm: {} }";
  const result = await disease(["exp", "run", "quick", "--json", "--set", `families=${families}`], {
    cwd: project.root,
    env,
  });
  expect(result.code).toBe(6);
  expect(JSON.parse(result.stdout)).toMatchObject({ total: 5, finished: 2, failed: 3 });
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 3, FAILED: 3 } });
  const reason = (engine: string, family: string) =>
    expect.stringMatching(
      new RegExp(
        `^${engine} is not available, .*: (.*, )?${family}(, .*)? \\(.* does not exist\\)\\. Run: disease doctor --fix\\.`,
      ),
    );
  expect(errors(await project.runs("quick"))).toEqual({
    logistic: reason("OpenBLAS", "logistic"),
    xgboost: reason("XGBoost", "xgboost"),
    gbm: reason("LightGBM", "gbm"),
  });
});

test("doctor exits 7 when an engine is missing and says how to get it; 0 when all is there", async () => {
  using project = makeProject();
  const ill = await disease(["doctor"], {
    cwd: project.root,
    env: { DISEASE_ENGINES: join(project.root, "no-engines") },
  });
  expect(ill.code).toBe(7);
  for (const engine of ["xgboost", "lightgbm", "openblas"]) {
    expect(ill.stdout).toMatch(new RegExp(`^ ✗ +engine ${engine} .* does not exist *$`, "m"));
    expect(ill.stdout).toMatch(new RegExp(`^engine ${engine} [\\d.]+: Run: disease doctor --fix$`, "m"));
  }
  const well = await disease(["doctor", "--json"], { cwd: project.root });
  expect(well.code).toBe(0);
  const checks = JSON.parse(well.stdout) as { what: string; ok: boolean }[];
  expect(checks.map((check) => check.what.split(" ")[0])).toEqual([
    "node",
    "disease",
    "engine",
    "engine",
    "engine",
    "tracking",
  ]);
  expect(checks.every((check) => check.ok)).toBe(true);
});
