import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Column, Frame } from "../../src/core/dataset.ts";
import type { Knowledge } from "../../src/core/knowledge.ts";
import type { FittedStep, StepSpec } from "../../src/core/step.ts";
import { parseParams } from "../../src/preparation/_pipeline.ts";
import { steps } from "../../src/preparation/index.ts";

const root = join(import.meta.dirname, "..", "..");

export const none = Number.NaN;
export const numeric = (name: string, ...values: number[]): Column => ({
  kind: "numeric",
  name,
  values: Float64Array.from(values),
});
export const boolean = (name: string, ...values: number[]): Column => ({
  kind: "boolean",
  name,
  values: Float64Array.from(values),
});
export const categorical = (name: string, ...cells: (string | null)[]): Column => {
  const levels = [...new Set(cells.filter((cell) => cell !== null))].sort();
  return {
    kind: "categorical",
    name,
    levels,
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : levels.indexOf(cell))),
  };
};
export const multilabel = (name: string, ...cells: (string[] | null)[]): Column => {
  const levels = [...new Set(cells.flatMap((cell) => cell ?? []))].sort();
  const rows = cells.map((cell) => (cell ?? []).map((label) => levels.indexOf(label)).sort((a, b) => a - b));
  const offsets = Uint32Array.from([0, ...rows.keys().map((row) => rows.slice(0, row + 1).flat().length)]);
  const missing = Uint8Array.from(cells, (cell) => Number(cell === null));
  return { kind: "multilabel", name, levels, offsets, codes: Int32Array.from(rows.flat()), missing };
};
const lengthOf = (column: Column): number =>
  column.kind === "categorical"
    ? column.codes.length
    : column.kind === "multilabel"
      ? column.missing.length
      : column.values.length;
export const frame = (...columns: Column[]): Frame => ({ rows: lengthOf(columns[0]), columns });

/** One step, fitted; the class of every row is 0 where none are given. */
export async function fitStep(
  id: string,
  params: StepSpec["params"],
  of: Frame,
  y: Int32Array = new Int32Array(of.rows),
  classes = 2,
  signal = new AbortController().signal,
  knowledge?: Knowledge,
): Promise<FittedStep> {
  const step = await steps[id]();
  return step.fit({ frame: of, y, classes, params: parseParams(step, { id, params }), seed: 1, signal, knowledge });
}

/** Values by column name, level names of categories, labels of lists; null where missing. */
export function cellsOf({ columns }: Frame): Record<string, unknown[]> {
  return Object.fromEntries(columns.map((column) => [column.name, cells(column)]));
}

function cells(column: Column): unknown[] {
  if (column.kind === "categorical") return Array.from(column.codes, (code) => column.levels[code] ?? null);
  if (column.kind !== "multilabel") return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
  return Array.from(column.missing, (flag, row) => {
    const codes = column.codes.subarray(column.offsets[row], column.offsets[row + 1]);
    return flag === 1 ? null : Array.from(codes, (code) => column.levels[code]);
  });
}

/** dermatology.csv without the rows that lack an age; classes in the order in which they come. */
export function dermatologyComplete(): { frame: Frame; y: Int32Array<ArrayBuffer>; classes: number } {
  const [header, ...lines] = readFileSync(join(root, "data", "dermatology.csv"), "utf8")
    .trimEnd()
    .split(/\r?\n/);
  const rows = lines.map((line) => line.split(",")).filter((cells) => !cells.includes(""));
  const classes = [...new Set(rows.map((cells) => cells.at(-1)))];
  const names = header.split(",").slice(0, -1);
  return {
    frame: frame(...names.map((name, j) => numeric(name, ...rows.map((cells) => Number(cells[j]))))),
    y: Int32Array.from(rows, (cells) => classes.indexOf(cells.at(-1))),
    classes: classes.length,
  };
}
