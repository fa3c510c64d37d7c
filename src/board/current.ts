import { textAt } from "../core/board/run-table.ts";
import { Attr, type RunTable } from "../core/board.ts";
import { Tag } from "../core/trial.ts";

const tag = (table: RunTable, key: string, row: number): string | undefined => textAt(table, `tags.${key}`, row);

/**
 * The runs that leaderboards are of, experiment by experiment: of each trial the newest run, a finished one before others; of
 * trials on other data than the newest none; of a point that a newer version of the program answered again the newest answers.
 * Runs that are no trials stay, and deleted ones, which the view hides or shows.
 * @returns [rows] 1 for those
 */
export function currentRows(table: RunTable): Uint8Array {
  return currentOf(table).current;
}

/** How many active trials are not among them. */
export function olderAnswers(table: RunTable): number {
  return currentOf(table).older;
}

interface Current {
  readonly version: number;
  readonly current: Uint8Array;
  readonly older: number;
}

const known = new WeakMap<RunTable, Current>();

function currentOf(table: RunTable): Current {
  const kept = known.get(table);
  if (kept?.version === table.version && kept.current.length === table.rows) return kept;
  const found = { version: table.version, ...work(table) };
  known.set(table, found);
  return found;
}

function work(table: RunTable): Pick<Current, "current" | "older"> {
  const current = new Uint8Array(table.rows);
  const starts = table.column(Attr.start);
  const startOf = (row: number): number => (starts?.kind === "number" ? starts.values[row]! : 0);
  const trials: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    const key = tag(table, Tag.trialKey, row);
    if (key === undefined || textAt(table, Attr.lifecycle, row) !== "active") current[row] = 1;
    else trials.push(row);
  }
  trials.sort((a, b) => startOf(a) - startOf(b));
  const experiments = new Map<string, Map<string, number>>();
  for (const row of trials) {
    const name = textAt(table, Attr.experiment, row) ?? "";
    const byKey = experiments.get(name) ?? new Map<string, number>();
    experiments.set(name, byKey);
    const key = tag(table, Tag.trialKey, row)!;
    const isDone = (at: number | undefined): boolean =>
      at !== undefined && textAt(table, Attr.status, at) === "FINISHED";
    if (isDone(byKey.get(key)) && !isDone(row)) continue;
    byKey.delete(key);
    byKey.set(key, row);
  }
  for (const byKey of experiments.values()) {
    for (const group of currentGroups(table, [...byKey.values()], startOf)) for (const row of group) current[row] = 1;
  }
  const older = trials.reduce((n, row) => n + (current[row] === 1 ? 0 : 1), 0);
  return { current, older };
}

/** @param rows of an experiment, oldest first */
function currentGroups(
  table: RunTable,
  rows: readonly number[],
  startOf: (row: number) => number,
): readonly number[][] {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const key = tag(table, Tag.configKey, row) ?? table.runId(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const data = tag(table, Tag.dataHash, rows.at(-1)!);
  const byPoint = new Map<string, { readonly group: number[]; readonly start: number }>();
  for (const group of groups.values()) {
    const first = group[0]!;
    if (tag(table, Tag.dataHash, first) !== data) continue;
    const point = tag(table, Tag.pointKey, first) ?? table.runId(first);
    const start = Math.max(...group.map(startOf));
    const other = byPoint.get(point);
    if (!other || other.start < start) byPoint.set(point, { group, start });
  }
  return [...byPoint.values()].map(({ group }) => group);
}
