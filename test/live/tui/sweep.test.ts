import { appendFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Tag } from "../../../src/core/trial.ts";
import { childrenOf, disease, gone, startDisease } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { Key, type LiveScreen, openScreen, type ScreenOptions } from "../../support/screen.ts";

/** A quick trial, one that fails, and two that take a minute, or `rounds` of boosting; all at once. */
function slowProject(rounds = 100_000): TestProject {
  const boosted = `{ n_estimators: ${rounds}, learning_rate: [0.0001, 0.0002], early_stopping_rounds: 0 }`;
  return makeProject({
    "experiments/slow.yaml": `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
jobs: 3
families: { baseline: {}, xgboost: ${boosted} }
`,
  });
}

/** Once the quick trial has ended and both slow ones have told of a round. */
const BOTH_RUNNING = /1 finished[\s\S]*0\.0001 {2}round \d+[\s\S]*0\.0002 {2}round \d+/;

const run = (project: TestProject, options: Partial<ScreenOptions> = {}, args: readonly string[] = []) =>
  openScreen(["exp", "run", "slow", ...args], { cwd: project.root, ...options });

const workFiles = (project: TestProject): string[] => readdirSync(join(project.root, "mlruns", ".work"));

/** Process of the sweep, by the name of its folder. */
const hostOf = (project: TestProject): number =>
  Number(
    workFiles(project)
      .find((name) => name.startsWith("live-"))!
      .split(".")
      .at(-1),
  );

const GIVEN_BACK = { alternate: false, mouse: "none", paste: false, cursor: true };

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
])(
  "in %i × %i: the running trials with their curves, the leaderboard as it fills, then the report",
  async (cols, rows) => {
    using project = slowProject(3000);
    await using screen = await run(project, { cols, rows });
    await screen.shows(BOTH_RUNNING);
    await screen.shows(/[\u2801-\u28ff]{6}/u);
    expect(screen.modes()).toMatchObject({ alternate: true, cursor: false });
    const seen = screen.rows();
    expect(seen).toHaveLength(rows);
    expect(seen[0]).toMatch(/^slow {2}sweep [0-9a-f]{8} +live$/);
    expect(seen[1]).toMatch(/1\/3/);
    expect(screen.find(/^ {4}1 {2}baseline .* 0\.\d{3}/)).toBeGreaterThan(screen.find("0.0002"));
    expect(seen.at(-1)).toMatch(/x stop trial {2}X stop sweep {2}q detach .*\? help/);
    expect(await screen.ended).toEqual({ exitCode: 0, signal: 0 });
    expect(screen.modes()).toEqual(GIVEN_BACK);
    expect(screen.text()).toMatch(/^slow: 3 finished, 0 failed, 0 kept from before$/m);
    expect(readdirSync(join(project.root, "mlruns"))).not.toContain(".work");
  },
);

test("the report is what it is without the live view: text, colours and width", async () => {
  using project = makeProject();
  const report = (text: string): string =>
    /\x1b\[1m#[\s\S]*/
      .exec(text.slice(text.lastIndexOf("\x1b[?25h") + 1))![0]
      .replaceAll(/\b[0-9a-f]{8,32}\b|[\d.]+ m?s\b/g, "…");
  await using plain = await openScreen(["exp", "run", "quick", "--no-live"], { cwd: project.root, cols: 90 });
  await plain.ended;
  await using live = await openScreen(["exp", "run", "quick", "--force"], { cwd: project.root, cols: 90 });
  await live.ended;
  expect(report(live.output())).toBe(report(plain.output()));
});

test("what is wrong with the file or the data is said without any view, and leaves nothing behind", async () => {
  using project = makeProject();
  await using screen = await openScreen(["exp", "run", "quick", "--set", "data.target=none"], { cwd: project.root });
  expect((await screen.ended).exitCode).toBe(2);
  expect(screen.text()).toMatch(/^error: .*none/m);
  expect(screen.output()).not.toContain("\x1b[?1049h");
  expect(existsSync(join(project.root, "mlruns"))).toBe(false);
});

test("q leaves it to go on; attach shows the same as if one had stayed, and its end is the sweep's", async () => {
  using project = slowProject(6000);
  await using first = await run(project);
  await first.shows(BOTH_RUNNING);
  const host = hostOf(project);
  first.press("q");
  expect(await first.ended).toEqual({ exitCode: 0, signal: 0 });
  expect(first.modes()).toEqual(GIVEN_BACK);
  const [, id] = /the sweep goes on; come back with: disease exp attach ([0-9a-f]{8})/.exec(first.text())!;
  expect(project.state().statuses).toEqual({ FINISHED: 1, RUNNING: 3 });
  const folder = join(project.root, "mlruns", ".work");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);

  await using second = await openScreen(["exp", "attach", id!], { cwd: project.root });
  await second.shows(BOTH_RUNNING);
  await second.shows(/^ {4}1 {2}baseline/m);
  await using lines = await startDisease(["exp", "attach"], { cwd: project.root });
  expect(await lines.ended).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^3 trials to run on 3 at a time\n[\s\S]*✓ \[3\/3\] xgboost/),
    stdout: expect.stringContaining("slow: 3 finished, 0 failed"),
  });
  expect((await second.ended).exitCode).toBe(0);
  expect(second.text()).toContain("slow: 3 finished, 0 failed");
  await gone([host]);
  const none = await disease(["exp", "attach"], { cwd: project.root });
  expect(none).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(new RegExp(`no sweep is running\\n +at: the last sweep: ${id}, finished at \\d{4}-`)),
  });
});

test("x stops the trial that is chosen, and the others go on; another terminal stops the next", async () => {
  using project = slowProject();
  await using screen = await run(project, { cols: 150 });
  await screen.shows(BOTH_RUNNING);
  screen.press("x");
  await screen.shows("choose a running trial first");
  screen.press("j", "x");
  await screen.shows(/■ {2}xgboost learning_rate=\S+ +stopped by hand/);
  await screen.shows(/▶ 1 running/);
  const trials = (await project.runs("slow")).filter((r) => r.tags[Tag.kind] === "trial");
  expect(trials.map((r) => [r.info.status, r.tags[Tag.error]])).toEqual(
    expect.arrayContaining([
      ["FINISHED", undefined],
      ["KILLED", "stopped by hand"],
      ["RUNNING", undefined],
    ]),
  );
  const { runId, runName } = trials.find((r) => r.info.status === "RUNNING")!.info;
  const stopped = await disease(["exp", "stop", runId.slice(0, 10)], { cwd: project.root });
  expect(stopped).toMatchObject({ code: 0, stdout: `stopped trial ${runId.slice(0, 8)}: ${runName}\n` });
  expect(await screen.ended).toEqual({ exitCode: 0, signal: 0 });
  expect(screen.text()).toMatch(/^slow: 1 finished, 0 failed, 0 kept from before, 2 stopped by hand$/m);
  expect(project.state().statuses).toEqual({ FINISHED: 2, KILLED: 2 });
});

test("X asks once, and stops the sweep as Ctrl-C does: what is finished is kept", async () => {
  using project = slowProject();
  await using screen = await run(project);
  await screen.shows(BOTH_RUNNING);
  const host = hostOf(project);
  const workers = childrenOf(host);
  screen.press("X");
  await screen.shows("Stop the whole sweep?");
  screen.press("n");
  await screen.shows((text) => !text.includes("Stop the whole sweep?"));
  expect(project.state().statuses).toEqual({ FINISHED: 1, RUNNING: 3 });
  screen.press("X", "y");
  expect(await screen.ended).toEqual({ exitCode: 130, signal: 0 });
  await gone([host, ...workers]);
  expect(screen.text()).toMatch(/^slow: 1 finished, 0 failed, 0 kept from before; interrupted$/m);
  expect(screen.text()).toContain("go on with: disease exp resume");
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 1, KILLED: 3 } });

  await using again = await openScreen(["exp", "resume"], { cwd: project.root });
  await again.shows(/^ {4}1 {2}baseline .* before$/m);
  again.press("?");
  await again.shows("stop the sweep without asking");
  again.press(Key.ctrl("c"));
  expect((await again.ended).exitCode).toBe(130);
});

test("a second Ctrl-C does not wait for workers that do not answer", async () => {
  using project = slowProject();
  await using screen = await run(project);
  await screen.shows(BOTH_RUNNING);
  const workers = childrenOf(hostOf(project));
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  screen.press(Key.ctrl("c"));
  await screen.shows("stopping; what is finished is kept");
  const over = screen.ended.then(() => true);
  const pause = () => new Promise<false>((resolve) => setTimeout(resolve, 100, false));
  while (!(await Promise.race([over, pause()]))) screen.press(Key.ctrl("c"));
  const { exitCode, signal } = await screen.ended;
  expect(signal === 2 ? 128 + signal : exitCode).toBe(130); // one Ctrl-C may come when Node has given its handlers back
  for (const pid of workers) process.kill(pid, "SIGCONT");
  await gone(workers);
});

test("SIGTERM stops a sweep that was started there, as it does without the view", async () => {
  using project = slowProject();
  await using screen = await run(project);
  await screen.shows(BOTH_RUNNING);
  process.kill(screen.pid, "SIGTERM");
  expect(await screen.ended).toEqual({ exitCode: 130, signal: 0 });
  expect(screen.modes()).toEqual(GIVEN_BACK);
  expect(screen.text()).toContain("1 finished, 0 failed");
  expect(project.state().statuses).toEqual({ FINISHED: 1, KILLED: 3 });
});

test("kill -9 of the sweep: the view says so, the workers go, resume goes on", async () => {
  using project = slowProject();
  await using screen = await run(project);
  await screen.shows(BOTH_RUNNING);
  const host = hostOf(project);
  const workers = childrenOf(host);
  process.kill(host, "SIGKILL");
  expect(await screen.ended).toEqual({ exitCode: 130, signal: 0 });
  expect(screen.modes()).toEqual(GIVEN_BACK);
  expect(screen.text()).toMatch(/^error: the process of the sweep is gone[\s\S]*disease exp resume [0-9a-f]{8}$/m);
  await gone(workers);
  await using resumed = await startDisease(["exp", "resume"], { cwd: project.root });
  await resumed.said(/^2 trials to run on 3 at a time, 1 finished before are kept$/m);
});

test.each([
  ["kill -9 of the view", (screen: LiveScreen) => process.kill(screen.pid, "SIGKILL")],
  ["SIGHUP", (screen: LiveScreen) => process.kill(screen.pid, "SIGHUP")],
  ["a window that is closed", (screen: LiveScreen) => screen.close()],
])("%s leaves the sweep to go on, and exp stop ends it", async (_, leave) => {
  using project = slowProject();
  const screen = await run(project);
  await screen.shows(BOTH_RUNNING);
  const host = hostOf(project);
  leave(screen);
  await screen.ended;
  await using other = await openScreen(["exp", "attach"], { cwd: project.root });
  await other.shows(BOTH_RUNNING);
  expect(hostOf(project)).toBe(host);
  const stopped = await disease(["exp", "stop", "--json"], { cwd: project.root });
  expect(JSON.parse(stopped.stdout)).toMatchObject({ kind: "sweep", runId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect((await other.ended).exitCode).toBe(130);
  expect(project.state().statuses).toEqual({ FINISHED: 1, KILLED: 3 });
});

test("exp stop also stops a sweep that runs in its own terminal; attach says where that is", async () => {
  using project = slowProject();
  await using plain = await startDisease(["exp", "run", "slow"], { cwd: project.root });
  await plain.said(/✓ \[1\/3\] baseline/);
  const attached = await disease(["exp", "attach"], { cwd: project.root });
  expect(attached).toMatchObject({ code: 2, stderr: expect.stringContaining(`process ${plain.pid} on`) });
  expect((await disease(["exp", "stop"], { cwd: project.root })).code).toBe(0);
  expect(await plain.ended).toMatchObject({ code: 130, stdout: expect.stringContaining("1 finished") });
  expect((await disease(["exp", "stop"], { cwd: project.root })).stderr).toContain("no sweep is running");
});

test.each([
  ["CI=1", { CI: "1" }, []],
  ["TERM=dumb", { TERM: "dumb" }, []],
  ["DISEASE_LIVE=0", { DISEASE_LIVE: "0" }, []],
  ["--no-live", {}, ["--no-live"]],
])("with %s there are plain lines in one process", async (_, env, args) => {
  using project = makeProject();
  await using screen = await openScreen(["exp", "run", "quick", ...args], { cwd: project.root, env });
  expect((await screen.ended).exitCode).toBe(0);
  expect(screen.output()).not.toContain("\x1b[?1049h");
  expect(screen.text()).toMatch(/✓ \[1\/1\] baseline/);
});

test("failed trials with their reason; names with escape codes do not drive the terminal", async () => {
  using project = makeProject({
    "experiments/bad.yaml": `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
jobs: 6
seeds: [1, 2]
families: { baseline: {}, xgboost: {}, random-forest: { n_estimators: 100000 } }
`,
  });
  await using screen = await openScreen(["exp", "run", "bad"], {
    ...{ cwd: project.root, cols: 160 },
    env: { DISEASE_ENGINES: join(project.root, "no-engines") },
  });
  await screen.shows(/✗ {2}xgboost +XGBoost is not available/);
  await screen.shows(/^ {4}1 {2}baseline +2 +0\.\d{3} ±0\.\d{3}/m);
  const name = "\u001b[2J\u001b]0;owned\u0007 皮膚 ñ";
  const trial = { key: "k", configKey: "k", name, family: "knn", seed: 1 };
  const hostile = [
    { type: "started", trial, runId: "r" },
    { type: "failed", trial, runId: "r", reason: `\u001b[31m${name}` },
  ];
  const [folder] = workFiles(project).filter((file) => file.startsWith("live-"));
  for (const event of hostile)
    appendFileSync(
      join(project.root, "mlruns", ".work", folder!, "events.ndjson"),
      `${JSON.stringify({ at: 0, ...event })}\n`,
    );
  await screen.shows(/✗ {2}\\u001b\[2J\\u001b\]0;owned\\u0007 皮膚 ñ/);
  expect(screen.output()).not.toMatch(/\x1b\[2J\x1b\]|\x1b\]0;/);
  screen.press("G");
  await screen.shows(/❯ +✗/);
  screen.press("X", "y");
  expect((await screen.ended).exitCode).toBe(130);
});
