import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { selectRows } from "../../src/core/frame.ts";
import type { StepSpec } from "../../src/core/step.ts";
import { type FittedPipeline, fitPipeline } from "../../src/preparation/_pipeline.ts";
import { steps } from "../../src/preparation/index.ts";

const root = join(import.meta.dirname, "..", "..");

/** What test/fixtures/preparation/make.py prints. */
export interface Reference {
  readonly sets: Readonly<Record<string, Readonly<Record<string, Made>>>>;
}
type Made = Readonly<Record<string, { readonly first: readonly number[]; readonly sum: number }>>;

/** Our steps for each variant of make.py. */
export const VARIANTS: Readonly<Record<string, readonly StepSpec[]>> = {
  standard: [
    { id: "impute", params: {} },
    { id: "encode", params: {} },
    { id: "scale", params: {} },
  ],
  minmax: [
    { id: "impute", params: { numeric: "mean", categorical: "most_frequent" } },
    { id: "encode", params: { min_frequency: 0.1, drop: "if_binary" } },
    { id: "scale", params: { method: "minmax" } },
  ],
  robust: [
    { id: "impute", params: { numeric: "constant" } },
    { id: "encode", params: { min_frequency: 60, drop: "first" } },
    { id: "scale", params: { method: "robust" } },
  ],
  rarest: [
    { id: "impute", params: {} },
    { id: "encode", params: { min_frequency: 1, max_levels: 3 } },
    { id: "scale", params: {} },
  ],
};

export function fitOn(frame: Frame, specs: readonly StepSpec[], signal?: AbortSignal): Promise<FittedPipeline> {
  const y = new Int32Array(frame.rows);
  const context = { frame, y, classes: 2, seed: 1, signal: signal ?? new AbortController().signal };
  return fitPipeline(specs, context, (id) => steps[id]());
}

/** A shipped table (no quotes in it) with the kinds that make.py gives its columns; without the target, the last column. */
export function readTable(name: string): Frame {
  const [header, ...lines] = readFileSync(join(root, "data", `${name}.csv`), "utf8")
    .trimEnd()
    .split(/\r?\n/);
  const rows = lines.map((line) => line.split(","));
  const columns = header.split(",").slice(0, -1);
  return {
    rows: rows.length,
    columns: columns.map((column, j) =>
      columnOf(
        column,
        rows.map((row) => row[j]),
      ),
    ),
  };
}

function columnOf(name: string, cells: readonly string[]): Column {
  const present = cells.filter((cell) => cell !== "");
  const numbers = (parse: (cell: string) => number): Float64Array =>
    Float64Array.from(cells, (cell) => (cell === "" ? Number.NaN : parse(cell)));
  if (present.every((cell) => cell === "true" || cell === "false")) {
    return { kind: "boolean", name, values: numbers((cell) => Number(cell === "true")) };
  }
  if (present.every((cell) => Number.isFinite(Number(cell)))) return { kind: "numeric", name, values: numbers(Number) };
  const levels = [...new Set(present)].sort();
  return { kind: "categorical", name, levels, codes: Int32Array.from(cells, (cell) => levels.indexOf(cell)) };
}

/** Compares our steps with a reference, column by column. */
export async function expectLikeReference(reference: Reference, set: string, variant: string): Promise<void> {
  const frame = readTable(set);
  const splits = JSON.parse(readFileSync(join(root, "data", "splits", `${set}.json`), "utf8"));
  const { validation, test } = splits["1"] as { validation: number[]; test: number[] };
  const held = new Set([...validation, ...test]);
  const train = Int32Array.from({ length: frame.rows }, (_, row) => row).filter((row) => !held.has(row));
  const pipeline = await fitOn(selectRows(frame, train), VARIANTS[variant]);
  const made = pipeline.transform(selectRows(frame, Int32Array.from(validation).sort()));

  const want = reference.sets[set][variant];
  expect(made.columns.map((column) => column.name).sort()).toEqual(Object.keys(want).sort());
  for (const column of made.columns) {
    if (column.kind !== "numeric" && column.kind !== "boolean") throw new Error(`${column.name} is ${column.kind}`);
    const { first, sum } = want[column.name];
    first.forEach((value, row) => {
      expect(column.values[row], `${column.name}, row ${row}`).toBeCloseTo(value, 10);
    });
    expect(
      column.values.reduce((a, b) => a + b, 0),
      column.name,
    ).toBeCloseTo(sum, 8);
  }
}
