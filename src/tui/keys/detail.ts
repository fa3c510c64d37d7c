/** Keys of the screens of one run and of several beside each other; part of the one table in ../keys.ts. */
import { within } from "./entry.ts";

const TABS = [
  { action: "tab-1", keys: ["1"], group: "Tabs", help: "overview; what differs" },
  { action: "tab-2", keys: ["2"], group: "Tabs", help: "learning curves" },
  { action: "tab-3", keys: ["3"], group: "Tabs", help: "confusion matrix; rankings; tests" },
  { action: "tab-4", keys: ["4"], group: "Tabs", help: "classes, the worst recall first" },
  { action: "tab-5", keys: ["5"], group: "Tabs", help: "reliability" },
  { action: "tab-6", keys: ["6"], group: "Tabs", help: "importance of features" },
  { action: "tab-7", keys: ["7"], group: "Tabs", help: "files" },
  { action: "tab-8", keys: ["8"], group: "Tabs", help: "facts to train it again" },
  { action: "next-tab", keys: ["tab"], group: "Tabs", help: "next tab", footer: "tab" },
  { action: "previous-tab", keys: ["shift+tab"], group: "Tabs", help: "tab before" },
] as const;

const MOVES = [
  { action: "down", keys: ["j", "down"], group: "Move", help: "down" },
  { action: "up", keys: ["k", "up"], group: "Move", help: "up" },
  { action: "left", keys: ["h", "left"], group: "Move", help: "to the left; chart before" },
  { action: "right", keys: ["l", "right"], group: "Move", help: "to the right; next chart" },
  { action: "first", keys: ["g", "home"], group: "Move", help: "to the begin" },
  { action: "last", keys: ["G", "end"], group: "Move", help: "to the end" },
  { action: "half-down", keys: ["ctrl+d"], group: "Move", help: "half a page down" },
  { action: "half-up", keys: ["ctrl+u"], group: "Move", help: "half a page up" },
  { action: "page-down", keys: ["pagedown", "ctrl+f", "space"], group: "Move", help: "a page down" },
  { action: "page-up", keys: ["pageup", "ctrl+b"], group: "Move", help: "a page up" },
] as const;

const SHARED = [
  { action: "log-axis", keys: ["L"], group: "Show", help: "curves: logarithmic or linear axis", footer: "log" },
  { action: "refresh", keys: ["r"], group: "Show", help: "read it again" },
] as const;

const OF_DETAIL = [
  { action: "back", keys: ["escape", "q", "backspace"], group: "Board", help: "back", footer: "back" },
  { action: "next-run", keys: ["]"], group: "Runs", help: "next line of the table", footer: "next" },
  { action: "previous-run", keys: ["["], group: "Runs", help: "line of the table before", footer: "previous" },
  { action: "next-repeat", keys: ["n"], group: "Runs", help: "of several runs: one, then the next", footer: "repeat" },
  { action: "previous-repeat", keys: ["p"], group: "Runs", help: "of several runs: the one before, then all" },
  { action: "open", keys: ["enter"], group: "Files", help: "show a file; fold a folder", footer: "show" },
  {
    action: "open-outside",
    keys: ["o"],
    group: "Files",
    help: "open a file with the system's program",
    footer: "open",
  },
  { action: "acts", keys: ["a"], group: "Act", help: "what can be done with it", footer: "act" },
  { action: "history", keys: ["H"], group: "Act", help: "what was done from here, with the commands" },
  { action: "copy", keys: ["y"], group: "Act", help: "copy the file's path, elsewhere the command", footer: "copy" },
  ...SHARED,
  ...TABS,
  ...MOVES,
] as const;

const OF_COMPARE = [
  { action: "back", keys: ["escape", "q", "backspace"], group: "Board", help: "back; ends the tests", footer: "back" },
  { action: "all", keys: ["a"], group: "Show", help: "also what is alike", footer: "all" },
  { action: "copy", keys: ["y"], group: "Act", help: "copy the command that does the same", footer: "copy" },
  ...SHARED,
  ...TABS.filter(({ action }) => !/^tab-[4-8]$/.test(action)),
  ...MOVES,
] as const;

export const DETAIL_KEYS = within("detail", OF_DETAIL);
export const COMPARE_KEYS = within("compare", OF_COMPARE);
