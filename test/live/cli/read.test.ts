import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, QUICK, type TestProject } from "../../support/project.ts";

/** Rows of a CSV text (RFC 4180), the first being the header. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\n]*))(,|\n|$)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  return rows.filter((row) => row.length > 1 || row[0] !== "");
}

/** Cells of a Markdown table, the header first. */
function parseMarkdown(text: string): string[][] {
  const lines = text.trim().split("\n");
  expect(lines[1]).toMatch(/^\|( (---|---:) \|)+$/);
  return [lines[0]!, ...lines.slice(2)].map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

const HOSTILE = 'a|b, "c" \x1b[31mred\x1b]0;owned\x07\nnext';

let project: TestProject;
let ids: Record<string, string>;

beforeAll(async () => {
  project = makeProject({
    "experiments/seeds.yaml": `${QUICK.replace("{ baseline: {} }", "{ baseline: {}, random-forest: { n_estimators: [5, 10] } }")}seeds: [1, 2]\n`,
  });
  expect((await disease(["exp", "run", "seeds"], { cwd: project.root })).code).toBe(0);
  const store = openEmbeddedStore({ folder: join(project.root, "mlruns") });
  const { experimentId } = await store.ensureExperiment("from elsewhere");
  const run = await store.createRun({ experimentId, runName: HOSTILE, startTime: 1, tags: { note: "=1+1" } });
  await store.write(run.runId, {
    params: { cmd: HOSTILE },
    metrics: [{ key: "loss", value: Number.NaN, step: 0, timestamp: 1 }],
  });
  store.close();
  ids = Object.fromEntries((await project.runs("seeds")).map((r) => [r.info.runName, r.info.runId]));
  ids.hostile = run.runId;
});
afterAll(() => project[Symbol.dispose]());

const ask = (...args: string[]): Promise<Outcome> => disease(args, { cwd: project.root });
async function json(...args: string[]) {
  const { code, stdout, stderr } = await ask(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}
/** The CSV rows of a command as records. */
async function csv(...args: string[]): Promise<Record<string, string>[]> {
  const { code, stdout, stderr } = await ask(...args, "--csv");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [head, ...rows] = parseCsv(stdout);
  return rows.map((row) => Object.fromEntries(head!.map((key, i) => [key, row[i]!])));
}
const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

test("exp plan shows the data as understood, the split and the trials, and makes no store", async () => {
  using empty = makeProject();
  const cwd = empty.root;
  const view = JSON.parse((await disease(["exp", "plan", "quick", "--json", "--set", "seeds=1,2"], { cwd })).stdout);
  expect(view).toMatchObject({
    experiment: "quick",
    data: { rows: 120, target: "disease" },
    split: { train: 84, validation: 24, test: 12 },
  });
  expect(view.data.classes).toHaveLength(6);
  expect(view.data.columns).toHaveLength(34);
  const [head, ...rows] = parseCsv(
    (await disease(["exp", "plan", "quick", "--csv", "--set", "seeds=1,2"], { cwd })).stdout,
  );
  expect(rows.map((row) => row[head!.indexOf("key")])).toEqual(view.trials.map((t: { key: string }) => t.key));
  const table = (await disease(["exp", "plan", "experiments/quick.yaml"], { cwd })).stdout;
  expect(table).toMatch(/^data\/patients.csv: 120 rows, target disease \(6 classes\)$/m);
  expect(table).toMatch(/^ age +feature +numeric +inferred/m);
  expect(table).toMatch(/^split, seed 1: 84 train, 24 validation, 12 test$/m);
  expect(table).toMatch(/^1 trials?$/m);
  await expect(disease(["exp", "ls"], { cwd })).resolves.toMatchObject({ code: 2 });
});

test("exp ls lists experiments: the same in JSON, CSV and Markdown", async () => {
  const list = await json("exp", "ls");
  expect(list.map((e: { name: string }) => e.name).sort()).toEqual(["Default", "from elsewhere", "seeds"]);
  expect(list.find((e: { name: string }) => e.name === "seeds")).toMatchObject({ runs: 6, sweeps: 1, failed: 0 });
  expect(await csv("exp", "ls")).toEqual(
    list.map((e: object) => Object.fromEntries(Object.entries(e).map(([k, v]) => [k, text(v)]))),
  );
  const [head, ...rows] = parseMarkdown((await ask("exp", "ls", "--md")).stdout);
  expect(head).toEqual(["experiment", "id", "runs", "sweeps", "failed", "last run"]);
  expect(rows.map((row) => row[0])).toEqual(list.map((e: { name: string }) => e.name));
});

test("exp ls NAME lists runs with chosen columns, filtered, sorted and limited", async () => {
  const args = [
    "exp",
    "ls",
    "seeds",
    "--columns",
    "metrics.val_f1_macro,params.family",
    "--sort",
    "metrics.val_f1_macro DESC",
    "--filter",
    "params.family = 'random-forest'",
    "--limit",
    "3",
  ];
  const { runs, more } = await json(...args);
  expect(more).toBe(true);
  expect(runs.map((run: Record<string, unknown>) => run["params.family"])).toEqual(Array(3).fill("random-forest"));
  const scores = runs.map((run: Record<string, number>) => run["metrics.val_f1_macro"]);
  expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
  expect(await csv(...args)).toEqual(
    runs.map((run: object) => Object.fromEntries(Object.entries(run).map(([k, v]) => [k, text(v)]))),
  );
  const [head, ...rows] = parseMarkdown((await ask(...args, "--md")).stdout);
  expect(head).toEqual(["run", "name", "kind", "status", "started", "took", "val_f1_macro", "family"]);
  expect(rows.map((row) => row[0])).toEqual(runs.map((run: { run: string }) => run.run.slice(0, 8)));
  expect((await ask(...args)).stdout).toMatch(/^… more: --limit 30$/m);
  const sweeps = await json("exp", "ls", "--sweeps");
  expect(sweeps.runs.map((run: { kind: string }) => run.kind)).toEqual(["sweep"]);
});

test("exp leaderboard has one row a configuration with mean and spread over the seeds, in every format", async () => {
  const board = await json("exp", "leaderboard", "seeds");
  expect(board.rows.map((row: { rank: number; repeats: number }) => [row.rank, row.repeats])).toEqual([
    [1, 2],
    [2, 2],
    [3, 2],
  ]);
  expect(board.rows[0].metrics.f1_macro).toMatchObject({ mean: expect.any(Number), sd: expect.any(Number), low: null });
  const records = await csv("exp", "leaderboard", "seeds");
  expect(records.map((r) => [r.name, Number(r.f1_macro)])).toEqual(
    board.rows.map((row: { name: string; metrics: { f1_macro: { mean: number } } }) => [
      row.name,
      row.metrics.f1_macro.mean,
    ]),
  );
  const [head, ...rows] = parseMarkdown((await ask("exp", "leaderboard", "--md")).stdout);
  expect(head!.slice(0, 4)).toEqual(["#", "", "trial", "f1_macro"]);
  expect(rows[0]).toEqual(expect.arrayContaining(["1", "≈", board.rows[0].name]));
  expect(rows[0]![3]).toMatch(/^\d\.\d{3} ±\d\.\d{3}$/);
});

test("exp leaderboard takes columns, another metric, a filter and a limit", async () => {
  const args = [
    "exp",
    "leaderboard",
    "seeds",
    "--sort",
    "log_loss",
    "--columns",
    "name,log_loss,params.n_estimators,repeats",
    "--filter",
    "params.family = 'random-forest'",
    "--limit",
    "1",
  ];
  const board = await json(...args);
  expect(board.rankMetric).toBe("log_loss");
  const losses = board.rows.map((row: { metrics: { log_loss: { mean: number } } }) => row.metrics.log_loss.mean);
  expect(losses).toEqual(losses.toSorted((a: number, b: number) => a - b));
  const records = await csv(...args);
  expect(records).toEqual([
    {
      rank: "1",
      tied: "tied",
      name: board.rows[0].name,
      log_loss: String(losses[0]),
      "params.n_estimators": board.rows[0].params.n_estimators,
      repeats: "2",
    },
  ]);
});

test("exp show takes the first digits of a run and shows params, metrics, facts and artifacts", async () => {
  const id = ids["baseline · seed 1"]!;
  const detail = await json("exp", "show", id.slice(0, 12));
  expect(detail).toMatchObject({
    runId: id,
    name: "baseline · seed 1",
    experiment: "seeds",
    status: "finished",
    params: { family: "baseline" },
  });
  expect(detail.artifacts.map((a: { path: string }) => a.path)).toContain("model/model.json");
  const records = await csv("exp", "show", id);
  expect(records).toEqual(
    detail.metrics.map((m: object) => Object.fromEntries(Object.entries(m).map(([k, v]) => [k, text(v)]))),
  );
  const markdown = (await ask("exp", "show", id, "--md")).stdout;
  expect(markdown).toMatch(/^# baseline · seed 1\n/);
  for (const title of ["Parameters", "Metrics (validation, 95 % bootstrap interval)", "Data and code", "Artifacts"])
    expect(markdown).toContain(`\n## ${title}\n`);
});

test("exp diff shows what differs, B - A, and warns when the patients differ", async () => {
  const [a, b] = [ids["random-forest n_estimators=5 · seed 1"]!, ids["random-forest n_estimators=10 · seed 1"]!];
  const diff = await json("exp", "diff", a, b);
  expect(diff.samePatients).toBe(true);
  expect(diff.rows[0]).toEqual({ part: "param", key: "n_estimators", a: "5", b: "10", delta: null });
  for (const row of diff.rows) if (row.delta !== null) expect(row.delta).toBe(row.b - row.a);
  expect(await csv("exp", "diff", a, b)).toEqual(
    diff.rows.map((row: object) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, text(v)]))),
  );
  const other = await ask("exp", "diff", a, ids["baseline · seed 2"]!, "--md");
  expect(parseMarkdown(other.stdout)[0]).toEqual([
    "",
    "key",
    `A ${a.slice(0, 8)}`,
    expect.stringMatching(/^B /),
    "B - A",
  ]);
  expect(other.stderr).toMatch(/^note: .*different patients.*not comparable/m);
  expect((await ask("exp", "diff", a, a)).stdout).toMatch(/^nothing differs$/m);
});

test.each<[what: string, args: string[], error: RegExp]>([
  ["a run that is not there", ["exp", "show", "0000ffff"], /no run begins with "0000ffff"/],
  ["a run that cannot be", ["exp", "show", "best"], /"best" is not a run id/],
  [
    "an experiment that is not there",
    ["exp", "leaderboard", "seed"],
    /no experiment "seed"[\s\S]*Did you mean "seeds"/,
  ],
  [
    "a filter that ends too early",
    ["exp", "ls", "seeds", "--filter", "params.family ="],
    /ends too early\n.*character 16/,
  ],
  [
    "a filter with a wrong word",
    ["exp", "leaderboard", "seeds", "--filter", "family = 'x'"],
    /no attribute "family"\n.*filter "family = 'x'", character 1\n.*params.family/,
  ],
  ["an order by nothing known", ["exp", "ls", "seeds", "--sort", "loss DESC"], /no attribute "loss"/],
  [
    "a metric that is not there",
    ["exp", "leaderboard", "seeds", "--sort", "f1macro"],
    /unknown metric "f1macro"[\s\S]*Did you mean "f1_macro"/,
  ],
  ["a column that is not there", ["exp", "leaderboard", "seeds", "--columns", "f2"], /no column "f2"[\s\S]*f1_macro/],
  ["a sweep that is not there", ["exp", "resume", "0000ffff"], /no sweep "0000ffff"/],
])("%s is one clear error", async (_, args, error) => {
  const { code, stdout, stderr } = await ask(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(error);
});

test("a store without a run is an empty list, and there is nothing to rank", async () => {
  using empty = makeProject();
  openEmbeddedStore({ folder: join(empty.root, "mlruns") }).close();
  const list = await disease(["exp", "ls", "--json"], { cwd: empty.root });
  expect(JSON.parse(list.stdout)).toMatchObject([{ name: "Default", runs: 0, last: null }]);
  const board = await disease(["exp", "leaderboard"], { cwd: empty.root });
  expect(board).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: no trials yet\n[\s\S]*disease exp run/),
  });
});

test("names, params and tags of other programs are shown, not obeyed, in every format", async () => {
  const outputs = await Promise.all(
    [[], ["--md"], ["--csv"], ["--json"]].flatMap((format) => [
      ask("exp", "ls", "from elsewhere", "--columns", "params.cmd,tags.note,metrics.loss", ...format),
      ask("exp", "show", ids.hostile!, ...format),
      ask("exp", "diff", ids.hostile!, ids["baseline · seed 1"]!, ...format),
    ]),
  );
  for (const { code, stdout } of outputs) {
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  }
  const [list] = await csv("exp", "ls", "from elsewhere", "--columns", "tags.note");
  expect(list).toMatchObject({
    name: HOSTILE.replaceAll("\x1b", "\\u001b").replaceAll("\x07", "\\u0007"),
    "tags.note": "'=1+1",
  });
  expect((await json("exp", "ls", "from elsewhere")).runs[0].name).toBe(HOSTILE);
});

test("the project is found from a folder in it, by --project and by DISEASE_PROJECT", async () => {
  const deep = join(project.root, "data", "deep");
  mkdirSync(deep, { recursive: true });
  const here = (await ask("exp", "ls")).stdout;
  expect((await disease(["exp", "ls"], { cwd: deep })).stdout).toBe(here);
  using other = makeProject();
  expect((await disease(["exp", "ls", "--project", project.root], { cwd: other.root })).stdout).toBe(here);
  expect((await disease(["exp", "ls"], { cwd: other.root, env: { DISEASE_PROJECT: project.root } })).stdout).toBe(here);
});
