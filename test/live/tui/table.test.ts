import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addRuns, trials } from "../../support/board.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { Key, type LiveScreen, openScreen } from "../../support/screen.ts";

const N = 300;
let project: TestProject;

beforeAll(async () => {
  project = makeProject();
  await addRuns(project.root, trials(N));
});
afterAll(() => project[Symbol.dispose]());

async function board(size: { cols?: number; rows?: number } = {}, args: readonly string[] = []): Promise<LiveScreen> {
  const screen = await openScreen(["board", "skin", ...args], { cwd: project.root, ...size });
  await screen.shows(/live/);
  return screen;
}

const selected = (screen: LiveScreen): string => screen.rows().find((row) => row.startsWith("❯")) ?? "";
const names = (screen: LiveScreen): string[] =>
  screen.rows().flatMap((row) => /(?:xgboost|gbm|random-forest|logistic|mlp)-\d+/.exec(row)?.[0] ?? []);
/** Names in the order of f1_macro, best first; failed ones have a value too. */
const byScore = trials(N)
  .toSorted((a, b) => b.metrics!.val_f1_macro! - a.metrics!.val_f1_macro!)
  .map(({ name }) => name);

describe.each([
  { cols: 80, rows: 24 },
  { cols: 120, rows: 40 },
  { cols: 300, rows: 100 },
])("$cols × $rows", ({ cols, rows }) => {
  test("the newest runs, what they scored, and the keys", async () => {
    await using screen = await board({ cols, rows });
    const lines = screen.rows();
    expect(lines[0]).toMatch(/^skin {2}300 runs .* live$/);
    expect(lines[1]).toMatch(/^ {5}name .*f1_macro/);
    expect(lines[2]).toMatch(/^❯ {4}mlp-299 /);
    expect(names(screen)).toEqual(
      trials(N)
        .map(({ name }) => name)
        .toReversed()
        .slice(0, rows - 4),
    );
    expect(lines[rows - 2]).toMatch(/^1\/300 {2}newest first/);
    expect(lines[rows - 1]).toMatch(/^s sort {2}f filter .* \? help {2}q quit$/);
    expect(lines).toHaveLength(rows);
  });

  test("moves by line, half a screen, a screen, to both ends", async () => {
    await using screen = await board({ cols, rows });
    const seen = rows - 4;
    for (const [key, line] of [
      ["j", 2],
      ["jjj", 5],
      ["k", 4],
      [Key.ctrl("d"), 4 + Math.ceil(seen / 2)],
      [Key.ctrl("u"), 4],
      [Key.pageDown, 4 + seen],
      ["G", N],
      [Key.up, N - 1],
      ["g", 1],
      ["k", 1],
    ] as const) {
      screen.press(key);
      await screen.shows(new RegExp(`^${line}/300 `, "m"));
      await screen.shows(() => selected(screen).includes(trials(N)[N - line]!.name));
    }
  });

  test("sorts by the column it is on, the other way round, and by a second one", async () => {
    await using screen = await board({ cols, rows });
    screen.press("ll");
    screen.press("s");
    await screen.shows("f1_macro▼");
    expect(names(screen)).toEqual(byScore.slice(0, rows - 4));
    screen.press("s");
    await screen.shows("f1_macro▲");
    expect(names(screen)).toEqual(byScore.toReversed().slice(0, rows - 4));
    screen.press("hS");
    await screen.shows(/sort f1_macro ↑, status ↑/);
  });
});

test("marks stay with their runs when the order changes", async () => {
  await using screen = await board();
  screen.press("mjm");
  await screen.shows("● 2 marked");
  expect(screen.find(/^ ● {3}mlp-299 /)).toBe(2);
  screen.press("G");
  await screen.shows(/^300\/300/m);
  screen.press("0", "s");
  await screen.shows("name▲");
  screen.press("/mlp-299", Key.enter);
  await screen.shows(() => /^❯● {3}mlp-299 /.test(selected(screen)));
});

test("failed runs are told by a sign and in words, the reason below", async () => {
  await using screen = await board({}, ["--filter", "status = 'FAILED'"]);
  await screen.shows(/6 of 300 runs/);
  const line = screen.rows()[2]!;
  expect(line).toMatch(/^❯ {2}✗ random-forest-257 .*/);
  expect(screen.rows().at(-2)).toContain("✗ out of memory");
  screen.press("f", Key.ctrl("u"), Key.enter);
  await screen.shows(/^skin {2}300 runs/m);
  screen.press("/random-forest-257", Key.enter);
  await screen.shows(() => /^❯ {2}✗ random-forest-257 +FAILED /.test(selected(screen)));
});

describe("filter", () => {
  test("a draft changes nothing, a mistake is shown at its place, Enter applies", async () => {
    await using screen = await board();
    screen.press("f", "metrics.val_f1_macro >");
    await screen.shows(/filter metrics\.val_f1_macro >/);
    await screen.shows(/^ +\^ /m);
    const caret = screen.rows().find((row) => /^ +\^ /.test(row))!;
    expect(caret.indexOf("^")).toBe("filter metrics.val_f1_macro >".length);
    screen.press(Key.enter); // not with a mistake in it
    screen.press(" 0.9");
    await screen.shows("draft; Enter applies it");
    expect(screen.rows()[0]).toMatch(/^skin {2}300 runs {2}.*live$/);
    screen.press(Key.enter);
    await screen.shows(/29 of 300 runs {2}filter metrics\.val_f1_macro > 0\.9/);
    screen.press(Key.escape);
    await screen.shows(/^skin {2}300 runs/m);
  });

  test("names and values are completed", async () => {
    await using screen = await board();
    screen.press("f", "fam");
    await screen.shows("params.family");
    screen.press(Key.tab, " = '", "gb");
    await screen.shows(/filter params\.family = 'gb/);
    screen.press(Key.tab);
    await screen.shows("filter params.family = 'gbm'");
    screen.press(Key.enter);
    await screen.shows(/60 of 300 runs/);
    expect(new Set(names(screen).map((name) => name.split("-")[0]))).toEqual(new Set(["gbm"]));
  });

  test("Escape leaves what was", async () => {
    await using screen = await board({}, ["--filter", "params.depth = '3'"]);
    await screen.shows(/43 of 300 runs/);
    screen.press("f", " and nonsense", Key.escape);
    await screen.shows((text) => !text.includes("nonsense"));
    expect(screen.rows()[0]).toContain("43 of 300 runs");
  });

  test("a paste goes into the line, its line breaks as spaces, and presses no key", async () => {
    await using screen = await board();
    screen.press("f", "\x1b[200~params.depth\r= '3'\x1b[201~");
    await screen.shows("filter params.depth = '3'");
    await screen.shows("draft; Enter applies it");
    expect(screen.rows()[0]).toMatch(/^skin {2}300 runs /);
  });
});

describe("search", () => {
  test("goes to the run while it is typed, n and N to the others, Escape back", async () => {
    await using screen = await board();
    screen.press("/xgboost-11");
    await screen.shows(() => selected(screen).includes("xgboost-115 "));
    screen.press(Key.enter, "n");
    await screen.shows(() => selected(screen).includes("xgboost-110 "));
    screen.press("N");
    await screen.shows(() => selected(screen).includes("xgboost-115 "));
    screen.press("/xgboost-20");
    await screen.shows(() => selected(screen).includes("xgboost-20 "));
    screen.press(Key.escape);
    await screen.shows(() => selected(screen).includes("xgboost-115 "));
  });

  test("says when there is nothing", async () => {
    await using screen = await board();
    screen.press("/zzz");
    await screen.shows("nothing found: zzz");
    expect(selected(screen)).toContain("mlp-299");
  });
});

test("groups show means and open", async () => {
  await using screen = await board({}, ["--group-by", "family"]);
  await screen.shows("▸ mlp (60)");
  expect(screen.rows()[0]).toContain("by family");
  expect(screen.rows()[screen.find("▸ gbm (60)")]).toMatch(/0\.\d+ ± 0\.\d+/);
  screen.press(" ");
  await screen.shows("▾ mlp (60)");
  expect(screen.rows()[3]).toContain("mlp-299");
  screen.press("j", " "); // a run of it folds it too
  await screen.shows("▸ mlp (60)");
});

describe("columns", () => {
  test("are hidden, moved, pinned and widened, and come back", async () => {
    await using screen = await board();
    screen.press("c");
    await screen.shows(/Columns: \d+ of \d+/);
    screen.press("/log_loss", Key.enter, " ");
    await screen.shows(/❯ \[x\] .*val_log_loss/);
    screen.press("p");
    await screen.shows(/❯ \[x\] pinned .*val_log_loss/);
    expect(screen.rows()[1]).toMatch(/^ {5}name +log_loss +/);
    screen.press(Key.escape);
    await screen.shows((text) => !text.includes("Columns:"));
    screen.press("c", "x", Key.escape);
    await screen.shows((text) => !/^ {5}name +log_loss/m.test(text));
  });

  test("that are all alike go by d, and come back", async () => {
    await using screen = await board({ cols: 200 }, ["--filter", "params.family = 'gbm'"]);
    await screen.shows(/60 of 300/);
    expect(screen.rows()[1]).toContain("family");
    screen.press("d");
    await screen.shows(/differing columns/);
    expect(screen.rows()[1]).not.toContain("family");
  });

  test("more than fit are reached sideways; the name stays", async () => {
    await using screen = await board({ cols: 80 });
    expect(screen.rows()[1]).toMatch(/›$/);
    screen.press("$");
    await screen.shows((text) => text.includes("‹"));
    expect(screen.rows()[1]).toMatch(/^ {5}name +‹.*took/);
    screen.press("0");
    await screen.shows((text) => !text.includes("‹"));
  });
});

test("views are saved for the project, and taken by the next board", async () => {
  await using screen = await board();
  screen.press("ll", "s", "vs");
  await screen.shows("save this view as");
  screen.press("mejor", Key.enter);
  await screen.shows("saved as mejor");
  screen.press(Key.escape, "q");
  await screen.ended;
  await using second = await board({}, ["--view", "mejor"]);
  await second.shows("f1_macro▼");
  expect(names(second)[0]).toBe(byScore[0]);
});

test("y puts the command that does the same on the clipboard", async () => {
  await using screen = await board({ cols: 160 }, ["--filter", "params.depth = '3'", "--sort", "f1_macro"]);
  await screen.shows(/43 of 300/);
  screen.press("y");
  await screen.shows("copied: disease board skin --filter");
  const [, copied] = /\x1b\]52;c;([^\x07]*)\x07/.exec(screen.output())!;
  expect(Buffer.from(copied!, "base64").toString()).toBe(
    String.raw`disease board skin --filter 'params.depth = '\''3'\''' --sort 'metrics.val_f1_macro DESC'`,
  );
});

test("the mouse selects, sorts and scrolls", async () => {
  await using screen = await board();
  screen.click(20, 6);
  await screen.shows(/^5\/300/m);
  expect(selected(screen)).toContain("xgboost-295");
  screen.click(screen.rows()[1]!.indexOf("f1_macro") + 2, 1);
  await screen.shows("f1_macro▼");
  screen.press("g");
  screen.wheel(10, 10, 2);
  await screen.shows(() => names(screen)[0] === byScore[6]);
});

test("? lists every key of the screen from the one table", async () => {
  await using screen = await board({ cols: 160, rows: 60 });
  screen.press("?");
  await screen.shows("Keys of this screen");
  for (const what of ["half a screen down", "sort by this column", "copy the command", "to the shell; fg comes back"]) {
    expect(screen.text()).toContain(what);
  }
  screen.press("q");
  await screen.shows(/^❯ /m);
});
