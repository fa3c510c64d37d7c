import headless from "@xterm/headless";
import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { createCompositor, type Scroll } from "../../src/tui/painter/compositor.ts";

const COLUMNS = 30;
const ROWS = 12;

function screen() {
  const terminal = new headless.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const writes: string[] = [];
  const compositor = createCompositor((text) => writes.push(text));
  return {
    writes,
    compositor,
    /** What a person sees of all that was written. */
    async rows(): Promise<string[]> {
      await new Promise<void>((done) => terminal.write(writes.join(""), done));
      writes.length = 0;
      return Array.from({ length: ROWS }, (_, y) => terminal.buffer.active.getLine(y)!.translateToString());
    },
  };
}

const line = (text: string | number): string => String(text).padEnd(COLUMNS);

test("only rows that differ are written, all in one synchronized update", async () => {
  const { compositor, writes, rows } = screen();
  const first = Array.from({ length: ROWS }, (_, y) => line(y));
  compositor.paint(first);
  expect(writes).toHaveLength(1);
  expect(await rows()).toEqual(first);

  const second = first.with(3, line("changed"));
  compositor.paint(second);
  expect(writes[0]).toMatch(/^\x1b\[\?2026h.*\x1b\[\?2026l$/s);
  expect(writes[0]!.length).toBeLessThan(COLUMNS + 40);
  expect(await rows()).toEqual(second);

  expect(compositor.paint(second)).toBe(false);
  expect(writes).toEqual([]);
});

test("whatever moves and changes, the screen shows the last rows", async () => {
  const { compositor, rows } = screen();
  const rng = createRng(7);
  const below = (n: number): number => Math.floor(rng.next() * n);
  let top = 500;
  for (let step = 0; step < 200; step++) {
    const by = below(9) - 4;
    const region = { top: 1 + below(3), height: 4 + below(5) };
    top += by;
    // some of what is told to have moved has changed too
    const wanted = Array.from({ length: ROWS }, (_, y) => line(below(8) === 0 ? `new ${step}` : top + y));
    const scroll: Scroll | undefined = by !== 0 && below(3) > 0 ? { ...region, by } : undefined;
    compositor.paint(wanted, scroll);
    if (below(20) === 0) compositor.invalidate();
    expect(await rows()).toEqual(wanted);
  }
});

test("a scroll by a line writes one row of the region", () => {
  const { compositor, writes } = screen();
  const at = (top: number): string[] => [line("head"), ...Array.from({ length: ROWS - 1 }, (_, y) => line(top + y))];
  compositor.paint(at(0));
  compositor.paint(at(1), { top: 1, height: ROWS - 1, by: 1 });
  expect(writes[1]!.length).toBeLessThan(COLUMNS + 60);
});
