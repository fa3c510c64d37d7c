import { expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { KEYS } from "../../../src/tui/keys.ts";
import { addRuns, trials } from "../../support/board.ts";
import { makeProject } from "../../support/project.ts";
import { Key, openScreen } from "../../support/screen.ts";

/** What a terminal sends for a key of the table. */
function bytesOf(name: string): string {
  const named: Readonly<Record<string, string>> = {
    ...{ up: Key.up, down: Key.down, left: Key.left, right: Key.right, home: Key.home, end: Key.end },
    ...{ pageup: Key.pageUp, pagedown: Key.pageDown, enter: Key.enter, escape: Key.escape, tab: Key.tab, space: " " },
    ...{ backspace: Key.backspace, delete: "\x1b[3~", "shift+tab": "\x1b[Z" },
    ...{ "shift+up": "\x1b[1;2A", "shift+down": "\x1b[1;2B" },
  };
  return named[name] ?? (name.startsWith("ctrl+") ? Key.ctrl(name.slice(5)) : name);
}

/** These end the board, or say something later. */
const never = new Set(["quit", "suspend", "copy", "refresh"]);
const pressed = KEYS.filter(({ action }) => !never.has(action)).flatMap(({ keys }) => keys.map(bytesOf));
/** Moves are what a person does most; the rest opens, changes and closes everything there is. */
const often = [..."jjjjkkGglh", Key.pageDown, Key.pageUp, Key.ctrl("d"), Key.escape];

test.each([
  [1, 80, 24],
  [2, 120, 40],
  [3, 70, 14],
])("after 300 random keys the screen is what it would be drawn anew (seed %i)", async (seed, cols, rows) => {
  using project = makeProject();
  await addRuns(project.root, trials(150));
  await using screen = await openScreen(["board"], { cwd: project.root, cols, rows });
  await screen.shows(/live/);
  const rng = createRng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rng.next() * list.length)]!;
  for (let round = 0; round < 10; round++) {
    const keys = Array.from({ length: 30 }, () => (rng.next() < 0.5 ? pick(often) : pick(pressed))).filter(
      // what would end the board, where no panel takes it, and what begins acts, which end later
      (key) => !["q", Key.ctrl("c"), "y", "a", "T"].includes(key),
    );
    screen.press(...keys);
    // All is handled when the copy that comes after it shows; the escapes close what is open.
    screen.press(Key.escape, Key.escape, Key.escape, "y");
    await screen.shows(/^copied: disease board/m);
    const shown = screen.rows();
    const length = screen.output().length;
    screen.press(Key.ctrl("l"));
    await screen.shows((text) => !text.includes("copied:"));
    const status = rows - 2;
    expect(screen.rows().toSpliced(status, 1)).toEqual(shown.toSpliced(status, 1));
    // It was drawn anew, every row of it.
    expect(
      screen
        .output()
        .slice(length)
        .match(/\x1b\[\d+;1H/g)!.length,
    ).toBeGreaterThanOrEqual(rows);
    expect(screen.modes().alternate).toBe(true);
  }
});
