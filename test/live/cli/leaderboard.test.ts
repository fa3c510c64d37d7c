import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GroupRow } from "../../../src/app/board/viewed-leaderboard.ts";
import type { Leaderboard } from "../../../src/app.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { built, disease, userEnv } from "../../support/cli.ts";
import { makeProject, QUICK, type TestProject } from "../../support/project.ts";
import { openScreen } from "../../support/screen.ts";

const GRID = `${QUICK.replace("{ baseline: {} }", "{ baseline: {}, random-forest: { n_estimators: [2, 8], max_depth: [2] } }")}seeds: [1, 2]\n`;
let project: TestProject;

beforeAll(async () => {
  project = makeProject({ "experiments/grid.yaml": GRID });
  expect((await disease(["exp", "run", "grid"], { cwd: project.root })).code).toBe(0);
});
afterAll(() => project[Symbol.dispose]());

async function board(...args: string[]): Promise<Leaderboard & { readonly groups?: readonly GroupRow[] }> {
  const { code, stdout, stderr } = await disease(["exp", "leaderboard", "grid", ...args, "--json"], {
    cwd: project.root,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}
const text = async (...args: string[]): Promise<string> =>
  (await disease(["exp", "leaderboard", "grid", ...args], { cwd: project.root })).stdout;
const names = ({ rows }: Leaderboard): string[] => rows.map(({ name }) => name);

test("rows are sorted by several keys; ranks, ties and the shape of the answer stay", async () => {
  const plain = await board();
  expect(plain.rows.map(({ rank }) => rank)).toEqual([1, 2, 3]);
  const sorted = await board("--sort", "-f1_macro,n_estimators");
  expect(names(sorted)).toEqual(names(plain).toReversed());
  expect(sorted.rows.toReversed()).toEqual(plain.rows);
  const byParam = await board("--sort", "family,-n_estimators");
  expect(byParam.rows.map(({ params }) => params.n_estimators)).toEqual([undefined, "8", "2"]);
  expect(await board("--sort", "log_loss,family")).toMatchObject({ rankMetric: "log_loss" });
});

test("groups have mean and deviation over all runs that finished", async () => {
  const { groups, rows } = await board("--group-by", "family");
  expect(groups?.map(({ group, runs, finished }) => [group, runs, finished])).toEqual([
    ["random-forest", 4, 4],
    ["baseline", 2, 2],
  ]);
  const forests = rows.filter(({ params }) => params.family === "random-forest");
  const mean = (forests[0]!.metrics.f1_macro!.mean + forests[1]!.metrics.f1_macro!.mean) / 2;
  expect(groups?.[0]?.metrics.f1_macro).toMatchObject({ n: 4, mean: expect.closeTo(mean, 10) });
  expect(await text("--group-by", "family", "--md")).toMatch(/\| random-forest \| 4 \| 4 \| 0\.\d{3} ±0\.\d{3} \|/);
});

test("only what differs is shown, and any column of the runs", async () => {
  const [head] = (await text("--differing", "--csv")).split("\n");
  expect(head).toMatch(/params\.n_estimators/);
  expect(head).not.toMatch(/params\.preparation|params\.class_weight/);
  const wide = (await text("--columns", "name,f1_macro,tags.disease.rank_metric,features,took", "--csv")).split("\n");
  expect(wide[0]).toBe("rank,tied,name,f1_macro,tags.disease.rank_metric,metrics.features,attributes.duration");
  expect(wide[1]).toMatch(/^1,tied,random-forest.*,f1_macro,\d+,[\d.]+$/);
});

test("a view is saved for the project and shown again, with what is asked besides", async () => {
  const saved = await board(
    "--save-view",
    "forests",
    "--filter",
    "params.family = 'random-forest'",
    "--sort",
    "-n_estimators",
  );
  expect(saved.rows).toHaveLength(2);
  expect(existsSync(join(project.root, ".disease", "views.json"))).toBe(true);
  expect(names(await board("--view", "forests"))).toEqual(names(saved));
  expect(names(await board("--view", "forests", "--sort", "n_estimators,f1_macro"))).toEqual(names(saved).toReversed());
  const { code, stderr } = await disease(["exp", "leaderboard", "--view", "forest"], { cwd: project.root });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/no view "forest"[\s\S]*Did you mean "forests"/)]);
  expect(JSON.parse(readFileSync(join(project.root, ".disease", "views.json"), "utf8"))).toMatchObject({
    version: 1,
    views: { forests: { filter: "params.family = 'random-forest'" } },
  });
});

test.each([
  ["--sort", "f1_macro,dept", /no column "dept"/],
  ["--group-by", "famly", /no column "famly"[\s\S]*family/],
  ["--filter", "params.family = ", /ends too early/],
  ["--save-view", "../x", /letters, digits/],
])("%s %s is one clear error", async (flag, value, message) => {
  const { code, stderr } = await disease(["exp", "leaderboard", "grid", "--differing", flag, value], {
    cwd: project.root,
  });
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

/** Writes a metric into the best run, so that another is best. */
async function upset(copy: TestProject, value: number): Promise<void> {
  const store = openEmbeddedStore({ folder: join(copy.root, "mlruns") });
  const run = (await copy.runs("grid")).find(({ params }) => params.family === "baseline")!;
  await store.write(run.info.runId, { metrics: [{ key: "val_f1_macro", value, timestamp: Date.now(), step: 1 }] });
  store.close();
}

test("watched without a terminal, a line of JSON follows each change, and Ctrl-C ends it well", async () => {
  using copy = project.copy();
  const child = spawn(process.execPath, [await built(), "exp", "leaderboard", "grid", "--watch", "--json"], {
    cwd: copy.root,
    env: userEnv(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Leaderboard> => JSON.parse((await lines.next()).value ?? "null");
  expect(names(await next())[0]).toMatch(/^random-forest/);
  await upset(copy, 0.999);
  const after = await next();
  expect(after.rows.find(({ name }) => name.startsWith("baseline"))!.metrics.f1_macro!.mean).toBeGreaterThan(0.5);
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect((await lines.next()).done).toBe(true);
});

test("watched in a terminal, the table is written over itself", async () => {
  using copy = project.copy();
  await using screen = await openScreen(
    ["exp", "leaderboard", "grid", "--watch", "--columns", "name,f1_macro,repeats"],
    {
      cwd: copy.root,
      cols: 100,
      rows: 24,
    },
  );
  await screen.shows(/1 +≈ +random-forest/);
  await upset(copy, 0.999);
  await screen.shows(/baseline +0\.[5-9]/);
  expect(screen.text().match(/f1_macro +n$/gm)).toHaveLength(1);
  screen.press("\x03");
  expect((await screen.ended).exitCode).toBe(0);
});
