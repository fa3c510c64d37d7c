import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { makeProject } from "../../support/project.ts";

test("--profile says where the time went, in a table, in JSON and as metrics of the sweep's run", async () => {
  using project = makeProject();
  const families = "families={ baseline: {}, gbm: { n_estimators: [5, 9] } }";
  const run = (...flags: string[]) =>
    disease(["exp", "run", "quick", "--profile", "--force", "--set", families, ...flags], { cwd: project.root });
  const { code, stdout } = await run();
  expect(code).toBe(0);
  for (const phase of ["load", "prepare", "fit", "score", "report", "log", "all"])
    expect(stdout).toMatch(new RegExp(`^ ${phase} +\\d+\\.\\d\\d s +\\d+\\.\\d\\d s +\\d+ % $`, "m"));
  expect(stdout).toMatch(/^ gbm +2 +\d/m);
  const { profile, sweepId } = JSON.parse((await run("--json")).stdout);
  expect(profile.families.map((f: { family: string }) => f.family).sort()).toEqual(["baseline", "gbm"]);
  expect(profile.total.cpu).toBeGreaterThan(profile.phases.fit.cpu);
  expect(profile.phases.load.cpu).toBeGreaterThan(0);
  const parent = await project.reading((store) => store.getRun(sweepId));
  expect(parent.metrics.profile_fit_cpu_seconds).toBeCloseTo(profile.phases.fit.cpu, 9);
  expect(parent.metrics.profile_total_seconds).toBeCloseTo(profile.total.wall, 9);
});

test("--memory lowers how many trials run at once, and refuses what does not fit before anything is stored", async () => {
  using project = makeProject();
  const run = (memory: string) =>
    disease(["exp", "run", "quick", "--memory", memory, "--jobs", "8", "--force"], { cwd: project.root });
  const tight = await run("500MB");
  expect(tight.code).toBe(0);
  expect(tight.stderr).toMatch(/2 trials at a time instead of 8: the memory holds no more/);
  using other = makeProject();
  for (const [memory, problem] of [
    ["200MB", /takes about 30\d MB of memory, and 200 MB may be used/],
    ["5kB", /data must fit into memory/],
    ["lots", /"lots" is no amount of memory/],
  ] as const) {
    const { code, stderr } = await disease(["exp", "run", "quick", "--memory", memory], { cwd: other.root });
    expect(code, memory).toBe(2);
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(/fix:/);
  }
});
