import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addRuns, trials } from "../../support/board.ts";
import { built, disease } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { Key, type LiveScreen, openScreen, type ScreenOptions } from "../../support/screen.ts";

let project: TestProject;

beforeAll(async () => {
  project = makeProject();
  await addRuns(project.root, trials(120));
});
afterAll(() => project[Symbol.dispose]());

async function board(options: Partial<ScreenOptions> = {}, args: readonly string[] = []): Promise<LiveScreen> {
  const screen = await openScreen(["board", ...args], { cwd: project.root, ...options });
  await screen.shows(/live/);
  return screen;
}

const GIVEN_BACK = { alternate: false, mouse: "none", paste: false, cursor: true };

describe("the terminal is given back", () => {
  test("by q, and what was there before is there again", async () => {
    const shell = ["bash", "-c", 'echo "before"; "$@"; echo "after $?"', "bash", process.execPath, await built()];
    await using screen = await board({ command: shell });
    expect(screen.modes()).toEqual({ alternate: true, mouse: "vt200", paste: true, cursor: false });
    screen.press("q");
    await screen.ended;
    expect(screen.modes()).toEqual(GIVEN_BACK);
    expect(screen.rows().slice(0, 2)).toEqual(["before", "after 0"]);
  });

  test.each(["SIGTERM", "SIGINT", "SIGQUIT"] as const)(
    "by %s, which ends it as it would any program",
    async (signal) => {
      await using screen = await board();
      process.kill(screen.pid, signal);
      const { signal: number } = await screen.ended;
      expect(number).toBe({ SIGTERM: 15, SIGINT: 2, SIGQUIT: 3 }[signal]);
      expect(screen.modes()).toEqual(GIVEN_BACK);
    },
  );

  test("by Ctrl-C", async () => {
    await using screen = await board();
    screen.press(Key.ctrl("c"));
    expect((await screen.ended).exitCode).toBe(0);
    expect(screen.modes()).toEqual(GIVEN_BACK);
  });

  test("by a fault anywhere in the program, and the fault is told", async () => {
    const fault = "setTimeout(() => { throw new Error('planted fault'); }, 4000)";
    const command = [process.execPath, "--import", `data:text/javascript,${encodeURIComponent(fault)}`, await built()];
    await using screen = await board({ command });
    const { exitCode } = await screen.ended;
    expect(exitCode).not.toBe(0);
    expect(screen.modes()).toEqual(GIVEN_BACK);
    expect(screen.text()).toContain("planted fault");
  });

  test("when the window closes the program ends", async () => {
    const screen = await board();
    screen.close();
    await screen.ended;
  });
});

test("Ctrl-Z goes to the shell, fg comes back to the same screen", async () => {
  const shell = ["bash", "--norc", "-i"];
  await using screen = await openScreen([], { cwd: project.root, command: shell, env: { PS1: "shell> " } });
  await screen.shows(/^shell>$/m);
  screen.press(`${process.execPath} ${await built()} board\r`);
  await screen.shows(/live/);
  screen.press("jj");
  await screen.shows(/^3\/120/m);
  const before = screen.rows();
  screen.press(Key.ctrl("z"));
  await screen.shows(/Stopped/);
  expect(screen.modes()).toMatchObject({ alternate: false, mouse: "none", cursor: true });
  screen.press("fg\r");
  await screen.shows(/^3\/120/m);
  expect(screen.rows()).toEqual(before);
  expect(screen.modes()).toMatchObject({ alternate: true, mouse: "vt200" });
  screen.press("j");
  await screen.shows(/^4\/120/m);
  screen.press("q");
  await screen.shows(/shell>\n*$/);
});

describe("without somebody to press keys the leaderboard is printed once", () => {
  test.each([
    ["TERM=dumb", { TERM: "dumb" }],
    ["CI", { CI: "1" }],
  ])("with %s", async (_, env) => {
    await using screen = await openScreen(["board", "skin"], { cwd: project.root, env, cols: 160 });
    expect((await screen.ended).exitCode).toBe(0);
    expect(screen.output()).not.toContain("\x1b[?1049h");
    expect(stripVTControlCharacters(screen.output())).toMatch(/^ +# +trial +f1_macro/m);
  });

  test("with a closed stdin, or a pipe", async () => {
    const command = ["bash", "-c", '"$@" <&-', "bash", process.execPath, await built()];
    await using screen = await openScreen(["board", "skin"], { cwd: project.root, command, cols: 160 });
    expect((await screen.ended).exitCode).toBe(0);
    expect(stripVTControlCharacters(screen.output())).toMatch(/^ +# +trial +f1_macro/m);
    const { stdout, code } = await disease(["board", "skin", "--json"], { cwd: project.root });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)[0].rows.length).toBeGreaterThan(10);
  });
});

test("NO_COLOR: not one colour, and the selection is still seen", async () => {
  await using screen = await board({ env: { NO_COLOR: "1" } });
  screen.press("jsm");
  await screen.shows("● 1 marked");
  const looks = [...screen.output().matchAll(/\x1b\[([\d;]*)m/g)].flatMap(([, codes]) => codes!.split(";").map(Number));
  expect([...new Set(looks)].filter((code) => code >= 30 && code !== 39)).toEqual([]);
  const y = screen.rows().findIndex((row) => row.startsWith("❯"));
  expect(screen.cell(6, y).inverse).toBe(true);
});

test("themes change with t, colours with them", async () => {
  await using screen = await board();
  const fresh = (): string => screen.cell(screen.rows()[0]!.lastIndexOf("live"), 0).colour;
  expect(fresh()).toBe("palette 114");
  for (const [theme, colour] of [
    ["light", "palette 28"],
    ["colour-blind", "palette 74"],
    ["none", "default"],
    ["dark", "palette 114"],
  ] as const) {
    screen.press("t");
    await screen.shows(`theme: ${theme}`);
    expect(fresh()).toBe(colour);
  }
});

test("every size is filled, the selection stays, and a small window says so", async () => {
  await using screen = await board({ cols: 120, rows: 40 });
  screen.press("G");
  await screen.shows(/^120\/120/m);
  for (const [cols, rows] of [
    [80, 24],
    [300, 100],
    [60, 12],
    [120, 40],
  ] as const) {
    screen.resize(cols, rows);
    await screen.shows(
      () =>
        screen.rows()[rows - 1]?.endsWith("q quit") === true &&
        screen.rows()[0]!.length === cols &&
        screen.rows()[rows - 2]?.startsWith("120/120") === true,
    );
    expect(screen.rows().some((row) => row.startsWith("❯    xgboost-0"))).toBe(true);
  }
  screen.resize(40, 8);
  await screen.shows("The board needs 50×10.");
  expect(screen.text()).not.toContain("xgboost");
  screen.resize(100, 30);
  await screen.shows(/^120\/120/m);
});

test("names with escape codes are text, wide ones take their room, accents theirs", async () => {
  using other = makeProject();
  await addRuns(other.root, [
    { name: "plain", metrics: { val_f1_macro: 0.5 } },
    { name: "evil\x1b[2J\x1b]0;title\x07\x1b[999;999H", metrics: { val_f1_macro: 0.5 } },
    { name: "médico niño", metrics: { val_f1_macro: 0.5 } },
    { name: "東京大学 🧬", metrics: { val_f1_macro: 0.5 } },
    { name: "\u202edesrever", metrics: { val_f1_macro: 0.25 } },
  ]);
  await using screen = await openScreen(["board"], { cwd: other.root, cols: 110, rows: 24 });
  await screen.shows(/5 runs .*live/);
  const column = screen.rows()[1]!.indexOf("f1_macro");
  expect(screen.find(String.raw`evil\u001b[2J\u001b]0;title\u0007`)).toBeGreaterThan(0);
  expect(screen.find("\\u202edesrever")).toBeGreaterThan(0);
  expect(screen.find("médico niño")).toBeGreaterThan(0);
  for (const y of [2, 3, 4, 5, 6]) {
    const digits = Array.from({ length: 8 }, (_, i) => screen.cell(column + i, y).text)
      .join("")
      .trim();
    expect(digits).toMatch(/^0\.(50|25)00$/);
  }
  expect(screen.output().match(/\x1b\[2J/g)).toHaveLength(1); // our own, before the first frame
});

test("frames are small, whole, and never clear the screen", async () => {
  await using screen = await board({ cols: 120, rows: 40 });
  const before = screen.output().length;
  for (let i = 0; i < 30; i++) {
    screen.press("j");
    await screen.shows(new RegExp(`^${i + 2}/120 `, "m"));
  }
  const written = screen.output().slice(before);
  expect(written.length / 30).toBeLessThan(1500);
  expect(written).not.toMatch(/\x1b\[[23]?J/);
  const frames = written.split("\x1b[?2026h").slice(1);
  for (const frame of frames) expect(frame).toMatch(/\x1b\[\?2026l$/);
});

test.each([
  ["a page", [Key.pageDown, Key.pageUp], 12_000],
  ["another order", ["s"], 12_000],
])("%s writes no more than the screen once, and never clears it", async (_, keys, most) => {
  await using screen = await board({ cols: 120, rows: 40 });
  screen.press("ll");
  for (let i = 0; i < 12; i++) {
    const before = screen.output().length;
    const shown = screen.text();
    screen.press(keys[i % keys.length]!);
    await screen.shows((text) => text !== shown);
    const written = screen.output().slice(before);
    expect(written.length).toBeLessThan(most);
    expect(written).not.toMatch(/\x1b\[[23]?J/);
  }
});

test("an empty project says how to begin, and its first run appears by itself", async () => {
  using empty = makeProject();
  await using screen = await openScreen(["board"], { cwd: empty.root });
  await screen.shows("disease exp run quickstart");
  await screen.shows("no store yet");
  await addRuns(empty.root, trials(3));
  await screen.shows("random-forest-2");
  await screen.shows(/3 runs .*live/);
});

test("runs of others appear, those that end change, and the selection stays on its run", async () => {
  using other = makeProject();
  const [first] = await addRuns(other.root, [
    { name: "slow", status: "RUNNING", metrics: { val_f1_macro: 0.1 } },
    { name: "mine", metrics: { val_f1_macro: 0.5 } },
    { name: "third", metrics: { val_f1_macro: 0.7 } },
  ]);
  await using screen = await openScreen(["board"], { cwd: other.root, cols: 120 });
  await screen.shows(/3 runs {2}▶ 1 running .*live/);
  screen.press("j");
  await screen.shows(/^❯ {4}mine /m);
  await addRuns(other.root, trials(20));
  await screen.shows(/23 runs/);
  await screen.shows(/^❯ {4}mine /m);
  const { openEmbeddedStore } = await import("../../../src/stores/embedded/store.ts");
  const store = openEmbeddedStore({ folder: `${other.root}/mlruns` });
  await store.write(first!, { status: "FINISHED", endTime: Date.now() });
  store.close();
  await screen.shows((text) => !text.includes("running"));
});

test("kill -9 leaves nothing half drawn", async () => {
  await using screen = await board();
  process.kill(screen.pid, "SIGKILL");
  await screen.ended;
  expect(screen.output().lastIndexOf("\x1b[?2026l")).toBeGreaterThan(screen.output().lastIndexOf("\x1b[?2026h"));
});
