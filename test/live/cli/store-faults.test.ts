import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { disease, startDisease } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

const RUN = ["exp", "run", "quick"];
const MANY = [...RUN, "--jobs", "1", "--set", "families.logistic.C=1,2,3,4,5,6,7,8,9"];

const database = (project: TestProject): string => join(project.root, "mlruns", "mlflow.db");

/** The next run finds the store sound, keeps what was finished and leaves nothing that seems to run. */
async function expectRecovery(project: TestProject, args: readonly string[], finished: number): Promise<void> {
  expect(project.state()).toMatchObject({ integrity: "ok" });
  const { code, stdout } = await disease([...args, "--json"], { cwd: project.root });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).reused).toBeGreaterThanOrEqual(finished);
  const { integrity, statuses } = project.state();
  expect({ integrity, running: statuses.RUNNING }).toEqual({ integrity: "ok" });
}

test("while another program writes, a run gives up in the time allowed, and reading goes on", async () => {
  using project = makeProject();
  await disease(RUN, { cwd: project.root });
  const other = new DatabaseSync(database(project));
  other.exec("BEGIN EXCLUSIVE");
  const env = { DISEASE_STORE_TIMEOUT: "0.2" };
  const run = await disease([...RUN, "--force"], { cwd: project.root, env });
  expect(run).toMatchObject({
    code: 7,
    stdout: "",
    stderr: expect.stringMatching(/^error: The tracking store is locked/m),
  });
  const list = await disease(["exp", "ls", "quick", "--json"], { cwd: project.root, env });
  expect(list.code).toBe(0);
  expect(JSON.parse(list.stdout).runs).toHaveLength(2);
  other.exec("ROLLBACK");
  other.close();
  await expectRecovery(project, RUN, 1);
});

test("a store that is locked in the middle stops the sweep, and what was finished is kept", async () => {
  using project = makeProject();
  await using program = await startDisease(MANY, { cwd: project.root, env: { DISEASE_STORE_TIMEOUT: "0.2" } });
  await program.said(/✓ \[ 2\/10\]/);
  const other = new DatabaseSync(database(project), { timeout: 10_000 });
  other.exec("BEGIN EXCLUSIVE");
  expect(await program.ended).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/^error: The tracking store is locked/m),
  });
  other.exec("ROLLBACK");
  other.close();
  await expectRecovery(project, MANY, 2);
});

test("a file in place of the store's folder", async () => {
  using project = makeProject({ mlruns: "" });
  const error =
    /^error: A file is where the tracking store needs a folder\n {3}at: .*mlruns.*\n {2}fix: Move that file away/m;
  for (const args of [RUN, ["exp", "ls"], ["exp", "leaderboard"], ["exp", "resume"]])
    expect(await disease(args, { cwd: project.root })).toMatchObject({
      code: 7,
      stdout: "",
      stderr: expect.stringMatching(error),
    });
  const doctor = await disease(["doctor"], { cwd: project.root });
  expect(doctor).toMatchObject({ code: 7, stdout: expect.stringMatching(/^ ✗ +tracking store +A file is where/m) });
});

test("a database that is not MLflow's is refused", async () => {
  using project = makeProject({ "mlruns/mlflow.db": "not a database" });
  const refused = async (error: RegExp): Promise<void> => {
    for (const args of [RUN, ["exp", "ls"], ["exp", "show", "abcd"]])
      expect(await disease(args, { cwd: project.root })).toMatchObject({
        code: 7,
        stdout: "",
        stderr: expect.stringMatching(error),
      });
  };
  await refused(/^error: The tracking store is not an SQLite database\n/m);
  rmSync(database(project));
  const foreign = new DatabaseSync(database(project));
  foreign.exec("CREATE TABLE patients (name)");
  foreign.close();
  const before = readFileSync(database(project));
  await refused(/^error: .*it is not one of an MLflow we know\n/m);
  expect(readFileSync(database(project)).equals(before)).toBe(true);
});

test("a damaged database is one clear error", async () => {
  using project = makeProject();
  await disease(RUN, { cwd: project.root });
  const bytes = readFileSync(database(project));
  writeFileSync(database(project), bytes.fill(0xaa, 4096));
  for (const args of [RUN, ["exp", "ls"]]) {
    const error = /^error: The tracking store is damaged.*\n {3}at: .*mlflow.db\n {2}fix: Restore it/m;
    expect(await disease(args, { cwd: project.root })).toMatchObject({
      code: 7,
      stdout: "",
      stderr: expect.stringMatching(error),
    });
  }
});

test("a file in place of an experiment's artifacts fails the sweep, which does not seem to run on", async () => {
  using project = makeProject();
  await disease(RUN, { cwd: project.root });
  rmSync(join(project.root, "mlruns", "artifacts", "1"), { recursive: true });
  project.write("mlruns/artifacts/1", "");
  const error = /^error: A file is where the tracking store needs a folder/m;
  expect(await disease([...RUN, "--force"], { cwd: project.root })).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(error),
  });
  expect(project.state()).toEqual({ integrity: "ok", statuses: { FINISHED: 2, FAILED: 1 } });
});

test("files that outgrow what the disk has room for stop a run with one clear error", async () => {
  using project = makeProject();
  await disease(RUN, { cwd: project.root });
  // files of at most this many kB stand for a disk that is full
  const limit = Math.floor(statSync(database(project)).size / 1024) - 1;
  const through = ["bash", "-c", `ulimit -f ${limit}; exec "$@"`, "bash"];
  const full = await disease(MANY, { cwd: project.root, through });
  expect(full).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/^error: .*(disk is full|cannot be read or written)/m),
  });
  await expectRecovery(project, MANY, 1);
});

const canMount = spawnSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0;

test(`a full disk stops a run with one clear error (${canMount ? "a small file system" : "small files"})`, async () => {
  using project = makeProject();
  // The mount is the program's own and goes with it; without the right to mount, files of 600 kB stand for it.
  const small = canMount
    ? [
        "unshare",
        "-m",
        "bash",
        "-c",
        'mount -t tmpfs -o size=1200k tmpfs mlruns; "$@"; code=$?; cp -r mlruns kept; exit $code',
        "bash",
      ]
    : ["bash", "-c", 'ulimit -f 600; "$@"; code=$?; cp -r mlruns kept; exit $code', "bash"];
  project.write("mlruns/README.md", "");
  const full = await disease(MANY, { cwd: project.root, through: small });
  expect(full).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/^error: .*(disk is full|cannot be (read or )?written)/m),
  });
  expect(full.stderr.match(/^error: /gm)).toHaveLength(1);
  rmSync(join(project.root, "mlruns"), { recursive: true });
  spawnSync("mv", ["kept", "mlruns"], { cwd: project.root });
  await expectRecovery(project, MANY, 0);
});
