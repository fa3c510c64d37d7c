/** Keys of what the board does: its menu of acts, its panels, what was done, and the registry; part of the one table in ../keys.ts. */
import { within } from "./entry.ts";

const LIST = [
  { action: "down", keys: ["j", "down"], group: "Move", help: "next" },
  { action: "up", keys: ["k", "up"], group: "Move", help: "the one before" },
  { action: "first", keys: ["g", "home"], group: "Move", help: "the first" },
  { action: "last", keys: ["G", "end"], group: "Move", help: "the last" },
  { action: "page-down", keys: ["pagedown", "ctrl+d", "ctrl+f"], group: "Move", help: "a page down" },
  { action: "page-up", keys: ["pageup", "ctrl+u", "ctrl+b"], group: "Move", help: "a page up" },
] as const;

/** On marked runs, else on the selected one; on a version of the registry. */
const OF_MENU = [
  { action: "choose", keys: ["enter"], group: "Acts", help: "do the one that is chosen", footer: "do" },
  { action: "promote", keys: ["p"], group: "Acts", help: "promote: a gate judges first, then the name is typed" },
  { action: "demote", keys: ["d"], group: "Acts", help: "take out of Staging or Production" },
  { action: "rollback", keys: ["b"], group: "Acts", help: "put the previous champion back" },
  { action: "approve", keys: ["v"], group: "Acts", help: "let through what awaits approval" },
  { action: "alias", keys: ["l"], group: "Acts", help: "give an alias, or take one away" },
  { action: "tag", keys: ["t"], group: "Acts", help: "set a tag, KEY=VALUE; KEY alone removes it" },
  { action: "note", keys: ["n"], group: "Acts", help: "write a note" },
  { action: "rerun", keys: ["r"], group: "Acts", help: "run again with changed params" },
  { action: "stop", keys: ["s"], group: "Acts", help: "stop a running trial or sweep" },
  { action: "delete", keys: ["x"], group: "Acts", help: "delete; can be restored" },
  { action: "restore", keys: ["u"], group: "Acts", help: "restore what was deleted" },
  { action: "copy", keys: ["y"], group: "Acts", help: "copy the command that does the chosen one", footer: "copy" },
  { action: "close", keys: ["escape", "q", "a"], group: "Acts", help: "close", footer: "close" },
  ...LIST,
] as const;

const OF_CHOICE = [
  { action: "choose", keys: ["enter"], group: "Choose", help: "this one", footer: "choose" },
  { action: "close", keys: ["escape", "q"], group: "Choose", help: "none of them", footer: "cancel" },
  ...LIST,
] as const;

const OF_CONFIRM = [
  { action: "yes", keys: ["y"], group: "Confirm", help: "do it", footer: "yes" },
  { action: "no", keys: ["n", "escape", "q", "enter"], group: "Confirm", help: "leave it", footer: "no" },
] as const;

const OF_VERDICTS = [
  {
    action: "close",
    keys: ["enter", "escape", "q"],
    group: "Verdicts",
    help: "close; a gate goes on",
    footer: "close",
  },
  { action: "copy", keys: ["y"], group: "Verdicts", help: "copy the command", footer: "copy" },
  { action: "copy-undo", keys: ["u"], group: "Verdicts", help: "copy the command that takes it back", footer: "undo" },
  ...LIST,
] as const;

const OF_HISTORY = [
  { action: "back", keys: ["escape", "q", "H"], group: "Board", help: "back", footer: "back" },
  { action: "copy", keys: ["y"], group: "Acts", help: "copy the command", footer: "copy" },
  { action: "copy-undo", keys: ["u"], group: "Acts", help: "copy the command that takes it back", footer: "copy undo" },
  ...LIST,
] as const;

const OF_REGISTRY = [
  {
    action: "open",
    keys: ["enter"],
    group: "Show",
    help: "this version: its run's figures, its audit",
    footer: "show",
  },
  { action: "acts", keys: ["a"], group: "Act", help: "what can be done with it", footer: "act" },
  { action: "promote", keys: ["p"], group: "Act", help: "promote: a gate judges first", footer: "promote" },
  { action: "demote", keys: ["d"], group: "Act", help: "take out of Staging or Production" },
  { action: "rollback", keys: ["b"], group: "Act", help: "put the previous champion back", footer: "roll back" },
  { action: "approve", keys: ["v"], group: "Act", help: "let through what awaits approval" },
  { action: "alias", keys: ["A"], group: "Act", help: "give an alias, or take one away" },
  {
    action: "compare",
    keys: ["=", "C"],
    group: "Show",
    help: "champion and challenger (or this version) side by side, tested",
    footer: "compare",
  },
  { action: "next-model", keys: ["]", "tab"], group: "Show", help: "one model after the other", footer: "model" },
  { action: "previous-model", keys: ["[", "shift+tab"], group: "Show", help: "the model before; all" },
  { action: "history", keys: ["H"], group: "Act", help: "what was done from here, with the commands" },
  { action: "refresh", keys: ["r"], group: "Act", help: "read it again" },
  { action: "back", keys: ["escape", "q", "R"], group: "Board", help: "back", footer: "back" },
  { action: "left", keys: ["h", "left"], group: "Move", help: "stage before" },
  { action: "right", keys: ["l", "right"], group: "Move", help: "next stage" },
  ...LIST,
] as const;

const OF_VERSION = [
  { action: "open", keys: ["enter", "o"], group: "Show", help: "its run, with all that is known of it", footer: "run" },
  { action: "acts", keys: ["a"], group: "Act", help: "what can be done with it", footer: "act" },
  { action: "compare", keys: ["=", "C"], group: "Show", help: "side by side with the champion", footer: "compare" },
  { action: "history", keys: ["H"], group: "Act", help: "what was done from here, with the commands" },
  { action: "refresh", keys: ["r"], group: "Act", help: "read it again" },
  { action: "back", keys: ["escape", "q", "backspace"], group: "Board", help: "back", footer: "back" },
  ...LIST,
] as const;

const OF_TABLE = [
  {
    action: "acts",
    keys: ["a"],
    group: "Act",
    help: "what can be done with the marked runs, or this one",
    footer: "act",
  },
  {
    action: "registry",
    keys: ["R"],
    group: "Act",
    help: "registered models by stage: versions, aliases, audit",
    footer: "registry",
  },
  { action: "promote", keys: ["p"], group: "Act", help: "promote: a gate judges first" },
  { action: "tag", keys: ["T"], group: "Act", help: "set a tag, KEY=VALUE; KEY alone removes it" },
  { action: "delete", keys: ["D"], group: "Act", help: "delete; can be restored (a u)" },
  { action: "history", keys: ["H"], group: "Act", help: "what was done from here, with the commands" },
  { action: "lifecycle", keys: ["L"], group: "Show", help: "deleted runs: hidden, too, alone" },
] as const;

export const TABLE_ACT_KEYS = within("table", OF_TABLE);

export const ACT_KEYS = [
  ...within("acts", OF_MENU),
  ...within("choice", OF_CHOICE),
  ...within("confirm", OF_CONFIRM),
  ...within("verdicts", OF_VERDICTS),
  ...within("history", OF_HISTORY),
  ...within("registry", OF_REGISTRY),
  ...within("version", OF_VERSION),
];
