/** The one table of keys: what is dispatched, what the footer shows, and what `?` explains all come from it. */

import { ACT_KEYS, TABLE_ACT_KEYS } from "./keys/acts.ts";
import { COMPARE_KEYS, DETAIL_KEYS } from "./keys/detail.ts";
import { type Key, within } from "./keys/entry.ts";

/** Where a key counts: everywhere, on a screen, or in a panel over it. */
export type Context =
  | "global"
  | "table"
  | "prompt"
  | "columns"
  | "views"
  | "sweep"
  | "detail"
  | "compare"
  | "acts"
  | "choice"
  | "confirm"
  | "verdicts"
  | "history"
  | "registry"
  | "version"
  | "help";

interface Entry extends Key {
  readonly context: Context;
}

export const KEYS = [
  ...within("table", [
    { action: "down", keys: ["j", "down"], group: "Move", help: "next row" },
    { action: "up", keys: ["k", "up"], group: "Move", help: "row before" },
    { action: "left", keys: ["h", "left"], group: "Move", help: "column before; scrolls sideways" },
    { action: "right", keys: ["l", "right"], group: "Move", help: "next column; scrolls sideways" },
    { action: "first", keys: ["g", "home"], group: "Move", help: "first row" },
    { action: "last", keys: ["G", "end"], group: "Move", help: "last row" },
    { action: "half-down", keys: ["ctrl+d"], group: "Move", help: "half a screen down" },
    { action: "half-up", keys: ["ctrl+u"], group: "Move", help: "half a screen up" },
    { action: "page-down", keys: ["pagedown", "ctrl+f"], group: "Move", help: "a screen down" },
    { action: "page-up", keys: ["pageup", "ctrl+b"], group: "Move", help: "a screen up" },
    { action: "first-column", keys: ["0", "^"], group: "Move", help: "first column" },
    { action: "last-column", keys: ["$"], group: "Move", help: "last column" },
    { action: "sort", keys: ["s"], group: "Order", help: "sort by this column; again: reverse", footer: "sort" },
    { action: "sort-more", keys: ["S"], group: "Order", help: "sort by this column too, after the others" },
    {
      action: "filter",
      keys: ["f"],
      group: "Find",
      help: "filter, in MLflow's language; Tab completes",
      footer: "filter",
    },
    { action: "search", keys: ["/"], group: "Find", help: "search names, params, tags", footer: "search" },
    { action: "next-found", keys: ["n"], group: "Find", help: "next that was found" },
    { action: "previous-found", keys: ["N"], group: "Find", help: "the one found before" },
  ]),
  ...TABLE_ACT_KEYS,
  ...within("table", [
    {
      action: "differing",
      keys: ["d"],
      group: "Show",
      help: "only columns that differ among the rows",
      footer: "differing",
    },
    {
      action: "columns",
      keys: ["c"],
      group: "Show",
      help: "choose, reorder, pin and resize columns",
      footer: "columns",
    },
    {
      action: "group",
      keys: ["b"],
      group: "Show",
      help: "group by this column, mean ± sd; again: no groups",
      footer: "group",
    },
    { action: "fold", keys: ["space"], group: "Show", help: "open or fold a group or sweep" },
    { action: "nesting", keys: ["w"], group: "Show", help: "configurations, single runs, or sweeps that open" },
    { action: "views", keys: ["v"], group: "Show", help: "saved views: take, save, remove", footer: "views" },
    {
      action: "detail",
      keys: ["enter"],
      group: "Act",
      help: "all about this run: curves, confusion matrix, classes, files",
      footer: "show",
    },
    {
      action: "compare",
      keys: ["=", "C"],
      group: "Act",
      help: "compare 2 to 8 marked runs: what differs, curves, tests",
      footer: "compare",
    },
    { action: "mark", keys: ["m"], group: "Act", help: "mark a run", footer: "mark" },
    { action: "unmark-all", keys: ["M"], group: "Act", help: "no marks" },
    { action: "copy", keys: ["y"], group: "Act", help: "copy the command that does the same", footer: "copy" },
    { action: "refresh", keys: ["r"], group: "Act", help: "look for changes now" },
    { action: "back", keys: ["escape"], group: "Find", help: "end the search, then the filter" },
  ]),
  ...within("prompt", [
    { action: "accept", keys: ["enter"], group: "Prompt", help: "apply", footer: "apply" },
    { action: "cancel", keys: ["escape", "ctrl+c"], group: "Prompt", help: "leave as it was", footer: "cancel" },
    { action: "complete", keys: ["tab"], group: "Prompt", help: "complete; again: the next", footer: "complete" },
    { action: "complete-back", keys: ["shift+tab"], group: "Prompt", help: "the completion before" },
    { action: "erase", keys: ["backspace", "ctrl+h"], group: "Prompt", help: "erase a character" },
    { action: "erase-after", keys: ["delete", "ctrl+d"], group: "Prompt", help: "erase the character here" },
    { action: "erase-word", keys: ["ctrl+w"], group: "Prompt", help: "erase a word" },
    { action: "erase-line", keys: ["ctrl+u"], group: "Prompt", help: "erase all before here", footer: "erase" },
    { action: "cursor-left", keys: ["left", "ctrl+b"], group: "Prompt", help: "a character back" },
    { action: "cursor-right", keys: ["right", "ctrl+f"], group: "Prompt", help: "a character on" },
    { action: "cursor-first", keys: ["home", "ctrl+a"], group: "Prompt", help: "to the begin" },
    { action: "cursor-last", keys: ["end", "ctrl+e"], group: "Prompt", help: "to the end" },
  ]),
  ...within("columns", [
    { action: "down", keys: ["j", "down"], group: "Columns", help: "next column" },
    { action: "up", keys: ["k", "up"], group: "Columns", help: "column before" },
    { action: "first", keys: ["g", "home"], group: "Columns", help: "first of the list" },
    { action: "last", keys: ["G", "end"], group: "Columns", help: "last of the list" },
    { action: "page-down", keys: ["pagedown", "ctrl+d"], group: "Columns", help: "a page down" },
    { action: "page-up", keys: ["pageup", "ctrl+u"], group: "Columns", help: "a page up" },
    { action: "toggle", keys: ["space", "enter"], group: "Columns", help: "show or hide", footer: "show" },
    { action: "move-up", keys: ["K", "shift+up"], group: "Columns", help: "further to the left", footer: "left" },
    { action: "move-down", keys: ["J", "shift+down"], group: "Columns", help: "further to the right", footer: "right" },
    { action: "pin", keys: ["p"], group: "Columns", help: "keep at the left", footer: "pin" },
    { action: "wider", keys: ["+", "="], group: "Columns", help: "wider", footer: "wider" },
    { action: "narrower", keys: ["-"], group: "Columns", help: "narrower", footer: "narrower" },
    { action: "find", keys: ["/"], group: "Columns", help: "find a column by a part of its name", footer: "find" },
    { action: "reset", keys: ["x"], group: "Columns", help: "the usual columns", footer: "reset" },
    { action: "close", keys: ["escape", "c", "q"], group: "Columns", help: "close", footer: "close" },
  ]),
  ...within("views", [
    { action: "down", keys: ["j", "down"], group: "Views", help: "next view" },
    { action: "up", keys: ["k", "up"], group: "Views", help: "view before" },
    { action: "take", keys: ["enter"], group: "Views", help: "take this view", footer: "take" },
    { action: "save", keys: ["s"], group: "Views", help: "save what is shown under a name", footer: "save" },
    { action: "remove", keys: ["D"], group: "Views", help: "remove this view", footer: "remove" },
    { action: "close", keys: ["escape", "v", "q"], group: "Views", help: "close", footer: "close" },
  ]),
  ...within("sweep", [
    { action: "down", keys: ["j", "down"], group: "Move", help: "next trial or row" },
    { action: "up", keys: ["k", "up"], group: "Move", help: "trial or row before" },
    { action: "first", keys: ["g", "home"], group: "Move", help: "first running trial" },
    { action: "last", keys: ["G", "end"], group: "Move", help: "last row of the leaderboard" },
    { action: "page-down", keys: ["pagedown", "ctrl+d", "ctrl+f"], group: "Move", help: "a page down" },
    { action: "page-up", keys: ["pageup", "ctrl+u", "ctrl+b"], group: "Move", help: "a page up" },
    {
      action: "stop-trial",
      keys: ["x"],
      group: "Act",
      help: "stop this trial; the sweep goes on",
      footer: "stop trial",
    },
    {
      action: "stop-sweep",
      keys: ["X"],
      group: "Act",
      help: "stop the sweep; what is finished is kept",
      footer: "stop sweep",
    },
    {
      action: "detach",
      keys: ["q"],
      group: "Act",
      help: "leave; the sweep goes on, disease exp attach comes back",
      footer: "detach",
    },
    { action: "interrupt", keys: ["ctrl+c"], group: "Act", help: "stop the sweep without asking; again: at once" },
  ]),
  ...DETAIL_KEYS,
  ...COMPARE_KEYS,
  ...ACT_KEYS,
  ...within("help", [
    { action: "down", keys: ["j", "down"], group: "Help", help: "scroll down" },
    { action: "up", keys: ["k", "up"], group: "Help", help: "scroll up" },
    { action: "page-down", keys: ["pagedown", "space", "ctrl+d"], group: "Help", help: "a page down" },
    { action: "page-up", keys: ["pageup", "ctrl+u"], group: "Help", help: "a page up" },
    { action: "close", keys: ["escape", "?", "q"], group: "Help", help: "close", footer: "close" },
  ]),
  ...within("global", [
    { action: "help", keys: ["?"], group: "Board", help: "these keys", footer: "help" },
    { action: "theme", keys: ["t"], group: "Board", help: "next theme: dark, light, colour-blind, none" },
    { action: "redraw", keys: ["ctrl+l"], group: "Board", help: "draw the screen again" },
    { action: "suspend", keys: ["ctrl+z"], group: "Board", help: "to the shell; fg comes back" },
    { action: "quit", keys: ["q", "ctrl+c"], group: "Board", help: "quit", footer: "quit" },
  ]),
] satisfies readonly Entry[];

export type ActionId = (typeof KEYS)[number]["action"];
export interface Binding extends Entry {
  readonly action: ActionId;
}

const BY_KEY: ReadonlyMap<string, ActionId> = new Map(
  KEYS.flatMap(({ context, keys, action }) => keys.map((key): [string, ActionId] => [`${context} ${key}`, action])),
);

/** What a key does in a context. Where text is typed the global keys count only with ctrl. */
export function actionOf(context: Context, key: string): ActionId | undefined {
  const own = BY_KEY.get(`${context} ${key}`);
  if (own !== undefined || (context === "prompt" && !key.startsWith("ctrl+"))) return own;
  return BY_KEY.get(`global ${key}`);
}

/** Bindings of a context, then those that count everywhere, less what the context takes for itself. */
export function bindingsOf(context: Context): readonly Binding[] {
  const own: readonly Binding[] = KEYS.filter((binding) => binding.context === context);
  const taken = new Set(own.flatMap(({ keys }) => keys));
  const usable = (binding: Binding): boolean =>
    binding.context === "global" && binding.keys.some((key) => !taken.has(key) && actionOf(context, key) !== undefined);
  return [...own, ...KEYS.filter(usable)];
}

const SIGNS: Readonly<Record<string, string>> = {
  up: "↑",
  down: "↓",
  left: "←",
  right: "→",
  space: "Space",
  enter: "Enter",
  escape: "Esc",
  tab: "Tab",
  backspace: "⌫",
  delete: "Del",
  home: "Home",
  end: "End",
  pageup: "PgUp",
  pagedown: "PgDn",
};

/** A key as people write it: "Ctrl-D", "Shift-↑", "j". */
export function keySign(key: string): string {
  const parts = key.split(/\+(?=.)/);
  const last = parts.pop()!;
  const modifiers = parts.map((part) => `${part[0]!.toUpperCase()}${part.slice(1)}-`).join("");
  return `${modifiers}${SIGNS[last] ?? (modifiers ? last.toUpperCase() : last)}`;
}
