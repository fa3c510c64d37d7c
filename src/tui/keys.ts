/** The one table of keys: what is dispatched, what the footer shows, and what `?` explains all come from it. */

import { ACT_KEYS, TABLE_ACT_KEYS } from "./keys/acts.ts";
import { COMPARE_KEYS, DETAIL_KEYS } from "./keys/detail.ts";

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

interface Entry {
  readonly context: Context;
  readonly action: string;
  /** Names as terminal/input.ts gives them; the first is the one that is shown. */
  readonly keys: readonly string[];
  readonly group: string;
  readonly help: string;
  /** Short, for the footer; those that come first are kept where it is narrow. */
  readonly footer?: string;
}

export const KEYS = [
  { context: "table", action: "down", keys: ["j", "down"], group: "Move", help: "next row" },
  { context: "table", action: "up", keys: ["k", "up"], group: "Move", help: "row before" },
  { context: "table", action: "left", keys: ["h", "left"], group: "Move", help: "column before; scrolls sideways" },
  { context: "table", action: "right", keys: ["l", "right"], group: "Move", help: "next column; scrolls sideways" },
  { context: "table", action: "first", keys: ["g", "home"], group: "Move", help: "first row" },
  { context: "table", action: "last", keys: ["G", "end"], group: "Move", help: "last row" },
  { context: "table", action: "half-down", keys: ["ctrl+d"], group: "Move", help: "half a screen down" },
  { context: "table", action: "half-up", keys: ["ctrl+u"], group: "Move", help: "half a screen up" },
  { context: "table", action: "page-down", keys: ["pagedown", "ctrl+f"], group: "Move", help: "a screen down" },
  { context: "table", action: "page-up", keys: ["pageup", "ctrl+b"], group: "Move", help: "a screen up" },
  { context: "table", action: "first-column", keys: ["0", "^"], group: "Move", help: "first column" },
  { context: "table", action: "last-column", keys: ["$"], group: "Move", help: "last column" },

  {
    context: "table",
    action: "sort",
    keys: ["s"],
    group: "Order",
    help: "sort by this column; again: reverse",
    footer: "sort",
  },
  {
    context: "table",
    action: "sort-more",
    keys: ["S"],
    group: "Order",
    help: "sort by this column too, after the others",
  },
  {
    context: "table",
    action: "filter",
    keys: ["f"],
    group: "Find",
    help: "filter, in MLflow's language; Tab completes",
    footer: "filter",
  },
  {
    context: "table",
    action: "search",
    keys: ["/"],
    group: "Find",
    help: "search names, params, tags",
    footer: "search",
  },
  { context: "table", action: "next-found", keys: ["n"], group: "Find", help: "next that was found" },
  { context: "table", action: "previous-found", keys: ["N"], group: "Find", help: "the one found before" },
  ...TABLE_ACT_KEYS,
  {
    context: "table",
    action: "differing",
    keys: ["d"],
    group: "Show",
    help: "only columns that differ among the rows",
    footer: "differing",
  },
  {
    context: "table",
    action: "columns",
    keys: ["c"],
    group: "Show",
    help: "choose, reorder, pin and resize columns",
    footer: "columns",
  },
  {
    context: "table",
    action: "group",
    keys: ["b"],
    group: "Show",
    help: "group by this column, mean ± sd; again: no groups",
    footer: "group",
  },
  { context: "table", action: "fold", keys: ["space"], group: "Show", help: "open or fold a group or sweep" },
  {
    context: "table",
    action: "nesting",
    keys: ["w"],
    group: "Show",
    help: "configurations, single runs, or sweeps that open",
  },
  {
    context: "table",
    action: "views",
    keys: ["v"],
    group: "Show",
    help: "saved views: take, save, remove",
    footer: "views",
  },
  {
    context: "table",
    action: "detail",
    keys: ["enter"],
    group: "Act",
    help: "all about this run: curves, confusion matrix, classes, files",
    footer: "show",
  },
  {
    context: "table",
    action: "compare",
    keys: ["=", "C"],
    group: "Act",
    help: "compare 2 to 8 marked runs: what differs, curves, tests",
    footer: "compare",
  },
  { context: "table", action: "mark", keys: ["m"], group: "Act", help: "mark a run", footer: "mark" },
  { context: "table", action: "unmark-all", keys: ["M"], group: "Act", help: "no marks" },
  {
    context: "table",
    action: "copy",
    keys: ["y"],
    group: "Act",
    help: "copy the command that does the same",
    footer: "copy",
  },
  { context: "table", action: "refresh", keys: ["r"], group: "Act", help: "look for changes now" },
  { context: "table", action: "back", keys: ["escape"], group: "Find", help: "end the search, then the filter" },

  { context: "prompt", action: "accept", keys: ["enter"], group: "Prompt", help: "apply", footer: "apply" },
  {
    context: "prompt",
    action: "cancel",
    keys: ["escape", "ctrl+c"],
    group: "Prompt",
    help: "leave as it was",
    footer: "cancel",
  },
  {
    context: "prompt",
    action: "complete",
    keys: ["tab"],
    group: "Prompt",
    help: "complete; again: the next",
    footer: "complete",
  },
  { context: "prompt", action: "complete-back", keys: ["shift+tab"], group: "Prompt", help: "the completion before" },
  { context: "prompt", action: "erase", keys: ["backspace", "ctrl+h"], group: "Prompt", help: "erase a character" },
  {
    context: "prompt",
    action: "erase-after",
    keys: ["delete", "ctrl+d"],
    group: "Prompt",
    help: "erase the character here",
  },
  { context: "prompt", action: "erase-word", keys: ["ctrl+w"], group: "Prompt", help: "erase a word" },
  {
    context: "prompt",
    action: "erase-line",
    keys: ["ctrl+u"],
    group: "Prompt",
    help: "erase all before here",
    footer: "erase",
  },
  { context: "prompt", action: "cursor-left", keys: ["left", "ctrl+b"], group: "Prompt", help: "a character back" },
  { context: "prompt", action: "cursor-right", keys: ["right", "ctrl+f"], group: "Prompt", help: "a character on" },
  { context: "prompt", action: "cursor-first", keys: ["home", "ctrl+a"], group: "Prompt", help: "to the begin" },
  { context: "prompt", action: "cursor-last", keys: ["end", "ctrl+e"], group: "Prompt", help: "to the end" },

  { context: "columns", action: "down", keys: ["j", "down"], group: "Columns", help: "next column" },
  { context: "columns", action: "up", keys: ["k", "up"], group: "Columns", help: "column before" },
  { context: "columns", action: "first", keys: ["g", "home"], group: "Columns", help: "first of the list" },
  { context: "columns", action: "last", keys: ["G", "end"], group: "Columns", help: "last of the list" },
  { context: "columns", action: "page-down", keys: ["pagedown", "ctrl+d"], group: "Columns", help: "a page down" },
  { context: "columns", action: "page-up", keys: ["pageup", "ctrl+u"], group: "Columns", help: "a page up" },
  {
    context: "columns",
    action: "toggle",
    keys: ["space", "enter"],
    group: "Columns",
    help: "show or hide",
    footer: "show",
  },
  {
    context: "columns",
    action: "move-up",
    keys: ["K", "shift+up"],
    group: "Columns",
    help: "further to the left",
    footer: "left",
  },
  {
    context: "columns",
    action: "move-down",
    keys: ["J", "shift+down"],
    group: "Columns",
    help: "further to the right",
    footer: "right",
  },
  { context: "columns", action: "pin", keys: ["p"], group: "Columns", help: "keep at the left", footer: "pin" },
  { context: "columns", action: "wider", keys: ["+", "="], group: "Columns", help: "wider", footer: "wider" },
  { context: "columns", action: "narrower", keys: ["-"], group: "Columns", help: "narrower", footer: "narrower" },
  {
    context: "columns",
    action: "find",
    keys: ["/"],
    group: "Columns",
    help: "find a column by a part of its name",
    footer: "find",
  },
  { context: "columns", action: "reset", keys: ["x"], group: "Columns", help: "the usual columns", footer: "reset" },
  { context: "columns", action: "close", keys: ["escape", "c", "q"], group: "Columns", help: "close", footer: "close" },

  { context: "views", action: "down", keys: ["j", "down"], group: "Views", help: "next view" },
  { context: "views", action: "up", keys: ["k", "up"], group: "Views", help: "view before" },
  { context: "views", action: "take", keys: ["enter"], group: "Views", help: "take this view", footer: "take" },
  {
    context: "views",
    action: "save",
    keys: ["s"],
    group: "Views",
    help: "save what is shown under a name",
    footer: "save",
  },
  { context: "views", action: "remove", keys: ["D"], group: "Views", help: "remove this view", footer: "remove" },
  { context: "views", action: "close", keys: ["escape", "v", "q"], group: "Views", help: "close", footer: "close" },

  { context: "sweep", action: "down", keys: ["j", "down"], group: "Move", help: "next trial or row" },
  { context: "sweep", action: "up", keys: ["k", "up"], group: "Move", help: "trial or row before" },
  { context: "sweep", action: "first", keys: ["g", "home"], group: "Move", help: "first running trial" },
  { context: "sweep", action: "last", keys: ["G", "end"], group: "Move", help: "last row of the leaderboard" },
  { context: "sweep", action: "page-down", keys: ["pagedown", "ctrl+d", "ctrl+f"], group: "Move", help: "a page down" },
  { context: "sweep", action: "page-up", keys: ["pageup", "ctrl+u", "ctrl+b"], group: "Move", help: "a page up" },
  {
    context: "sweep",
    action: "stop-trial",
    keys: ["x"],
    group: "Act",
    help: "stop this trial; the sweep goes on",
    footer: "stop trial",
  },
  {
    context: "sweep",
    action: "stop-sweep",
    keys: ["X"],
    group: "Act",
    help: "stop the sweep; what is finished is kept",
    footer: "stop sweep",
  },
  {
    context: "sweep",
    action: "detach",
    keys: ["q"],
    group: "Act",
    help: "leave; the sweep goes on, disease exp attach comes back",
    footer: "detach",
  },
  {
    context: "sweep",
    action: "interrupt",
    keys: ["ctrl+c"],
    group: "Act",
    help: "stop the sweep without asking; again: at once",
  },

  ...DETAIL_KEYS,
  ...COMPARE_KEYS,
  ...ACT_KEYS,

  { context: "help", action: "down", keys: ["j", "down"], group: "Help", help: "scroll down" },
  { context: "help", action: "up", keys: ["k", "up"], group: "Help", help: "scroll up" },
  { context: "help", action: "page-down", keys: ["pagedown", "space", "ctrl+d"], group: "Help", help: "a page down" },
  { context: "help", action: "page-up", keys: ["pageup", "ctrl+u"], group: "Help", help: "a page up" },
  { context: "help", action: "close", keys: ["escape", "?", "q"], group: "Help", help: "close", footer: "close" },

  { context: "global", action: "help", keys: ["?"], group: "Board", help: "these keys", footer: "help" },
  {
    context: "global",
    action: "theme",
    keys: ["t"],
    group: "Board",
    help: "next theme: dark, light, colour-blind, none",
  },
  { context: "global", action: "redraw", keys: ["ctrl+l"], group: "Board", help: "draw the screen again" },
  { context: "global", action: "suspend", keys: ["ctrl+z"], group: "Board", help: "to the shell; fg comes back" },
  { context: "global", action: "quit", keys: ["q", "ctrl+c"], group: "Board", help: "quit", footer: "quit" },
] as const satisfies readonly Entry[];

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
