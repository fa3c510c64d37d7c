import { Attr, type RunTable } from "../core/board/board.ts";
import { Tag } from "../core/trial.ts";
import { versionsOf } from "./facts.ts";
import { numbering } from "./groups.ts";
import { sortRows } from "./sort.ts";

/**
 * The runs that leaderboards are of, experiment by experiment: of each trial the newest run, a finished one before others; of
 * trials on other data than the newest none; of a point that a newer version of the program answered again the newest answers.
 * Runs that are no trials stay, and deleted ones, which the view hides or shows.
 * @returns [rows] 1 for those; the same array as long as nothing that decides it has changed
 */
export function currentRows(table: RunTable): Uint8Array {
  return currentOf(table).current;
}

/** How many active trials are not among them. */
export function olderAnswers(table: RunTable): number {
  return currentOf(table).older;
}

interface Current {
  readonly versions: string;
  readonly current: Uint8Array;
  readonly older: number;
}

const known = new WeakMap<RunTable, Current>();
const DECIDE = [
  ...[Tag.trialKey, Tag.configKey, Tag.dataHash, Tag.pointKey].map((key) => `tags.${key}`),
  ...[Attr.lifecycle, Attr.experiment, Attr.status, Attr.start],
];

function currentOf(table: RunTable): Current {
  const versions = versionsOf(DECIDE.map((id) => table.column(id)));
  const kept = known.get(table);
  if (kept?.versions === versions && kept.current.length === table.rows) return kept;
  const found = { versions, ...work(table) };
  known.set(table, found);
  return found;
}

/** Codes of a column by row, −1 where a run has no such text, and how many there are. */
function codesOf(table: RunTable, id: string): { codes: Int32Array; size: number } {
  const column = table.column(id);
  return column?.kind === "text"
    ? { codes: column.codes, size: column.texts.length }
    : { codes: new Int32Array(table.rows).fill(-1), size: 0 };
}

/** The code of a text of a column; −2, as of none, where there is no such. */
function codeOf(table: RunTable, id: string, text: string): number {
  const column = table.column(id);
  const code = column?.kind === "text" ? column.texts.indexOf(text) : -1;
  return code < 0 ? -2 : code;
}

function work(table: RunTable): Pick<Current, "current" | "older"> {
  const { rows } = table;
  const [keys, configs, datas, points] = [Tag.trialKey, Tag.configKey, Tag.dataHash, Tag.pointKey].map((key) =>
    codesOf(table, `tags.${key}`),
  ) as [Codes, Codes, Codes, Codes];
  const experiments = codesOf(table, Attr.experiment);
  const { codes: lifecycles } = codesOf(table, Attr.lifecycle);
  const { codes: statuses } = codesOf(table, Attr.status);
  const active = codeOf(table, Attr.lifecycle, "active");
  const done = codeOf(table, Attr.status, "FINISHED");

  const current = new Uint8Array(rows);
  const found = new Int32Array(rows);
  let n = 0;
  for (let row = 0; row < rows; row++) {
    if (keys.codes[row]! < 0 || lifecycles[row] !== active) current[row] = 1;
    else found[n++] = row;
  }
  const trials = sortRows(table, found.subarray(0, n), [{ id: Attr.start, descending: false }]);
  const experimentOf = (row: number): number => experiments.codes[row]! + 1;
  /** A number below `size` for each pair of an experiment and a number below `most`. */
  const pairs = (most: number): ((row: number, code: number) => number) => {
    const numbers = numbering((experiments.size + 1) * most, n);
    return (row, code) => numbers.of(experimentOf(row) * most + code);
  };

  const answerOf = pairs(keys.size);
  const answers = new Int32Array(n).fill(-1); // newest run by trial
  for (const row of trials) {
    const trial = answerOf(row, keys.codes[row]!);
    const other = answers[trial]!;
    if (other < 0 || statuses[other] !== done || statuses[row] === done) answers[trial] = row;
  }
  const newest = new Int32Array(experiments.size + 1).fill(-1);
  const groupOf = pairs(configs.size + rows);
  const firsts = new Int32Array(n).fill(-1); // oldest and newest run by configuration
  const lasts = new Int32Array(n);
  const groups = new Int32Array(rows);
  const kept = trials.filter((row) => answers[answerOf(row, keys.codes[row]!)] === row);
  for (const row of kept) {
    newest[experimentOf(row)] = row;
    const config = configs.codes[row]!;
    const group = groupOf(row, config < 0 ? configs.size + row : config);
    groups[row] = group;
    if (firsts[group] === -1) firsts[group] = row;
    lasts[group] = row;
  }
  const starts = table.column(Attr.start);
  const startOf = (row: number): number => (starts?.kind === "number" ? starts.values[row]! : 0);
  const pointOf = pairs(points.size + rows);
  const chosen = new Int32Array(n).fill(-1); // newest configuration by point
  const pointOfGroup = (group: number): number => {
    const first = firsts[group]!;
    const point = points.codes[first]!;
    return pointOf(first, point < 0 ? points.size + first : point);
  };
  for (let group = 0; group < n && firsts[group]! >= 0; group++) {
    const first = firsts[group]!;
    if (datas.codes[first] !== datas.codes[newest[experimentOf(first)]!]) continue;
    const point = pointOfGroup(group);
    const other = chosen[point]!;
    if (other < 0 || startOf(lasts[other]!) < startOf(lasts[group]!)) chosen[point] = group;
  }
  let older = n;
  for (const row of kept) {
    if (chosen[pointOfGroup(groups[row]!)] !== groups[row]) continue;
    current[row] = 1;
    older -= 1;
  }
  return { current, older };
}

type Codes = ReturnType<typeof codesOf>;
