/** Tabs of a screen: which one is shown, how digits, Tab and the mouse choose, and how they are drawn. */
import type { ActionId } from "../keys.ts";
import { fitRows } from "../painter/text.ts";
import type { Painted, Screen, Shell } from "../screen.ts";
import type { Size } from "../terminal/session.ts";
import type { Tab } from "./tab.ts";
import { drawTabs, tabAt } from "./tab-bar.ts";

const WHEEL = 3;

export interface TabSet extends Required<Pick<Screen, "act" | "mouse">> {
  readonly active: Tab;
  /** The tabs may be others now: stays at the digit where one has it, else goes to the first. */
  settle(): void;
  paint(size: Size): Painted;
}

export interface TabSetOptions {
  /** Those there are now; the first is shown first. */
  tabs(): readonly Tab[];
  /** What the screen itself does, where the tab does not know the action. */
  readonly actions: Partial<Record<ActionId, () => void>>;
  /** The line below the tabs; empty when absent. */
  notice?(): string;
  /** A digit was pressed that no tab has. */
  absent?(): void;
}

export function createTabSet(shell: Shell, { tabs, actions, notice, absent }: TabSetOptions): TabSet {
  let active = tabs()[0]!;

  function show(tab: Tab | undefined): void {
    if (tab !== undefined) active = tab;
    else absent?.();
    shell.render();
  }

  function step(by: number): void {
    const list = tabs();
    show(list[(list.indexOf(active) + by + list.length) % list.length]);
  }

  const moves: typeof actions = { "next-tab": () => step(1), "previous-tab": () => step(-1) };

  return {
    get active() {
      return active;
    },
    settle() {
      const list = tabs();
      if (!list.includes(active)) active = list.find(({ digit }) => digit === active.digit) ?? list[0]!;
    },
    paint(size) {
      const { columns, rows } = size;
      const bar = drawTabs(shell.theme, tabs(), active, columns);
      const drawn = active.draw({ columns, rows: rows - 2 });
      return { rows: fitRows([bar, notice?.() ?? "", ...drawn], size) };
    },
    act(action) {
      const [, digit] = /^tab-(\d)$/.exec(action) ?? [];
      if (digit !== undefined) show(tabs().find((tab) => tab.digit === Number(digit)));
      else if (active.act?.(action) !== true) {
        const does = moves[action] ?? actions[action];
        if (does === undefined) return false;
        does();
      }
      return true;
    },
    mouse(event, y) {
      if (event.kind === "press") {
        const tab = y === 0 ? tabAt(tabs(), event.x, shell.size.columns) : undefined;
        if (tab) show(tab);
      } else {
        for (let i = 0; i < WHEEL; i++) active.act?.(event.kind === "wheel-down" ? "down" : "up");
        shell.paint();
      }
    },
  };
}
