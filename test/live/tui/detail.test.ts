import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Leaderboard } from "../../../src/app.ts";
import type { TrackingStore } from "../../../src/core/store.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";
import { addRuns } from "../../support/board.ts";
import { disease } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { quickstart } from "../../support/quickstart.ts";
import { Key, type LiveScreen, openScreen, type ScreenOptions } from "../../support/screen.ts";

let project: TestProject;
let ranked: Leaderboard;

beforeAll(async () => {
  project = await quickstart("1,2");
  const { stdout } = await disease(["exp", "leaderboard", "quickstart", "--json"], { cwd: project.root });
  ranked = JSON.parse(stdout) as Leaderboard;
});
afterAll(() => project[Symbol.dispose]());

async function board(options: Partial<ScreenOptions> = {}, args: readonly string[] = []): Promise<LiveScreen> {
  const screen = await openScreen(["board", "quickstart", ...args], { cwd: project.root, ...options });
  await screen.shows(/live/);
  return screen;
}

/** The detail of the one run that a filter finds. */
async function detail(filter: string, options: Partial<ScreenOptions> = {}): Promise<LiveScreen> {
  const screen = await board(options, ["--filter", filter, "--sort", "name"]);
  screen.press(Key.enter);
  await screen.shows(/^ 1 Overview/m);
  return screen;
}

const run = (name: string): string => `run_name = '${name}'`;
const XGBOOST = run("xgboost max_depth=4 · seed 1");
const LOGISTIC = run("logistic C=10 · seed 2");

/** Opens a file of the tree. */
async function openFile(screen: LiveScreen, name: string): Promise<void> {
  const selected = (): string => screen.rows().find((row) => row.startsWith("❯")) ?? "";
  await screen.shows(/^❯/m);
  while (!selected().includes(name)) {
    const before = selected();
    screen.press("j");
    await screen.shows(() => selected() !== "" && selected() !== before);
  }
  screen.press(Key.enter);
}

/** Where a run's files are. */
function filesOf(name: string): Promise<string> {
  return project.reading(async (store) => {
    const page = await store.searchRuns({
      experimentIds: (await store.listExperiments()).map(({ experimentId }) => experimentId),
      filter: run(name),
      columns: { metrics: [], params: [], tags: [] },
    });
    return (await store.localArtifacts(page.items[0]!.info.runId))!;
  });
}

async function writing<T>(action: (store: TrackingStore) => Promise<T>): Promise<T> {
  const store = openEmbeddedStore({ folder: join(project.root, "mlruns") });
  try {
    return await action(store);
  } finally {
    store.close();
  }
}

const SIZES = [
  { cols: 80, rows: 24 },
  { cols: 120, rows: 40 },
];

describe("the board of one experiment", () => {
  test("begins as its leaderboard: the same lines in the same order, the same ties", async () => {
    await using screen = await board();
    await screen.shows("best f1_macro first");
    await screen.shows(/^ {2}★|^❯ ★/m);
    const lines = screen.rows().slice(2, 2 + ranked.rows.length);
    lines.forEach((line, i) => {
      const { name, tied } = ranked.rows[i]!;
      expect(line).toContain(`▸ ${name} (2)`);
      expect(line[2]).toBe(i === 0 ? "★" : tied ? "≈" : " ");
    });
    const { mean } = ranked.rows.at(-1)!.metrics.f1_macro!;
    expect(lines.at(-1)).toContain(mean.toFixed(4));
  });

  test("w shows single runs, then sweeps, then configurations again", async () => {
    await using screen = await board();
    await screen.shows("by configuration");
    screen.press("w");
    await screen.shows(/^ {5}.* · seed 2/m);
    screen.press("w");
    await screen.shows(/▸ sweep .* \(22\)/);
    screen.press("w");
    await screen.shows("by configuration");
  });

  test("several experiments are newest first, and it says how to come to a leaderboard", async () => {
    const copy = project.copy();
    await addRuns(copy.root, [{ name: "other", tags: { "disease.kind": "trial" } }], "other");
    await using screen = await openScreen(["board"], { cwd: copy.root });
    await screen.shows(/live/);
    await screen.shows("newest first; a leaderboard of one: disease board EXPERIMENT");
    copy[Symbol.dispose]();
  });
});

describe.each(SIZES)("detail at $cols × $rows", (size) => {
  test("the overview: state, the metric that ranks, intervals, params", async () => {
    await using screen = await detail(LOGISTIC, size);
    expect(screen.rows()[0]).toMatch(/^logistic C=10 · seed 2 {2}[0-9a-f]{8} {2}finished/);
    expect(screen.text()).toMatch(/✓ finished {2}began/);
    expect(screen.text()).toMatch(/★ val_f1_macro +[\d.]+ +\[[\d.]+, [\d.]+\]/);
    screen.press("G");
    await screen.shows(/max_iter +1000/);
    expect(screen.rows()).toHaveLength(size.rows);
  });

  test("learning curves: two lines with what they end at; L makes the axis logarithmic", async () => {
    await using screen = await detail(XGBOOST, size);
    screen.press("2");
    await screen.shows(/^log loss {2}\(linear\)/m);
    expect(screen.text()).toMatch(/── validation 0\.\d+ at 100.*╌╌ training 0\.\d+ at 100/);
    expect(screen.text()).toMatch(/[⠀-⣿]{5}/u);
    screen.press("L");
    await screen.shows(/\(logarithmic\)/);
    await screen.shows(/0\.1┤/);
  });

  test("the confusion matrix: names, counts, the cell under the cursor in words", async () => {
    await using screen = await detail(LOGISTIC, size);
    screen.press("3");
    await screen.shows(/^1 chronic_dermatitis +10█/m);
    expect(screen.text()).toContain("10 of 10 chronic_dermatitis (100 %) are found");
    screen.press("jjjj", "l");
    await screen.shows(/of 22 psoriasis \(\d+ %\) are taken for lichen_planus/);
  });

  test("classes by their worst recall, reliability with the numbers of patients, importances, facts", async () => {
    await using screen = await detail(LOGISTIC, size);
    screen.press("4");
    await screen.shows(/macro average/);
    const recalls = screen.rows().flatMap((row) => /^ {2}[a-z_]+ +\d+ +[\d.]+ +([\d.]+) /.exec(row)?.[1] ?? []);
    expect(recalls.length).toBe(6);
    expect(recalls).toEqual(recalls.toSorted());
    expect(screen.text()).toMatch(/pityriasis_rubra_pilaris .*orphan$/m);
    screen.press("5");
    await screen.shows(/ECE 0\.\d+, 72 patients in 15 bins/);
    expect(screen.text()).toMatch(/●/);
    screen.press("6");
    await screen.shows(/35 features, mean absolute coefficient/);
    expect(screen.text()).toMatch(/^ 1 \w+ +█+ +\d/m);
    screen.press("8");
    await screen.shows(/data hash +[0-9a-f]{32}/);
    expect(screen.text()).toMatch(/git commit +none: the project is no git checkout/);
  });

  test("files: a tree, tables and texts in place, images by their path", async () => {
    await using screen = await detail(LOGISTIC, size);
    screen.press("7");
    await screen.shows("▾ charts/");
    await openFile(screen, "feature_importance.csv");
    await screen.shows(/^feature +mean absolute coefficient/m);
    expect(screen.text()).toMatch(/^\w+ +0\.\d+$/m);
    screen.press(Key.escape, "g");
    await openFile(screen, "confusion_matrix.png");
    await screen.shows(/charts\/confusion_matrix\.png {2}\d/);
    await screen.shows(/\/disease-cli-.*\/mlruns\/artifacts\//);
    screen.press("y");
    await screen.shows(/copied: .*\/mlruns\//);
    const [, copied] = /\x1b\]52;c;([A-Za-z0-9+/=]+)\x07/.exec(screen.output()) ?? [];
    expect(Buffer.from(copied!, "base64").toString()).toBe(
      join(await filesOf("logistic C=10 · seed 2"), "charts", "confusion_matrix.png"),
    );
  });
});

test("repeats are shown together as mean ± sd, then one by one; Esc comes back to the line", async () => {
  await using screen = await board();
  await screen.shows("by configuration");
  screen.press("j", Key.enter);
  await screen.shows(/2 runs: 2 finished/);
  expect(screen.rows()[0]).toContain(ranked.rows[1]!.name);
  expect(screen.text()).toMatch(/★ val_f1_macro +[\d.]+ ± [\d.]+ +[\d.]+ … /);
  screen.press("3");
  await screen.shows("of the first of 2 runs; n shows one after the other");
  screen.press("1", "n");
  await screen.shows(/seed 1 .*run 1 of 2/);
  screen.press("n");
  await screen.shows(/seed 2 .*run 2 of 2/);
  screen.press("n");
  await screen.shows(/2 runs: 2 finished/);
  screen.press("]");
  await screen.shows((text) => text.startsWith(ranked.rows[2]!.name));
  screen.press("[", "[");
  await screen.shows((text) => text.startsWith(ranked.rows[0]!.name));
  screen.press("[");
  await screen.shows("the first line of the table");
  screen.press(Key.escape);
  await screen.shows(/^1\/11 /m);
});

test("curves of marked runs lie over each other, each with its letter", async () => {
  await using screen = await board({}, [
    "--filter",
    "params.family = 'xgboost' and params.seed = '1'",
    "--sort",
    "name",
  ]);
  screen.press("mm", Key.enter, "2");
  await screen.shows(/^A xgboost max_depth=6 .*validation/m);
  await screen.shows(/^B xgboost max_depth=3 .*validation/m);
  await screen.shows(/^C xgboost max_depth=4 .*validation/m);
  const plot = screen.rows().slice(2, 30).join("\n");
  for (const letter of ["A", "B", "C"]) expect(plot).toMatch(new RegExp(`[⠀-⣿]${letter}|${letter}[⠀-⣿]`, "u"));
  expect(screen.text()).toContain("2 marked over it");
});

test("without colour the matrix has no colours and says all", async () => {
  await using screen = await detail(LOGISTIC, { env: { NO_COLOR: "1" } });
  screen.press("3", "j");
  await screen.shows(/^1 chronic_dermatitis +10█/m);
  const y = screen.find(/^1 chronic_dermatitis/);
  const x = screen.rows()[y]!.indexOf("10█");
  expect(screen.cell(x, y)).toMatchObject({ colour: "default", background: "default" });
});

test("the curve of a run that goes on grows by itself, and its end is seen", async () => {
  const { runId } = await writing(async (store) => {
    const { experimentId } = await store.ensureExperiment("quickstart");
    const tags = { "disease.kind": "trial", "disease.trial_key": "growing", "disease.config_key": "growing" };
    return store.createRun({ experimentId, runName: "growing", startTime: Date.now(), tags });
  });
  const round = (step: number): Promise<void> =>
    writing((store) =>
      store.write(runId, {
        metrics: ["train", "val"].map((part) => ({
          key: `curve_${part}_log_loss`,
          value: 1 / step,
          timestamp: Date.now(),
          step,
        })),
      }),
    );
  await round(1);
  await round(2);
  await using screen = await detail(run("growing"));
  screen.press("2");
  await screen.shows(/▶ ── validation 0\.5000 at 2/);
  await round(3);
  await round(4);
  await screen.shows(/validation 0\.2500 at 4/);
  screen.press("4");
  await screen.shows("The run is running: such files are written when a trial finishes.");
  await writing((store) => store.write(runId, { status: "KILLED", endTime: Date.now() }));
  await screen.shows("The run is killed: such files are written when a trial finishes.");
  await writing((store) => store.deleteRun(runId));
});

test("of a file of 500 MB the begin is shown; hostile content and names are made visible", async () => {
  const folder = await filesOf("baseline · seed 1");
  const large = (name: string, line: string): void => {
    writeFileSync(join(folder, name), line.repeat(60_000));
    truncateSync(join(folder, name), 500 << 20);
  };
  large("huge.csv", "patient,score\n");
  large("log.txt", "line 1\n");
  appendFileSync(join(folder, "notes\x1b[2J.txt"), "title\x1b]0;stolen\x07 niño 発熱\n");
  await using screen = await detail(run("baseline · seed 1"));
  screen.press("7");
  await screen.shows("huge.csv");
  expect(screen.text()).toContain("notes\\u001b[2J.txt");
  await openFile(screen, "huge.csv");
  await screen.shows(/^patient +score$/m);
  screen.press("G");
  await screen.shows("… the first 5,000 rows");
  screen.press(Key.escape, "g");
  await openFile(screen, "log.txt");
  await screen.shows(/^line 1$/m);
  screen.press("G");
  await screen.shows("… the first 256.0 KiB of 500.0 MiB; o opens all of it");
  screen.press(Key.escape, "g");
  await openFile(screen, "notes");
  await screen.shows("title\\u001b]0;stolen\\u0007 niño 発熱");
});

test("a file that cannot be read is told in its place, keys go on, r tries again", async () => {
  const name = "random-forest min_samples_leaf=3 · seed 2";
  const file = join(await filesOf(name), "predictions", "validation.npy");
  writeFileSync(file, "no array");
  await using screen = await detail(run(name));
  screen.press("3");
  await screen.shows("✗ not an .npy file");
  await screen.shows("r tries again.");
  screen.press("4");
  await screen.shows("macro average");
});

test("a run that ranks cases shows its rankings in both settings, and says what it has not", async () => {
  const cases = {
    "disease.input": "cases",
    "disease.kind": "trial",
    "disease.trial_key": "k",
    "disease.config_key": "k",
  };
  const metrics = {
    val_top1: 0.31,
    val_top10: 0.55,
    val_solved_0_top1: 0.12,
    val_solved_5_19_top1: 0.62,
    val_top1_all_annotations: 0.74,
  };
  await addRuns(project.root, [{ name: "cosine", tags: cases, metrics }], "ranking");
  await using screen = await openScreen(["board", "ranking"], { cwd: project.root, cols: 80, rows: 24 });
  await screen.shows(/live/);
  screen.press(Key.enter);
  await screen.shows(/3 Rankings/);
  screen.press("3");
  await screen.shows(/all cases +0\.3100 +– +0\.5500/);
  expect(screen.text()).toMatch(/diseases without a solved case +0\.1200/);
  expect(screen.text()).toMatch(/with 5 to 19 +0\.6200/);
  expect(screen.text()).toMatch(/All annotations[\s\S]*all cases +0\.7400/);
  expect(screen.text()).toContain("A ranking has no confusion matrix");
  screen.press("4");
  await screen.shows("a ranking has no such table");
  screen.press("5");
  await screen.shows("The run keeps no predictions");
});
