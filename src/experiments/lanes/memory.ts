import type { Column, Dataset } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";

const UNITS: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

/** Bytes of a text like 4GB, 512 MB or 1.5GiB. @throws UserError */
export function parseBytes(text: string, where: string): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit?.toLowerCase() ?? ""] ?? Number.NaN);
  if (bytes > 0) return Math.round(bytes);
  throw new UserError(`"${text}" is no amount of memory`, { where, fix: "Write a number with its unit: 4GB, 512MB." });
}

/** Of a process with its engines, before it has any data. */
const PROCESS = 150e6;

/** Bytes that a sweep takes in its own process, and in each that runs trials. */
export interface Need {
  readonly main: number;
  readonly job: number;
}

/**
 * Estimates from the data what a sweep takes: its own process holds them twice (as read and packed for the workers), a worker two
 * prepared matrices, what the engines make of one, and scores of each row and class.
 */
export function memoryNeed({ frame, target, extra }: Pick<Dataset, "frame" | "target" | "extra">): Need {
  const bytes = [...frame.columns, ...extra].reduce((sum, column) => sum + bytesOf(column), 4 * frame.rows);
  const features = frame.columns.reduce((sum, column) => sum + featuresOf(column), 0);
  const matrix = 4 * frame.rows * features;
  return { main: PROCESS + 2 * bytes, job: PROCESS + 3 * matrix + 16 * frame.rows * target.classes.length };
}

function bytesOf(column: Column): number {
  if (column.kind === "categorical") return 4 * column.codes.length;
  if (column.kind === "multilabel") return 4 * (column.offsets.length + column.codes.length) + column.missing.length;
  return 8 * column.values.length;
}

/** Columns that a preparation most often makes of one. */
function featuresOf(column: Column): number {
  return column.kind === "categorical" || column.kind === "multilabel" ? Math.max(1, column.levels.length) : 1;
}

const text = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;

/** @throws UserError when a file of data is as large as the memory */
export function checkFileFits(bytes: number, limit: number, where: string): void {
  if (bytes < limit) return;
  throw new UserError(`the file has ${text(bytes)}, the memory ${text(limit)}: data must fit into memory`, {
    where,
    fix: [
      "Leave out columns and rows that are not needed, or take a stratified sample of the patients,",
      "or use a machine with more memory (--memory says how much may be used).",
    ],
  });
}

/**
 * How many trials may run at once within the memory, `jobs` at most.
 * @throws UserError when not even one may
 */
export function jobsWithin(limit: number, need: Need, jobs: number, where: string): number {
  const fitting = Math.floor((limit - need.main) / need.job);
  if (fitting >= 1) return Math.min(jobs, fitting);
  throw new UserError(
    `a sweep over these data takes about ${text(need.main + need.job)} of memory, and ${text(limit)} may be used`,
    {
      where,
      fix: [
        "Give it more (--memory), leave out columns (role: ignore) such as those of many categories,",
        "or take a stratified sample of the patients.",
      ],
    },
  );
}
