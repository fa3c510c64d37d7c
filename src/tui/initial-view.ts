/** What the board shows first: a saved view, and over it what the command line says. */

import type { Board } from "../app.ts";
import { compileFilter } from "../board/filter.ts";
import { sortKeys } from "../board/sort-keys.ts";
import type { Directions } from "../board/types.ts";
import { type BoardView, CONFIGURATION, EMPTY_VIEW } from "../board/view.ts";
import { Attr } from "../core/board/board.ts";
import { UserError } from "../core/errors.ts";
import { VALIDATION } from "../core/trial.ts";

const SHORT: Readonly<Record<string, string>> = {
  name: Attr.name,
  status: Attr.status,
  started: Attr.start,
  ended: Attr.end,
  took: Attr.duration,
  user: Attr.user,
  experiment: Attr.experiment,
};

/** The column of a name before any run is read: an id as it is, else what is known by it, else a param. */
export function columnNamed(name: string, directions: Directions): string {
  if (/^(metrics|params|tags|attributes)\./.test(name) || name === CONFIGURATION) return name;
  const ids = [`metrics.${VALIDATION}${name}`, `metrics.${name}`, `attributes.${name}`];
  return SHORT[name] ?? ids.find((id) => directions.has(id)) ?? `params.${name}`;
}

function namesOf(text: string, where: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new UserError("a name is empty", { where, fix: "Write names separated by commas." });
  return names;
}

/** @throws UserError for a filter that cannot be read, or no such view */
export function initialView(
  { views, table, directions }: Pick<Board, "views" | "table" | "directions">,
  flags: {
    readonly view?: string;
    readonly filter?: string;
    readonly sort?: string;
    readonly "group-by"?: string;
  },
): BoardView {
  const saved = flags.view === undefined ? EMPTY_VIEW : views.load(flags.view);
  if (flags.filter !== undefined) compileFilter(flags.filter, table);
  const groups = flags["group-by"] === undefined ? [] : namesOf(flags["group-by"], "--group-by");
  return {
    ...saved,
    ...(flags.filter !== undefined && { filter: flags.filter }),
    ...(flags.sort !== undefined && {
      sort: sortKeys(flags.sort, (name) => columnNamed(name, directions), directions),
    }),
    ...(groups.length > 0 && { groupBy: groups.map((name) => columnNamed(name, directions)) }),
  };
}

/** @throws UserError when it is none */
export function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new UserError(`--refresh ${text} is not a number of seconds`, { fix: "Write 0.1 to 3600." });
}
