import { displayWidth, visible } from "../../core/formats/visible.ts";
import { type ActionId, type Context, keySign } from "../keys.ts";
import { fitPlain } from "../painter/text.ts";
import type { Panel, Shell } from "../screen.ts";
import { styled } from "../theme.ts";
import { firstSeen, List, moved } from "./list.tsx";

export interface MenuItem {
  readonly label: string;
  readonly note?: string;
  /** Why it cannot be chosen now. */
  readonly not?: string;
  /** Key that chooses it without moving there, and what the key table calls it. */
  readonly key?: string;
  readonly action?: ActionId;
}

export interface MenuOptions {
  /** Whose keys count: they move, choose and close. */
  readonly context: Extract<Context, "acts" | "choice">;
  readonly title: string;
  readonly items: readonly MenuItem[];
  choose(item: number): void;
  copy?(item: number): void;
}

/** A list of which one is chosen, by Enter, by its key, or by a click. */
export function menuPanel(shell: Shell, { context, title, items, choose, copy }: MenuOptions): Panel {
  let at = Math.max(
    0,
    items.findIndex(({ not }) => not === undefined),
  );
  let seen = 0;

  function take(item: number): void {
    const { not } = items[item]!;
    if (not !== undefined) {
      at = item;
      shell.tell(not, "warn");
      shell.render();
    } else {
      shell.close(panel);
      choose(item);
    }
  }

  const panel: Panel = {
    context,
    height: ({ rows }) => Math.min(items.length + 1, Math.floor(rows * 0.6)),
    act(action) {
      const to = moved(at, items.length, 10, action);
      const own = items.findIndex((item) => item.action === action);
      if (to !== undefined) at = to;
      else if (own >= 0) take(own);
      else if (action === "choose" && items.length > 0) take(at);
      else if (action === "copy" && copy) {
        shell.close(panel);
        copy(at);
      } else if (action === "close") shell.close(panel);
      else return false;
      shell.render();
      return true;
    },
    mouse({ kind }, y) {
      if (kind === "press" && y > 0 && seen + y - 1 < items.length) take(seen + y - 1);
      else if (kind !== "press") at = Math.max(0, Math.min(items.length - 1, at + (kind === "wheel-down" ? 1 : -1)));
      shell.render();
    },
    view({ columns, rows }) {
      const { theme } = shell;
      seen = firstSeen(at, items.length, rows - 1);
      const wide = Math.max(...items.map(({ label }) => displayWidth(visible(label))));
      const lines = items.map(({ label, note = "", not, key }, i) => {
        const sign = key === undefined ? "" : `${keySign(key)}  `;
        const text = `${i === at ? "❯" : " "} ${sign}${fitPlain(visible(label), wide)}  ${visible(not ?? note)}`;
        const fitting = fitPlain(text, columns);
        return i === at
          ? styled(theme, "selected", fitting)
          : not === undefined
            ? fitting
            : styled(theme, "dim", fitting);
      });
      return <List title={styled(theme, "accent", visible(title))} lines={lines} selected={at} rows={rows} />;
    },
  };
  return panel;
}
