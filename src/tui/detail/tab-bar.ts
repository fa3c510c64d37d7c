import { displayWidth } from "../../core/formats/visible.ts";
import { styled, type Theme } from "../theme.ts";
import type { Tab } from "./tab.ts";

interface Placed {
  readonly tab: Tab;
  readonly text: string;
  readonly x: number;
}

/** Where the tabs stand in a line; by their short names where the long ones have no room. */
function placed(tabs: readonly Tab[], width: number): Placed[] {
  const of = (name: (tab: Tab) => string): Placed[] => {
    let x = 0;
    return tabs.map((tab) => {
      const text = ` ${tab.digit} ${name(tab)}`;
      const at = x;
      x += displayWidth(text);
      return { tab, text, x: at };
    });
  };
  const fits = (list: readonly Placed[]): boolean => list.at(-1)!.x + displayWidth(list.at(-1)!.text) <= width;
  const long = of((tab) => tab.title);
  if (fits(long)) return long;
  const short = of((tab) => tab.short);
  return fits(short) ? short : of((tab) => tab.short.slice(0, 3));
}

export function drawTabs(theme: Theme, tabs: readonly Tab[], active: Tab, width: number): string {
  return placed(tabs, width)
    .map(({ tab, text }) => (tab === active ? styled(theme, "selected", text) : styled(theme, "dim", text)))
    .join("");
}

export function tabAt(tabs: readonly Tab[], x: number, width: number): Tab | undefined {
  return placed(tabs, width).findLast((one) => x >= one.x && x < one.x + displayWidth(one.text))?.tab;
}
