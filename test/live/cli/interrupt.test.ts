import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { expect, test } from "vitest";
import { Tag } from "../../../src/core/trial.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { childrenOf, disease, gone, startDisease } from "../../support/cli.ts";
import { makeProject, patients, type TestProject } from "../../support/project.ts";
import { openTerminal } from "../../support/pty.ts";

/** A quick trial and two that take a minute, or `rounds` of boosting; all at once, since the longest begin first. */
function slowProject(rounds = 100_000): TestProject {
  const families = `{ baseline: {}, xgboost: { n_estimators: ${rounds}, learning_rate: [0.0001, 0.0002], early_stopping_rounds: 0 } }`;
  return makeProject({
    "experiments/slow.yaml": `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
jobs: 3
families: ${families}
`,
  });
}

/** The status line once the quick trial is finished and both slow ones have begun. */
const BOTH_RUNNING = /\[1\/3\] .*0\.0001 \(round \d+\).*0\.0002 \(round \d+\)/;

const workFiles = (project: TestProject): string[] => readdirSync(join(project.root, "mlruns", ".work"));

test("Ctrl-C keeps what is finished, stops the rest and leaves no process behind", async () => {
  using project = slowProject();
  await using terminal = await openTerminal(["exp", "run", "slow", "--no-live"], { cwd: project.root, cols: 200 });
  await terminal.said(BOTH_RUNNING);
  const workers = childrenOf(terminal.pid);
  expect(workers).toHaveLength(3);

  const again = await disease(["exp", "resume"], { cwd: project.root });
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/is still running\n {3}at: process \d+ on/) });
  const other = await disease(["exp", "run", "slow", "--set", "families={baseline: {}}"], { cwd: project.root });
  expect(other).toMatchObject({ code: 0, stdout: expect.stringContaining("1 kept from before") });
  expect(project.state().statuses).toEqual({ FINISHED: 1, RUNNING: 3 });

  terminal.press("\x03");
  expect(await terminal.ended).toEqual({ exitCode: 130, signal: 0 });
  await gone(workers);
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 1, KILLED: 3 } });
  expect(workFiles(project)).toEqual([]);
  const screen = terminal.rows().join("\n");
  expect(screen).toContain("stopping; what is finished is kept (again to stop at once)");
  expect(screen).toMatch(/^slow: 1 finished, 0 failed, 0 kept from before; interrupted$/m);
  expect(screen).toContain("go on with: disease exp resume");
});

test("a second Ctrl-C does not wait for workers that do not answer", async () => {
  using project = slowProject();
  await using terminal = await openTerminal(["exp", "run", "slow", "--no-live"], { cwd: project.root, cols: 200 });
  await terminal.said(BOTH_RUNNING);
  const workers = childrenOf(terminal.pid);
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  let over = false;
  terminal.ended.then(() => {
    over = true;
  });
  for await (const _ of setInterval(100)) {
    if (over) break;
    terminal.press("\x03");
  }
  expect(await terminal.ended).toEqual({ exitCode: 130, signal: 0 });
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 1, RUNNING: 3 } });
  for (const pid of workers) process.kill(pid, "SIGCONT");
  await gone(workers);
});

test.each([
  ["SIGTERM", ["SIGTERM"]],
  ["SIGHUP", ["SIGHUP"]],
  // npm passes Ctrl-C on to a process that has got it from the terminal already
  ["Ctrl-C that comes twice by way of npx", ["SIGINT", "SIGINT"]],
] as const)("%s stops as Ctrl-C does", async (_, signals) => {
  using project = slowProject();
  await using program = await startDisease(["exp", "run", "slow"], { cwd: project.root });
  await program.said(/✓ \[1\/3\] baseline/);
  for (const signal of signals) program.kill(signal);
  expect(await program.ended).toMatchObject({ code: 130, stdout: expect.stringContaining("1 finished, 0 failed") });
  const { integrity, statuses } = project.state();
  expect({ integrity, finished: statuses.FINISHED, running: statuses.RUNNING }).toEqual({
    integrity: "ok",
    finished: 1,
  });
});

test("closing the terminal's window stops as Ctrl-C does", async () => {
  using project = slowProject();
  await using terminal = await openTerminal(["exp", "run", "slow", "--no-live"], { cwd: project.root, cols: 200 });
  await terminal.said(BOTH_RUNNING);
  const workers = childrenOf(terminal.pid);
  terminal.close();
  await gone([terminal.pid, ...workers]);
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 1, KILLED: 3 } });
});

test("kill -9 loses nothing that was finished, the workers go, and the next run tidies up", async () => {
  using project = slowProject();
  await using terminal = await openTerminal(["exp", "run", "slow", "--no-live"], { cwd: project.root, cols: 200 });
  await terminal.said(BOTH_RUNNING);
  const workers = childrenOf(terminal.pid);
  process.kill(terminal.pid, "SIGKILL");
  await terminal.ended;
  await gone(workers);

  const list = await disease(["exp", "ls", "slow", "--json"], { cwd: project.root });
  const statuses = JSON.parse(list.stdout).runs.map((run: { status: string }) => run.status);
  expect(statuses.toSorted()).toEqual(["finished", "running", "running", "running"]);
  const next = await disease(["exp", "run", "slow", "--set", "families={baseline: {}, logistic: {}}", "--json"], {
    cwd: project.root,
  });
  expect(next.code).toBe(0);
  expect(JSON.parse(next.stdout)).toMatchObject({ total: 2, reused: 1, finished: 1 });
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 3, KILLED: 3 } });
  expect(workFiles(project)).toEqual([]);
});

test("an interrupted sweep is resumed under the same parent, also after a kill -9, and only what is missing runs", async () => {
  using project = slowProject(4000);
  await using first = await startDisease(["exp", "run", "slow"], { cwd: project.root });
  await first.said(/✓ \[1\/3\] baseline/);
  first.kill("SIGINT");
  expect((await first.ended).code).toBe(130);

  await using second = await startDisease(["exp", "resume"], { cwd: project.root });
  await second.said(/^2 trials to run on 3 at a time, 1 finished before are kept$/m);
  second.kill("SIGKILL");
  await second.ended;

  const third = await disease(["exp", "resume", "--json", "--jobs", "2"], { cwd: project.root });
  expect(third.code).toBe(0);
  const runs = await project.runs("slow");
  const sweeps = runs.filter((run) => run.tags[Tag.kind] === "sweep");
  expect(sweeps.map((run) => run.info.status)).toEqual(["FINISHED"]);
  expect(JSON.parse(third.stdout)).toMatchObject({ sweepId: sweeps[0]!.info.runId, total: 3, reused: 1, finished: 2 });
  const finished = runs.filter((run) => run.tags[Tag.kind] === "trial" && run.info.status === "FINISHED");
  expect(finished.map((run) => run.info.runName).sort()).toEqual([
    "baseline",
    "xgboost learning_rate=0.0001",
    "xgboost learning_rate=0.0002",
  ]);
  expect(project.state()).toMatchObject({ integrity: "ok", statuses: { FINISHED: 4 } });
  expect(project.state().statuses.RUNNING).toBeUndefined();

  const none = await disease(["exp", "resume"], { cwd: project.root });
  expect(none).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: no unfinished sweep\n[\s\S]*disease exp ls --sweeps/),
  });
});

test("a sweep is not resumed on other data", async () => {
  using project = slowProject();
  await using program = await startDisease(["exp", "run", "slow"], { cwd: project.root });
  await program.said(/✓ \[1\/3\] baseline/);
  program.kill("SIGINT");
  await program.ended;
  project.write("experiments/slow.yaml", "the file as it was is kept in the store");
  project.write("data/patients.csv", patients(100).join("\n"));
  expect(await disease(["exp", "resume"], { cwd: project.root })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^error: the data have changed since the sweep began\n {3}at: data\/patients.csv\n {2}fix: .*disease exp run experiments\/slow.yaml/,
    ),
  });
});

test("a sweep left running by another machine is refused, and taken over when asked", async () => {
  using project = makeProject();
  expect((await disease(["exp", "run", "quick"], { cwd: project.root })).code).toBe(0);
  const sweep = (await project.runs("quick")).find((run) => run.tags["disease.kind"] === "sweep")!;
  const store = openEmbeddedStore({ folder: join(project.root, "mlruns") });
  await store.write(sweep.info.runId, { status: "RUNNING", tags: { "disease.host": "a-container-that-is-gone" } });
  store.close();
  const refused = await disease(["exp", "resume", sweep.info.runId], { cwd: project.root });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("--take-over");
  expect((await disease(["exp", "resume", sweep.info.runId, "--take-over"], { cwd: project.root })).code).toBe(0);
  expect(project.state().statuses).toEqual({ FINISHED: 2 });
});
